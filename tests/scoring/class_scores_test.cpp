#include "scoring/class_scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "archive/npz.h"
#include "measurement/label_members.h"
#include "measurement/measured_images.h"
#include "scoring/compute_distances.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using Classes = std::vector<std::int64_t>;

class ScoresOfClasses : public ::testing::Test {
 protected:
  // Rows of four numbers, of one class each; row i of any seed and class is the same whatever stands before
  // it.
  std::string write(const std::string& name, std::uint32_t seed, const Classes& labels,
                    bool told = true) const {
    std::vector<double> values;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      std::mt19937 engine(seed + static_cast<std::uint32_t>(7919 * labels[i]) +
                          104729 * static_cast<std::uint32_t>(i));
      std::normal_distribution<double> normal(static_cast<double>(labels[i]), 1);
      for (int d = 0; d < 4; ++d) values.push_back(normal(engine));
    }
    const auto rows = std::ssize(labels);
    NpzWriter npz(folder_ / name);
    npz.add("features", {rows, 4}, std::span<const double>(values));
    if (told) npz.add("labels", {rows}, std::span<const std::int64_t>(labels));
    npz.commit();
    return folder_ / name;
  }
  // Features of the rows of `label` alone.
  std::string only(const std::string& path, std::int64_t label, const std::string& name) const {
    const FeatureInput input(path);
    const Classes labels = input.labels().classes;
    std::vector<double> values;
    std::int64_t row = 0;
    input.read_blocks(*input.features(), [&](FeaturesF64 rows) {
      for (std::int64_t i = 0; i < rows.rows; ++i, ++row)
        if (labels[static_cast<std::size_t>(row)] == label)
          values.insert(values.end(), rows.row(i).begin(), rows.row(i).end());
    });
    NpzWriter npz(folder_ / name);
    npz.add("features", {std::ssize(values) / 4, 4}, std::span<const double>(values));
    npz.commit();
    return folder_ / name;
  }
  static Report score(const std::string& sample, const std::string& reference, const std::string& metrics) {
    DistanceOptions options;
    options.metrics = {metrics};
    options.kid.subsets = 1;
    const FeatureInput left(sample), right(reference);
    options.kid.subset_size = std::min(left.features()->rows, right.features()->rows);
    return compute_distances(
        left, &right, [] { return std::make_unique<testing_support::MeanDetector>(); }, options);
  }
  static Report score_images(const std::string& sample, const std::string& reference) {
    DistanceOptions options;
    options.metrics = {"per_class"};
    const FeatureInput left(sample), right(reference);
    return compute_distances(
        left, &right, [] { return std::make_unique<testing_support::MeanDetector>(); }, options);
  }
  static Classes cycle(int rows, const Classes& of) {
    Classes labels;
    for (int i = 0; i < rows; ++i) labels.push_back(of[static_cast<std::size_t>(i) % of.size()]);
    return labels;
  }

  const TemporaryFolder folder_;
};

// Each class scores as its rows would alone.
TEST_F(ScoresOfClasses, AreThoseOfItsRowsAlone) {
  const std::string sample = write("a.npz", 1, cycle(90, {0, 2, 2})),
                    reference = write("b.npz", 2, cycle(60, {2, 0}));
  const Report report = score(sample, reference, "per_class");
  ASSERT_EQ(report.classes.size(), 2u);
  EXPECT_TRUE(report.scores.empty());
  const ClassScores& two = report.classes[1];
  EXPECT_EQ(two.label, 2);
  EXPECT_EQ(two.num_samples, 60);
  EXPECT_EQ(two.num_references, 30);
  EXPECT_DOUBLE_EQ(two.sample_share, 60 / 90.0);
  EXPECT_DOUBLE_EQ(two.reference_share, 0.5);
  const std::string mine = only(sample, 2, "a2.npz"), theirs = only(reference, 2, "b2.npz");
  EXPECT_NEAR(two.fid.value(), score(mine, theirs, "fid").scores[0].value, 1e-6);  // float32 rows
  const Report prdc = score(mine, theirs, "prdc");
  EXPECT_EQ(two.precision.value(), prdc.scores[0].value);
  EXPECT_EQ(two.recall.value(), prdc.scores[1].value);
  EXPECT_EQ(two.density.value(), prdc.scores[2].value);
  EXPECT_EQ(two.coverage.value(), prdc.scores[3].value);
  EXPECT_NEAR(two.kid.value(), score(mine, theirs, "kid").scores[0].value,
              10);                                        // one subset of half the samples
  EXPECT_LE(two.mean_distance.value(), two.fid.value());  // the distance's first term
}

TEST_F(ScoresOfClasses, OfFewImagesAreLeftOut) {
  Classes few = cycle(40, {1});
  few.insert(few.end(), {3, 4, 4, 4, 4, 4, 7});  // one of 3, five of 4, one of 7 that no reference has
  const Report report =
      score(write("a.npz", 1, few), write("b.npz", 2, cycle(80, {1, 3, 4, 5})), "per_class");
  ASSERT_EQ(report.classes.size(), 5u);
  const auto& [one, three, four, five, seven] =
      std::tie(report.classes[0], report.classes[1], report.classes[2], report.classes[3], report.classes[4]);
  EXPECT_TRUE(one.fid && one.kid && one.recall);
  EXPECT_FALSE(three.fid || three.kid || three.mean_distance || three.recall);
  EXPECT_TRUE(four.fid && four.kid && four.mean_distance);  // five rows of four dimensions
  EXPECT_FALSE(four.recall);                                // k is 5
  EXPECT_EQ(five.num_samples, 0);
  EXPECT_EQ(seven.num_references, 0);
  EXPECT_FALSE(five.kid || seven.kid);
}

TEST_F(ScoresOfClasses, NeedTheClassesOfBothSides) {
  const std::string told = write("a.npz", 1, cycle(20, {0, 1})),
                    untold = write("b.npz", 2, cycle(20, {0, 1}), false);
  for (const auto& [sample, reference] : {std::pair{told, untold}, {untold, told}})
    EXPECT_NE(error_of([&] {
                score(sample, reference, "per_class");
              }).find(untold + ": scores of each class need the classes of its images"),
              std::string::npos);
}

// One side lacks the birds; the dogs are the dogs all the same.
TEST_F(ScoresOfClasses, OfFoldersGoByTheirNames) {
  testing_support::write_pictures(folder_ / "a/cat", 8, 1);
  testing_support::write_pictures(folder_ / "a/dog", 9, 2);
  testing_support::write_pictures(folder_ / "b/bird", 5, 3);
  testing_support::write_pictures(folder_ / "b/cat", 6, 4);
  testing_support::write_pictures(folder_ / "b/dog", 7, 5);
  const Report report = score_images(folder_ / "a", folder_ / "b");
  ASSERT_EQ(report.classes.size(), 3u);
  const auto counts = [&](std::size_t i) {
    return std::tuple(report.classes[i].name, report.classes[i].num_samples,
                      report.classes[i].num_references);
  };
  EXPECT_EQ(counts(0), std::tuple("bird", 0, 5));
  EXPECT_EQ(counts(1), std::tuple("cat", 8, 6));
  EXPECT_EQ(counts(2), std::tuple("dog", 9, 7));
}

TEST_F(ScoresOfClasses, OfNumbersAreTheFoldersInTheirOrder) {
  testing_support::write_pictures(folder_ / "a/0", 8, 1);
  testing_support::write_pictures(folder_ / "a/1", 9, 2);
  testing_support::write_pictures(folder_ / "b/bird", 5, 3);
  testing_support::write_pictures(folder_ / "b/cat", 6, 4);
  const Report report = score_images(folder_ / "a", folder_ / "b");
  ASSERT_EQ(report.classes.size(), 2u);
  EXPECT_EQ(report.classes[1].name, "cat");
  EXPECT_EQ(report.classes[1].num_samples, 9);
  EXPECT_TRUE(std::ranges::any_of(report.warnings, [](const std::string& warning) {
    return warning.find("bird being 0") != std::string::npos;
  }));
  testing_support::write_pictures(folder_ / "a/2", 2, 2);
  EXPECT_NE(error_of([&] {
              score_images(folder_ / "a", folder_ / "b");
            }).find("one side has class 2, the folders of the other are 2"),
            std::string::npos);
}

// What gdd-fid features writes: the names stay with the rows.
TEST_F(ScoresOfClasses, OfFeaturesKeepTheirNames) {
  Labels labels{{1, 0, 1, 0}, {"cat", "dog"}};
  const std::vector<double> values(8, 1);
  NpzWriter npz(folder_ / "named.npz");
  npz.add("features", {4, 2}, std::span<const double>(values));
  add_labels(npz, labels);
  npz.commit();
  const Labels found = FeatureInput(folder_ / "named.npz").labels();
  EXPECT_EQ(found.classes, labels.classes);
  EXPECT_EQ(found.names, labels.names);
  EXPECT_EQ(found.text(1), "dog");
  NpzWriter wrong(folder_ / "wrong.npz");
  wrong.add("features", {4, 2}, std::span<const double>(values));
  labels.classes[2] = 2;
  add_labels(wrong, labels);
  wrong.commit();
  EXPECT_NE(error_of([&] {
              FeatureInput(folder_ / "wrong.npz").labels();
            }).find("label_names: expected a name of class 2, found 2 names"),
            std::string::npos);
}

// A subset has the classes of its own rows.
TEST_F(ScoresOfClasses, GoWithTheRowsThatAreChosen) {
  const FeatureInput sample(write("a.npz", 1, cycle(100, {0, 1, 1}))),
      reference(write("b.npz", 2, cycle(40, {0, 1})));
  DistanceOptions options;
  options.metrics = {"per_class"};
  options.sample.selection.num = 30;
  const Report report = compute_distances(
      sample, &reference, [] { return std::make_unique<testing_support::MeanDetector>(); }, options);
  std::int64_t ones = 0;
  for (const std::int64_t row : select_subset(100, 30, 0)) ones += row % 3 != 0;
  EXPECT_EQ(report.classes.at(1).num_samples, ones);
  EXPECT_EQ(report.classes.at(0).num_samples, 30 - ones);
}

}  // namespace
}  // namespace gdd
