#include "generation/generated_batches.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <numeric>

namespace gdd {
namespace {

class GeneratedBatchesOfTen : public ::testing::Test {
 protected:
  GeneratedBatchesOfTen() {
    options_.seeds.resize(10);
    std::iota(options_.seeds.begin(), options_.seeds.end(), std::int64_t{0});
    options_.batch = 2;
  }
  // Numbers 0 to 4, counted.
  NextBatch counted() {
    return [this] { return asked_ < 5 ? std::optional(asked_++) : std::nullopt; };
  }

  const Network network_ = Network::open(GDD_TEST_DATA "/networks/tiny.pkl", true);
  GenerateOptions options_;
  std::int64_t asked_ = 0;
};

TEST_F(GeneratedBatchesOfTen, OnACpuAreMadeWhenTheyAreAskedFor) {
  GeneratedBatches source(network_, options_, counted());
  EXPECT_EQ(source.next()->number, 0);
  EXPECT_EQ(asked_, 1);
}

TEST_F(GeneratedBatchesOfTen, AreTheSameAndInOrderWhenBegunAheadOfTime) {
  GeneratedBatches alone(network_, options_, every_batch(0));
  options_.ahead = 2;
  GeneratedBatches source(network_, options_, counted(), /*floats=*/true);
  for (std::int64_t number = 0; number < 5; ++number) {
    const std::optional<ImageBatch> found = source.next();
    EXPECT_EQ(asked_, std::min<std::int64_t>(number == 0 ? 1 : number + 2, 5));
    source.look_ahead();
    const ImageBatch expected = alone.make(number);
    ASSERT_TRUE(found);
    EXPECT_EQ(asked_, std::min<std::int64_t>(number + 3, 5));
    EXPECT_EQ(found->number, number);
    EXPECT_EQ(found->first, expected.first);
    EXPECT_TRUE(found->pixels.equal(expected.pixels));
    EXPECT_TRUE(quantise(found->floats).equal(expected.pixels));
    ASSERT_EQ(found->items.size(), 2u);
    EXPECT_EQ(found->items[1].seed, expected.items[1].seed);
    EXPECT_EQ(found->items[1].label, expected.items[1].label);
  }
  EXPECT_FALSE(source.next());
}

}  // namespace
}  // namespace gdd
