// The demo that stands in the repository: its images are what their labels say.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "detectors/detector.h"
#include "generation/generated_batches.h"

namespace gdd {
namespace {

// Images of fifty seeds that the demo detector takes for the class that was asked for.
std::ptrdiff_t recognised(const char* file) {
  const Network network = Network::open(std::string(GDD_TEST_DATA "/../../all_ckpt/") + file, true);
  GenerateOptions options;
  options.seeds.resize(50);
  std::iota(options.seeds.begin(), options.seeds.end(), std::int64_t{0});
  const ImageBatch batch = GeneratedBatches(network, options, every_batch(0)).make(0);
  const FeatureBlock block = make_demo_detector()->extract(batch, {"edm", false, true});
  return std::ranges::count_if(batch.items, [&](const SinkItem& item) {
    const auto first = block.probabilities.begin() + (item.index * 10);
    return std::max_element(first, first + 10) - first == item.label;
  });
}

TEST(Demo, ShowsTheShapesThatItsLabelsName) { EXPECT_EQ(recognised("gdd-demo.pkl"), 50); }

// Stars are not among those that it has learned.
TEST(Demo, HasASiblingThatDoesWorse) {
  const std::ptrdiff_t found = recognised("gdd-demo-worse.pkl");
  EXPECT_GT(found, 25);
  EXPECT_LT(found, 48);
}

}  // namespace
}  // namespace gdd
