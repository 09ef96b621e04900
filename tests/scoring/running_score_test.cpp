#include "scoring/running_score.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include "generation/generated_images.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

TEST(RunningCount, GoesByOneTwoAndFive) {
  std::vector<std::int64_t> counts{kFirstRunningCount};
  while (counts.size() < 7) counts.push_back(running_count_after(counts.back()));
  EXPECT_EQ(counts, (std::vector<std::int64_t>{1000, 2000, 5000, 10000, 20000, 50000, 100000}));
}

// Mean 0, variance 1.
Side white_reference(std::int64_t dim) {
  const auto size = static_cast<std::size_t>(dim);
  Statistics statistics;
  statistics.num_samples = 100;
  statistics.mu.assign(size, 0);
  statistics.sigma.assign(size * size, 0);
  for (std::size_t i = 0; i < size; ++i) statistics.sigma[i * size + i] = 1;
  Side side;
  side.statistics = statistics;
  return side;
}

// As where a device makes the images: on another thread, but told in order, and on this one.
TEST(RunningFid, BesideOtherWorkIsTheSame) {
  using Told = std::vector<std::tuple<std::string, std::int64_t, double>>;
  const testing_support::TemporaryFolder folder;
  testing_support::RecordingObserver observer;
  const Network network = Network::open(GDD_TEST_DATA "/networks/tiny.pkl", true);
  GenerateOptions options;
  options.seeds.resize(2100);
  std::iota(options.seeds.begin(), options.seeds.end(), std::int64_t{0});
  GeneratedImages images(network, options, "tiny.pkl", nullptr, false, observer);
  const auto detector = make_demo_detector();
  FeatureSets sets;
  const FeatureParts& kept =
      sets.open(folder / "out", folder / "out", feature_settings(*detector, "edm", 64, "tiny"), images.size(),
                *detector, "edm");
  const Side reference = white_reference(detector->feature_dim());
  KeptReference one, other;
  Told expected, found;
  const auto into = [](Told& told) {
    return
        [&told](const RunningScore& score) { told.emplace_back(score.protocol, score.images, score.value); };
  };
  RunningFid here(reference, one, "edm", false, into(expected)),
      beside(reference, other, "edm", true, into(found));
  const std::unique_ptr<WorkShare> share = work_alone();
  measure_parts(images, {&kept}, {}, "parts", *share, observer, [&] {
    here.advance(kept, observer);
    beside.advance(kept, observer);
  });
  here.finish();
  beside.finish();
  ASSERT_EQ(expected.size(), 2u);
  EXPECT_EQ(std::get<1>(expected[0]), 1000);
  EXPECT_EQ(std::get<1>(expected[1]), 2000);
  EXPECT_TRUE(std::isfinite(std::get<2>(expected[1])));
  EXPECT_EQ(found, expected);
  // One that ends early waits for no distance that was not begun, and tells none.
  Told dropped;
  {
    KeptReference another;
    RunningFid ended(reference, another, "edm", true, into(dropped));
    ended.advance(kept, observer);
  }
  EXPECT_TRUE(dropped.empty());
}

}  // namespace
}  // namespace gdd
