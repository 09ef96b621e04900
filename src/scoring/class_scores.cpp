#include "scoring/class_scores.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gdd/error.h"
#include "gdd/metrics/kernel.h"
#include "gdd/metrics/statistics.h"
#include "scoring/scores.h"

namespace gdd {
namespace {

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::ranges::sort(names);
  return names;
}

// Both sides' labels in the terms of one list of names.
struct JoinedLabels {
  std::vector<std::int64_t> sample, reference;
  std::vector<std::string> names;  // empty: numbers alone
};

// The place of each name in `all`.
std::vector<std::int64_t> renamed(const Labels& labels, const std::vector<std::string>& all) {
  std::vector<std::int64_t> found;
  for (const std::int64_t label : labels.classes)
    found.push_back(std::ranges::lower_bound(all, labels.names.at(static_cast<std::size_t>(label))) -
                    all.begin());
  return found;
}

// Numbers stand for the names in their order, which is right where every class has its folder: that is said.
void join_numbers(const Labels& numbers, const Labels& named, Report& report) {
  if (std::ranges::max(numbers.classes) >= std::ssize(named.names))
    throw Error("classes",
                "one side has class " + std::to_string(std::ranges::max(numbers.classes)) +
                    ", the folders of the other are " + std::to_string(named.names.size()),
                "give both sides all classes, or both their names");
  report.warnings.push_back(
      "classes: the numbers of one side are taken for the folders of the other in the order of "
      "their names, " +
      named.names.front() + " being 0");
}

JoinedLabels join(const Labels& sample, const Labels& reference, Report& report) {
  if (sample.names.empty() != reference.names.empty()) {
    const bool named = !sample.names.empty();
    join_numbers(named ? reference : sample, named ? sample : reference, report);
    return {sample.classes, reference.classes, named ? sample.names : reference.names};
  }
  if (sample.names.empty()) return {sample.classes, reference.classes, {}};
  std::vector<std::string> all;
  std::ranges::set_union(sorted(sample.names), sorted(reference.names), std::back_inserter(all));
  return {renamed(sample, all), renamed(reference, all), all};
}

using RowsOfClasses = std::map<std::int64_t, std::vector<std::int64_t>>;

RowsOfClasses rows_of_classes(const std::vector<std::int64_t>& labels) {
  RowsOfClasses rows;
  for (std::size_t i = 0; i < labels.size(); ++i) rows[labels[i]].push_back(static_cast<std::int64_t>(i));
  return rows;
}

// The rows of one class on one side.
struct ClassRows {
  ClassRows(const Side& side, const std::vector<std::int64_t>& rows) : dim(side.feature_dim) {
    for (const std::int64_t i : rows) {
      const auto row = side.feature_view().row(i);
      features.insert(features.end(), row.begin(), row.end());
    }
    exact.assign(features.begin(), features.end());
  }
  std::int64_t count() const { return dim > 0 ? std::ssize(features) / dim : 0; }
  FeaturesF32 view() const { return {features.data(), count(), dim}; }
  FeaturesF64 exact_view() const { return {exact.data(), count(), dim}; }
  std::vector<double> mean() const {
    std::vector<double> sum(static_cast<std::size_t>(dim));
    for (std::int64_t i = 0; i < count(); ++i)
      for (std::size_t d = 0; d < sum.size(); ++d) sum[d] += exact_view().row(i)[d];
    for (double& each : sum) each /= static_cast<double>(count());
    return sum;
  }
  Statistics statistics() const {
    StreamingStatistics all(dim);
    all.add(view());
    return all.finish();
  }

  std::int64_t dim;
  std::vector<float> features;
  std::vector<double> exact;
};

double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t d = 0; d < a.size(); ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
  return sum;
}

void score_class(const ClassRows& sample, const ClassRows& reference, const DistanceOptions& options,
                 ClassScores& scores) {
  const std::int64_t least = std::min(sample.count(), reference.count());
  if (least < 2) return;
  scores.mean_distance = squared_distance(sample.mean(), reference.mean());
  scores.kid = kernel_distance_of_all(sample.exact_view(), reference.exact_view());
  if (least > sample.dim) scores.fid = frechet_distance(sample.statistics(), reference.statistics()).distance;
  if (least <= neighbours("prdc", options)) return;
  const ManifoldScores manifolds = measure_manifolds(sample.view(), reference.view(), true, options);
  scores.precision = manifolds.precision;
  scores.recall = manifolds.recall;
  scores.density = manifolds.density;
  scores.coverage = manifolds.coverage;
}

// Its own bars would be of each class: this hears of the wish to stop alone.
class StopOnly : public Observer {
 public:
  explicit StopOnly(Observer& observer) : observer_(observer) {}
  bool stop() override { return observer_.stop(); }

 private:
  Observer& observer_;
};

}  // namespace

void score_classes(const Side& sample, const Side& reference, const DistanceOptions& options,
                   Report& report) {
  const JoinedLabels labels = join(sample.labels, reference.labels, report);
  const RowsOfClasses ours = rows_of_classes(labels.sample), theirs = rows_of_classes(labels.reference);
  std::map<std::int64_t, ClassScores> classes;
  for (const auto& [label, rows] : ours) {
    classes[label].num_samples = std::ssize(rows);
    classes[label].sample_share = static_cast<double>(rows.size()) / static_cast<double>(sample.num_samples);
  }
  for (const auto& [label, rows] : theirs) {
    classes[label].num_references = std::ssize(rows);
    classes[label].reference_share =
        static_cast<double>(rows.size()) / static_cast<double>(reference.num_samples);
  }
  StopOnly quiet(*options.sample.observer);
  DistanceOptions each = options;
  each.sample.observer = &quiet;
  const Progress progress = told(options, "classes", "classes");
  std::int64_t done = 0;
  for (auto& [label, scores] : classes) {
    scores.label = label;
    scores.protocol = options.protocol;
    if (!labels.names.empty()) scores.name = labels.names.at(static_cast<std::size_t>(label));
    if (scores.num_samples > 0 && scores.num_references > 0)
      score_class(ClassRows(sample, ours.at(label)), ClassRows(reference, theirs.at(label)), each, scores);
    report.classes.push_back(scores);
    progress(++done, std::ssize(classes));
  }
}

}  // namespace gdd
