#include "scoring/score_cost.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace gdd {
namespace {

// Rows of 2048 dimensions, as Inception's.
class ScoreCost : public ::testing::Test {
 protected:
  ScoreCost() {
    plan_.dim = 2048;
    plan_.samples = 50'000;
    plan_.references = 10'000;
    plan_.sample.statistics = true;
  }
  Cost cost(const std::string& metric) const { return cost_of_score(metric, plan_, *detector_, options_); }

  const std::unique_ptr<Detector> detector_ = make_demo_detector();
  DistancePlan plan_;
  DistanceOptions options_;
};

TEST_F(ScoreCost, OfManifoldsIsThatOfAllPairs) {
  const double pairs = 2 * 5e4 * 1e4 + 5e4 * 5e4 + 1e4 * 1e4;
  EXPECT_GT(cost("pr").float32, pairs * 2048);
  EXPECT_LT(cost("pr").float32, pairs * 2048 * 1.1);
  EXPECT_EQ(cost("prdc").float32, cost("pr").float32);
}

TEST_F(ScoreCost, OfKernelsIsThatOfTheirSubsets) {
  options_.kid.subsets = 10;
  const double ten = cost("kid").float64;
  EXPECT_EQ(ten, 10 * 6 * 1e6 * 2048);
  options_.kid.subsets = 100;
  EXPECT_EQ(cost("kid").float64, 10 * ten);
}

TEST_F(ScoreCost, OfADistanceDependsOnTheRankAndNotOnTheRows) {
  const double full = cost("fid").float64;
  plan_.samples = 100'000;
  EXPECT_EQ(cost("fid").float64, full);
  plan_.samples = 2048;
  EXPECT_GT(cost("fid").float64, full);
}

// The set of fewer rows decides, whichever side it is.
TEST_F(ScoreCost, OfADistanceOfRowsIsThatOfTheSmallerSet) {
  plan_.sample = {};
  plan_.sample.exact_features = true;
  plan_.samples = 1000;
  plan_.references = 5000;
  const double one = cost("fid").float64;
  EXPECT_GT(one, 2 * 1e3 * 5e3 * 2048);
  std::swap(plan_.samples, plan_.references);
  EXPECT_EQ(cost("fid").float64, one);
  plan_.references = 2000;
  EXPECT_GT(cost("fid").float64, 1.5 * one);
}

TEST_F(ScoreCost, OfManyDistancesIsManyTimesThat) {
  const double one = cost("fid").float64;
  EXPECT_GT(cost("fid_infinity").float64, 15 * one);
  options_.confidence = true;
  EXPECT_GT(cost("fid").float64, 21 * one);
  plan_.reference.statistics = true;  // of 1 000 (singular), 2 000 (too), 5 000, 10 000, 20 000, 50 000
  options_.confidence = false;
  EXPECT_GT(cost("fid").float64, 12 * one);
  EXPECT_LT(cost("fid").float64, 14 * one);
}

TEST_F(ScoreCost, OfClippedIsThatOfPairsWithTheReferenceAndWithin) {
  const double pairs = 2 * 5e4 * 1e4 + 1e4 * 1e4;
  EXPECT_GT(cost("clipped").float32, pairs * 2048);
  EXPECT_LT(cost("clipped").float32, pairs * 2048 * 1.1);
}

TEST_F(ScoreCost, OfMindIsThatOfTheSmallerSetOnEveryDirection) {
  const double one = cost("mind").float64;
  EXPECT_GT(one, 2 * 2e4 * 1000 * 2048);
  EXPECT_LT(one, 2 * 2e4 * 1000 * 2048 * 2);
  plan_.samples = 1'000'000;
  EXPECT_EQ(cost("mind").float64, one);
  options_.mind.directions = 10'000;
  EXPECT_EQ(cost("mind").float64, 10 * one);
}

// Of few generated rows few training rows are held against all others.
TEST_F(ScoreCost, OfAuthpctIsThatOfPairsWithTheTrainingSetAndWithin) {
  plan_.trains = 200'000;
  EXPECT_GT(cost("authpct").float32, (2 * 5e4 * 2e5 + 2 * 5e4 * 2e5) * 2048);
  EXPECT_LT(cost("authpct").float32, (2 * 5e4 * 2e5 + 2 * 5e4 * 2e5) * 2048 * 1.1);
  plan_.trains = 50'000;
  EXPECT_GT(cost("authpct").float32, (2 * 5e4 * 5e4 + 5e4 * 5e4) * 2048);
  EXPECT_LT(cost("authpct").float32, (2 * 5e4 * 5e4 + 5e4 * 5e4) * 2048 * 1.1);
}

TEST_F(ScoreCost, OfInceptionScoresIsOneVisitAProbability) {
  EXPECT_EQ(cost("is").visits, 50'000.0 * static_cast<double>(detector_->probability_dim()));
  EXPECT_EQ(cost("is").float64, 0);
}

}  // namespace
}  // namespace gdd
