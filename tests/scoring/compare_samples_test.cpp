#include "scoring/compare_samples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "archive/npz.h"
#include "gdd/error.h"
#include "gdd/metrics/clipped.h"
#include "gdd/metrics/jackknife.h"
#include "gdd/metrics/kernel.h"
#include "gdd/metrics/manifold.h"
#include "metrics/golden_rows.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::expect_relative;
using testing_support::load;
using testing_support::Rows;
using testing_support::TemporaryFolder;

// Files of rows of tests/data/metrics.
class CompareSamples : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const Rows& rows, std::int64_t first, std::int64_t end,
                    double scale = 1) const {
    std::vector<double> values(rows.values.begin() + first * rows.view.columns,
                               rows.values.begin() + end * rows.view.columns);
    for (double& value : values) value *= scale;
    NpzWriter npz(folder_ / name);
    npz.add("features", {end - first, rows.view.columns}, std::span<const double>(values));
    npz.commit();
    return folder_ / name;
  }
  std::map<std::string, Difference> compare(const std::string& first, const std::string& second,
                                            std::vector<std::string> metrics = {"fid"}) {
    DistanceOptions options;
    options.metrics = std::move(metrics);
    SampleComparison comparison = compare_samples(
        FeatureInput(first), FeatureInput(second), FeatureInput(ref_), [] { return nullptr; }, options);
    report_ = std::move(comparison.report);
    std::map<std::string, Difference> found;
    for (const Difference& each : comparison.differences) found.emplace(each.name, each);
    return found;
  }

  const TemporaryFolder folder_;
  const Rows sample_ = load("sample"), reference_ = load("reference");
  const std::string ref_ = write("ref.npz", reference_, 0, 700);
  Report report_;
};

// numpy and scipy, in float64: A = sample[:250], B = sample[250:].
TEST_F(CompareSamples, HalvesAreNotShownToDiffer) {
  const Difference found =
      compare(write("a.npz", sample_, 0, 250), write("b.npz", sample_, 250, 500)).at("fid");
  expect_relative(6.620318030416854, found.first);
  expect_relative(6.137804302158855, found.second);
  expect_relative(0.48251372825799876, found.value());
  expect_relative(0.5471149898260158, found.confidence.std_error);
  expect_relative(-0.6626111059752093, found.confidence.low);
  expect_relative(1.6276385624912069, found.confidence.high);
  EXPECT_FALSE(found.is_shown());
  ASSERT_EQ(report_.scores.size(), 1u);
  EXPECT_EQ(report_.scores[0].name, "fid_difference");
  EXPECT_EQ(report_.scores[0].std, found.confidence.std_error);
}

// Where both have their noise in common: the standard error is a ninth of that of independent samples.
TEST_F(CompareSamples, WhatBothShareCancels) {
  const Difference found =
      compare(write("a.npz", sample_, 0, 500), write("b.npz", sample_, 0, 500, 1.02)).at("fid");
  expect_relative(0.26852982169560846, found.value());
  expect_relative(0.031886813322998704, found.confidence.std_error);
  expect_relative(0.20178995439214484, found.confidence.low);
  expect_relative(0.33526968899907206, found.confidence.high);
  EXPECT_TRUE(found.is_shown());
  EXPECT_FALSE(found.first_is_better());
}

TEST_F(CompareSamples, ASampleIsAsGoodAsItself) {
  const std::string a = write("a.npz", sample_, 0, 250);
  for (const auto& [name, found] : compare(a, a, {"fid", "kid", "prdc", "clipped"})) {
    EXPECT_EQ(found.value(), 0) << name;
    EXPECT_EQ(found.confidence.std_error, 0) << name;
    EXPECT_FALSE(found.is_shown()) << name;
  }
}

// Of no more rows than dimensions too, whose distances are of the rows themselves.
TEST_F(CompareSamples, OfFewRowsIsOfTheRows) {
  const Difference found = compare(write("a.npz", sample_, 0, 44), write("b.npz", sample_, 44, 88)).at("fid");
  EXPECT_NE(found.value(), 0);
  EXPECT_GT(found.confidence.std_error, 0);
}

TEST_F(CompareSamples, TheKernelsDifferenceIsThatOfAllRows) {
  const Difference found =
      compare(write("a.npz", sample_, 0, 250), write("b.npz", sample_, 250, 500), {"kid"}).at("kid");
  KernelOptions all{1, 250, 0, {}};
  const Rows reference = load("reference");
  const FeaturesF64 first{sample_.view.data, 250, 48}, second{sample_.view.data + 250L * 48, 250, 48},
      some{reference.view.data, 250, 48};
  write("ref.npz", reference_, 0, 250);
  const Difference of_as_many = compare(folder_ / "a.npz", folder_ / "b.npz", {"kid"}).at("kid");
  EXPECT_NEAR(of_as_many.first, kernel_distance(first, some, all).mean, 1e-12);
  EXPECT_NEAR(of_as_many.second, kernel_distance(second, some, all).mean, 1e-12);
  EXPECT_NE(found.value(), of_as_many.value());
}

TEST_F(CompareSamples, ManifoldsAreThoseOfTheOtherPrograms) {
  const auto found = compare(write("a.npz", sample_, 0, 250), write("b.npz", sample_, 250, 500), {"prdc"});
  const std::vector<float> rows(sample_.values.begin(), sample_.values.begin() + 250L * 48),
      others(reference_.values.begin(), reference_.values.end());
  ManifoldOptions options;
  options.k = 5;
  options.strict = true;
  const ManifoldScores expected = manifold_scores({rows.data(), 250, 48}, {others.data(), 700, 48}, options);
  EXPECT_EQ(found.at("precision").first, expected.precision);
  EXPECT_EQ(found.at("coverage").first, expected.coverage);
  EXPECT_FALSE(found.at("recall").less_is_better);
  EXPECT_GT(found.at("density").confidence.std_error, 0);
}

// And each block is left out of both.
TEST_F(CompareSamples, ClippedScoresAreThoseOfTheOtherProgramsWithoutEachBlock) {
  const auto found = compare(write("a.npz", sample_, 0, 250), write("b.npz", sample_, 250, 500), {"clipped"});
  const std::vector<float> rows(sample_.values.begin(), sample_.values.begin() + 500L * 48),
      others(reference_.values.begin(), reference_.values.end());
  const FeaturesF32 reference{others.data(), 700, 48};
  const ClippedScores first = clipped_scores({rows.data(), 250, 48}, reference),
                      second = clipped_scores({rows.data() + 250L * 48, 250, 48}, reference);
  EXPECT_EQ(found.at("relative_density").first, first.relative_density);
  EXPECT_EQ(found.at("covered_share").second, second.covered_share);
  double sum = 0, squares = 0;
  for (std::int64_t block = 0; block < kJackknifeBlocks; ++block) {
    std::vector<float> left[2];
    for (std::int64_t i = 0; i < 500; ++i)
      if (i % 250 < jackknife_start(250, block) || i % 250 >= jackknife_start(250, block + 1))
        left[i / 250].insert(left[i / 250].end(), rows.data() + i * 48, rows.data() + (i + 1) * 48);
    const auto share = [&](const std::vector<float>& some) {
      return clipped_scores({some.data(), std::ssize(some) / 48, 48}, reference).covered_share;
    };
    const double difference = share(left[0]) - share(left[1]);
    sum += difference;
    squares += difference * difference;
  }
  const double count = kJackknifeBlocks, variance = squares / count - sum / count * (sum / count);
  EXPECT_GT(variance, 0);
  EXPECT_NEAR(found.at("covered_share").confidence.std_error, std::sqrt((count - 1) * variance), 1e-12);
  EXPECT_FALSE(found.at("relative_density").less_is_better);
}

TEST_F(CompareSamples, RefusesWhatItCannotCompare) {
  const std::string a = write("a.npz", sample_, 0, 250), few = write("few.npz", sample_, 0, 30);
  EXPECT_NE(error_of([&] { compare(few, a); }).find("at least 40 rows, found 30"), std::string::npos);
  EXPECT_NE(error_of([&] { compare(a, few, {"kid"}); }).find("at least 40 rows, found 30"),
            std::string::npos);
  EXPECT_NE(error_of([&] { compare(a, a, {"fid_infinity"}); }).find("cannot be compared"), std::string::npos);
  EXPECT_NE(error_of([&] { compare(a, a, {"mind"}); }).find("of other rows of the reference"),
            std::string::npos);
  EXPECT_NE(error_of([&] { compare(a, a, {"authpct"}); }).find("it is of a training set"), std::string::npos);
  EXPECT_NE(error_of([&] {
              compare(a, a, {"pr", "prdc"});
            }).find("compare by one of them"),
            std::string::npos);
}

TEST_F(CompareSamples, RefusesOtherNumbersWhereTheScoreDependsOnThem) {
  const std::string a = write("a.npz", sample_, 0, 250), fewer = write("fewer.npz", sample_, 0, 200);
  for (const char* metric : {"fid", "pr", "prdc", "clipped"})
    EXPECT_NE(error_of([&] { compare(a, fewer, {metric}); }).find("has 200 images, the other sample 250"),
              std::string::npos)
        << metric;
  EXPECT_GT(compare(a, fewer, {"kid"}).at("kid").confidence.std_error, 0);
}

}  // namespace
}  // namespace gdd
