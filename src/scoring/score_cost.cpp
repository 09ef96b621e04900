#include "scoring/score_cost.h"

#include <algorithm>

#include "gdd/metrics/jackknife.h"
#include "scoring/metric_table.h"

namespace gdd {
namespace {

// As measured with one thread of a CPU with AVX-512 on random features of 2048 and 64 dimensions: operations
// at the rate of a product of 1024 x 1024.
constexpr double kDistance = 6;           // D^3: the factors, a product and the eigenvalues
constexpr double kSingular = 12;          // D^3: of each singular covariance, with its eigenvectors
constexpr double kRank = 3;               // D^3: the eigenvalues of a covariance
constexpr double kSingularValues = 12;    // N^3: of the product of two sets of rows, a block of it
constexpr double kSpectrum = 40;          // N^3: of rows, for all blocks of the jackknife
constexpr double kPairOperations = 35;    // float32: of a pair of rows, beside its product
constexpr double kSortOperations = 2000;  // float64: of a value that is sorted among many

double cube(double x) { return x * x * x; }

// Of a distance from statistics of `rows` of a sample.
double distance(double dim, double rows, std::int64_t references) {
  const double singular =
      (rows <= dim ? 1 : 0) + (references > 0 && static_cast<double>(references) <= dim ? 1 : 0);
  return (singular > 0 ? singular * kSingular : kDistance) * cube(dim);
}
double distance(const DistancePlan& plan, double rows) {
  return distance(static_cast<double>(plan.dim), rows, plan.references);
}

// Of the singular values of the product of both sides' rows, in blocks as wide as the set of fewer.
double distance_of_rows(const DistancePlan& plan) {
  const auto d = static_cast<double>(plan.dim);
  const auto [few, many] =
      std::minmax({static_cast<double>(plan.samples), static_cast<double>(plan.references)});
  const double ranks = (few <= d ? 1 : 0) + (many <= d ? 1 : 0);
  return (few + many) * d * d + 2 * few * many * d +
         kSingularValues * cube(few) * (1 + many / std::max(few, 1024.0)) + kRank * ranks * cube(d);
}

// Of a sample that grows.
Cost running(const DistancePlan& plan) {
  Cost cost;
  for (std::int64_t count = kFirstRunningCount; count <= plan.samples; count = running_count_after(count))
    cost.float64 += distance(plan, static_cast<double>(count));
  const auto d = static_cast<double>(plan.dim);
  cost.float64 += static_cast<double>(plan.samples) * d * d;
  return cost;
}

}  // namespace

double seconds_of(const Cost& cost, const Rates& rates) {
  const auto at = [](double count, double rate) { return count > 0 ? count / rate : 0; };
  return at(cost.float32, rates.float32) + at(cost.float64, rates.float64) + at(cost.visits, rates.visits);
}

Cost cost_of_score(const std::string& metric, const DistancePlan& plan, const Detector& detector,
                   const DistanceOptions& options) {
  return find_metric(metric).cost(plan, detector, options);
}

Cost cost_of_fid(const DistancePlan& plan, const Detector&, const DistanceOptions& options) {
  const auto d = static_cast<double>(plan.dim), n = static_cast<double>(plan.samples);
  Cost cost{
      0, plan.sample.exact_features && !plan.sample.statistics ? distance_of_rows(plan) : distance(plan, n),
      0};
  if (options.confidence)  // of no more rows than dimensions one decomposition serves all blocks
    cost.float64 +=
        n <= d ? 2 * n * d * d + kSpectrum * cube(n) : kJackknifeBlocks * distance(plan, n) + n * d * d;
  return plan.reference.statistics ? cost + running(plan) : cost;
}

Cost cost_of_fid_infinity(const DistancePlan& plan, const Detector&, const DistanceOptions& options) {
  const auto d = static_cast<double>(plan.dim), n = static_cast<double>(plan.samples);
  Cost cost;
  for (std::int64_t point = 0; point < options.infinity.points; ++point) {
    const double rows =
        n * (0.1 + 0.9 * static_cast<double>(point) / static_cast<double>(options.infinity.points - 1));
    cost.float64 += distance(plan, rows) + rows * d * d;
  }
  return cost;
}

Cost cost_of_sfid(const DistancePlan& plan, const Detector& detector, const DistanceOptions&) {
  return {0,
          distance(static_cast<double>(detector.spatial_dim()), static_cast<double>(plan.samples),
                   plan.references),
          0};
}

Cost cost_of_kid(const DistancePlan& plan, const Detector&, const DistanceOptions& options) {
  const auto d = static_cast<double>(plan.dim), m = static_cast<double>(options.kid.subset_size);
  const Cost subset{0, 6 * m * m * d,
                    (m * d + 3 * m * m) / 16 + static_cast<double>(plan.samples + plan.references) / 4};
  return subset * static_cast<double>(options.kid.subsets);
}

Cost cost_of_inception(const DistancePlan& plan, const Detector& detector, const DistanceOptions&) {
  return {0, 0, static_cast<double>(plan.samples) * static_cast<double>(detector.probability_dim())};
}

Cost cost_of_manifolds(const DistancePlan& plan, const Detector&, const DistanceOptions&) {
  const auto d = static_cast<double>(plan.dim), n = static_cast<double>(plan.samples),
             m = static_cast<double>(plan.references);
  return {(2 * n * m + n * n + m * m) * (d + kPairOperations), 0, 0};
}

// As of ten classes alike, whose pairs are a tenth of all: how many there are is known when they are read.
Cost cost_of_classes(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options) {
  constexpr double kClasses = 10;
  const auto d = static_cast<double>(plan.dim), n = static_cast<double>(plan.samples),
             m = static_cast<double>(plan.references);
  Cost cost = cost_of_manifolds(plan, detector, options) * (1 / kClasses);
  cost.float64 += (n + m) * d * d + (n + m) * (n + m) * d / kClasses;
  if (std::min(n, m) > kClasses * d) cost.float64 += kClasses * distance(plan, n / kClasses);
  return cost;
}

Cost cost_of_clipped(const DistancePlan& plan, const Detector&, const DistanceOptions&) {
  const auto d = static_cast<double>(plan.dim), n = static_cast<double>(plan.samples),
             m = static_cast<double>(plan.references);
  return {(2 * n * m + m * m) * (d + kPairOperations), 0, 0};
}

Cost cost_of_mind(const DistancePlan& plan, const Detector&, const DistanceOptions& options) {
  const auto d = static_cast<double>(plan.dim),
             n = static_cast<double>(std::min(plan.samples, plan.references));
  return {0, 2 * n * static_cast<double>(options.mind.directions) * (2 * d + kSortOperations), 0};
}

// Each training row that is nearest to some of the sample is held against all, or all against all.
Cost cost_of_authpct(const DistancePlan& plan, const Detector&, const DistanceOptions&) {
  const auto d = static_cast<double>(plan.dim), n = static_cast<double>(plan.samples),
             m = static_cast<double>(plan.trains);
  return {(2 * n * m + std::min(2 * n, m) * m) * (d + kPairOperations), 0, 0};
}

Cost cost_of_statistics(const DistancePlan& plan, const Detector& detector) {
  const auto d = static_cast<double>(plan.dim), s = static_cast<double>(detector.spatial_dim());
  Cost cost;
  const auto add = [&](const SideRequest& side, std::int64_t rows) {
    const auto n = static_cast<double>(rows);
    cost.float64 += (side.statistics ? n * d * d : 0) + (side.blocks ? n * d * d : 0) +
                    (side.spatial_statistics ? n * s * s : 0);
  };
  add(plan.sample, plan.samples);
  add(plan.reference, plan.references);
  return cost;
}

}  // namespace gdd
