#include "scoring/compute_distances.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/memory_budget.h"
#include "detectors/protocol.h"
#include "gdd/error.h"
#include "measurement/measured_images.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;

// Arrays of features that differ in mean and scale, so that distances are far from 0.
class ComputeDistances : public ::testing::Test {
 protected:
  std::string write_features(const std::string& name, std::int64_t rows, std::int64_t columns,
                             double mean) const {
    std::mt19937 engine(static_cast<std::uint32_t>(rows));
    std::normal_distribution<double> normal(mean, 1 + mean);
    std::vector<double> values(static_cast<std::size_t>(rows * columns));
    for (double& value : values) value = normal(engine);
    NpzWriter npz(folder_ / name);
    npz.add("features", {rows, columns}, std::span<const double>(values));
    npz.commit();
    return folder_ / name;
  }
  static Report distances(const std::string& sample, const std::string& reference,
                          const DistanceOptions& options) {
    const FeatureInput left(sample), right(reference);
    return compute_distances(
        left, &right, [] { return std::make_unique<testing_support::MeanDetector>(); }, options);
  }

  const TemporaryFolder folder_;
};

TEST_F(ComputeDistances, ConfidenceAddsAnIntervalAndLeavesTheDistanceToTheLastBit) {
  const std::string sample = write_features("a.npz", 1503, 6, 0.5);  // 1503: blocks of unequal size
  const std::string reference = write_features("b.npz", 900, 6, 0);
  DistanceOptions options;
  const Score plain = distances(sample, reference, options).scores.at(0);
  EXPECT_FALSE(plain.std || plain.interval);
  options.confidence = true;
  const Score score = distances(sample, reference, options).scores.at(0);
  EXPECT_EQ(score.value, plain.value);
  ASSERT_TRUE(score.std && score.interval);
  EXPECT_GT(*score.std, 0);
  EXPECT_LT(score.interval->first, score.value);
  EXPECT_NEAR(score.interval->second - score.value, 2.093 * *score.std, 1e-3 * *score.std);
}

TEST_F(ComputeDistances, ManifoldsAreTheSameWhateverMultipliesTheirRows) {
  const std::string sample = write_features("a.npz", 700, 8, 0.5);
  const std::string reference = write_features("b.npz", 600, 8, 0);
  DistanceOptions options;
  options.metrics = {"pr", "prdc"};
  const Report expected = distances(sample, reference, options);
  options.device = c10::Device(c10::kCPU);
  const Report found = distances(sample, reference, options);
  ASSERT_EQ(found.scores.size(), 6u);
  for (std::size_t i = 0; i < found.scores.size(); ++i)
    EXPECT_EQ(found.scores[i].value, expected.scores[i].value) << found.scores[i].name;
}

TEST_F(ComputeDistances, AllProtocolsStandSideBySide) {
  testing_support::write_pictures(folder_ / "a", 12, 0, 40);
  testing_support::write_pictures(folder_ / "b", 12, 20, 40);
  const FeatureInput sample(folder_ / "a"), reference(folder_ / "b");
  DistanceOptions options;
  options.protocol = kAllProtocols;
  options.metrics = {"fid", "is"};
  options.split_size = 4;
  int passes = 0;
  testing_support::RecordingObserver observer;
  observer.on_progress = [&](const std::string&, const std::string&, std::int64_t done, std::int64_t total) {
    passes += done == total;
  };
  options.sample.observer = &observer;
  const Report all = compute_distances(sample, &reference, make_demo_detector, options);
  ASSERT_EQ(all.scores.size(), 10u);
  EXPECT_EQ(passes, 3);  // edm, adm and torch-fidelity share one
  for (const Score& score : all.scores) {
    DistanceOptions alone = options;
    alone.protocol = score.protocol;
    alone.metrics = {score.name == "fid" ? "fid" : "is"};
    const Report report = compute_distances(sample, &reference, make_demo_detector, alone);
    EXPECT_EQ(report.scores.at(0).value, score.value) << score.name << " " << score.protocol;
  }
  EXPECT_NE(all.scores[0].value, all.scores.back().value);
}

// Under all protocols, and under one: prdc is a score here, and no protocol of its own.
TEST_F(ComputeDistances, PrdcKeepsTheProtocolThatMeasuredItsImages) {
  testing_support::write_pictures(folder_ / "a", 12, 0, 40);
  testing_support::write_pictures(folder_ / "b", 12, 20, 40);
  const FeatureInput sample(folder_ / "a"), reference(folder_ / "b");
  DistanceOptions options;
  options.protocol = kAllProtocols;
  options.metrics = {"prdc"};
  const Report report = compute_distances(sample, &reference, make_demo_detector, options);
  ASSERT_EQ(report.scores.size(), 20u);
  std::set<std::string> protocols;
  for (const Score& score : report.scores) protocols.insert(score.protocol);
  EXPECT_EQ(protocols, (std::set<std::string>{"edm", "adm", "pytorch-fid", "clean", "torch-fidelity"}));
}

TEST_F(ComputeDistances, ConfidenceLeavesTheExactRouteForFewRows) {
  const std::string sample = write_features("a.npz", 44, 60, 0.5);
  const std::string reference = write_features("b.npz", 50, 60, 0);
  DistanceOptions options;
  const Score plain = distances(sample, reference, options).scores.at(0);
  options.confidence = true;
  const Report report = distances(sample, reference, options);
  EXPECT_EQ(report.scores.at(0).value, plain.value);
  EXPECT_EQ(report.scores.at(0).notes.at(0).second, "singular values");
  EXPECT_GT(report.scores.at(0).std.value_or(0), 0);
  std::string said;
  for (const std::string& warning : report.warnings) said += warning + "\n";
  EXPECT_NE(said.find("N = 44, D = 60"), std::string::npos) << said;
}

TEST_F(ComputeDistances, ConfidenceTakesTheRowsOfTheSubset) {
  const std::string sample = write_features("a.npz", 300, 4, 0.5);
  DistanceOptions options;
  options.confidence = true;
  options.sample.selection.num = 101;
  const Score score = distances(sample, write_features("b.npz", 200, 4, 0), options).scores.at(0);
  EXPECT_EQ(score.num_samples, 101);
  EXPECT_GT(score.std.value_or(0), 0);
}

TEST_F(ComputeDistances, ConfidenceIsRefusedWhereThereIsNone) {
  const std::string few = write_features("few.npz", 39, 4, 0.5), many = write_features("b.npz", 200, 4, 0);
  DistanceOptions options;
  options.confidence = true;
  EXPECT_NE(error_of([&] { distances(few, many, options); }).find("at least 40 rows, found 39"),
            std::string::npos);
  NpzWriter npz(folder_ / "s.npz");
  const std::vector<double> mu(4), sigma(16);
  npz.add("mu", {4}, std::span<const double>(mu));
  npz.add("sigma", {4, 4}, std::span<const double>(sigma));
  npz.commit();
  EXPECT_NE(error_of([&] { distances(folder_ / "s.npz", many, options); }).find("not statistics alone"),
            std::string::npos);
  options.metrics = {"kid"};
  EXPECT_NE(error_of([&] { distances(many, many, options); }).find("--confidence: is of fid"),
            std::string::npos);
}

TEST_F(ComputeDistances, FidInfinityIsBelowTheDistanceOfAllRows) {
  DistanceOptions options;
  options.metrics = {"fid", "fid_infinity"};
  const std::string sample = write_features("a.npz", 1000, 8, 0), other = write_features("b.npz", 5000, 8, 0);
  const Report report = distances(sample, other, options);
  ASSERT_EQ(report.scores.size(), 2u);
  EXPECT_EQ(report.scores[1].name, "fid_infinity");
  EXPECT_LT(report.scores[1].value, report.scores[0].value);
  EXPECT_EQ(report.scores[1].notes.at(0).second, "15 sizes from 100 to 1000, seed 0");
}

TEST_F(ComputeDistances, WhatIsNotFiniteIsNoScore) {
  const DistanceOptions options;
  const std::string sample = write_features("a.npz", 200, 2, 0);
  for (const double huge : {1e300, 1e308}) {
    NpzWriter npz(folder_ / "s.npz");
    const std::vector<double> mu = {huge, 0}, sigma = {huge == 1e308 ? huge : 1, 0, 0, 1};
    npz.add("mu", {2}, std::span<const double>(mu));
    npz.add("sigma", {2, 2}, std::span<const double>(sigma));
    npz.commit();
    const std::string error = error_of([&] { distances(sample, folder_ / "s.npz", options); });
    EXPECT_NE(error.find("a.npz: fid against " + folder_ / "s.npz" + " is NaN or infinity"),
              std::string::npos)
        << error;
  }
}

TEST_F(ComputeDistances, WhatTheScoresHoldIsChargedFirst) {
  const std::uint64_t before = memory_budget();
  set_memory_budget(64 << 20);
  const std::string few = write_features("a.npz", 3, 3000, 0.5), other = write_features("b.npz", 4, 3000, 0);
  DistanceOptions options;
  const std::string rows = error_of([&] { distances(few, other, options); });  // seven matrices of 72 MB
  options.metrics = {"kid"};
  options.kid.subset_size = 4000;
  const std::string many = write_features("c.npz", 4000, 2, 0);
  const std::string subsets = error_of([&] { distances(many, many, options); });
  set_memory_budget(before);
  EXPECT_NE(rows.find("needs 504 MB of memory for scores of 3 rows against 4 in 3000 dimensions"),
            std::string::npos)
      << rows;
  EXPECT_NE(subsets.find("c.npz: needs 128 MB"), std::string::npos) << subsets;
}

TEST_F(ComputeDistances, FidInfinityNeedsTwentyRows) {
  DistanceOptions options;
  options.metrics = {"fid_infinity"};
  const std::string few = write_features("a.npz", 19, 4, 0), many = write_features("b.npz", 200, 4, 0);
  EXPECT_NE(error_of([&] { distances(few, many, options); }).find("at least 20 rows, found 19"),
            std::string::npos);
}

}  // namespace
}  // namespace gdd
