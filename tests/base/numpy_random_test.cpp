#include "base/numpy_random.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace gdd {
namespace {

using List = std::vector<std::int64_t>;

// Expected values: numpy 2.3.5.

TEST(NumpyRandomState, PermutationEqualsNumpys) {
  EXPECT_EQ(NumpyRandomState(2020).permutation(20),
            (List{6, 9, 12, 4, 5, 14, 1, 2, 15, 10, 19, 18, 7, 16, 13, 11, 17, 3, 8, 0}));
}

TEST(NumpyRandomState, ChoiceWithoutReplacementIsTheStartOfAPermutation) {
  List chosen = NumpyRandomState(2020).permutation(500);
  chosen.resize(10);
  EXPECT_EQ(chosen, (List{499, 424, 288, 234, 496, 110, 39, 375, 419, 435}));
}

TEST(NumpyRandomState, ShuffleEqualsNumpysForTheLargestSeedOfEdm) {
  List values(1000);
  std::iota(values.begin(), values.end(), 0);
  NumpyRandomState((1u << 31) - 1).shuffle(values);
  EXPECT_EQ(List(values.begin(), values.begin() + 6), (List{660, 903, 939, 278, 779, 38}));
  EXPECT_EQ(List(values.end() - 3, values.end()), (List{588, 413, 874}));
}

TEST(NumpyRandomState, TheSecondDrawContinuesTheStream) {
  NumpyRandomState state(0);
  EXPECT_EQ(state.permutation(5), (List{2, 0, 1, 3, 4}));
  EXPECT_EQ(state.permutation(5), (List{0, 2, 1, 4, 3}));
}

TEST(NumpyRandomState, TakesTheLargestSeed) {
  EXPECT_EQ(NumpyRandomState(0xffffffffu).permutation(6), (List{1, 4, 5, 0, 2, 3}));
}

TEST(NumpyRandomState, NothingAndOneThingStayAsTheyAre) {
  EXPECT_TRUE(NumpyRandomState(1).permutation(0).empty());
  EXPECT_EQ(NumpyRandomState(1).permutation(1), List{0});
}

}  // namespace
}  // namespace gdd
