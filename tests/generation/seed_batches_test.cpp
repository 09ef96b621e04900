#include "generation/seed_batches.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

namespace gdd {
namespace {

// "0: 7 8 9, 3: 10 11" of the seeds 7 to 11.
std::string split(std::int64_t count, std::int64_t batch) {
  std::vector<std::int64_t> seeds(static_cast<std::size_t>(count));
  std::iota(seeds.begin(), seeds.end(), 7);
  std::string text;
  for (const SeedBatch& each : split_seeds(seeds, batch)) {
    text += (each.number == 0 ? "" : ", ") + std::to_string(each.first) + ":";
    for (const std::int64_t seed : each.seeds) text += " " + std::to_string(seed);
  }
  return text;
}

TEST(SplitSeeds, IsNumpysArraySplit) {
  EXPECT_EQ(split(7, 3), "0: 7 8 9, 3: 10 11, 5: 12 13");
  EXPECT_EQ(split(4, 3), "0: 7 8, 2: 9 10");
  EXPECT_EQ(split(3, 64), "0: 7 8 9");
}

}  // namespace
}  // namespace gdd
