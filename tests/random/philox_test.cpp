#include "random/philox.h"

#include <ATen/core/PhiloxRNGEngine.h>
#include <gtest/gtest.h>

namespace gdd {
namespace {

// Known answers published with the algorithm (Random123, kat_vectors), for the counters this layout reaches.
TEST(Philox, GivesThePublishedKnownAnswers) {
  EXPECT_EQ(philox_4x32_10(0, 0, 0), (PhiloxWords{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  EXPECT_EQ(philox_4x32_10(kOnes, kOnes, kOnes),
            (PhiloxWords{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox_4x32_10(0x299f31d0a4093822, 0x85a308d3243f6a88, 0x0370734413198a2e),
            (PhiloxWords{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, IsTorchsEngine) {
  for (const std::uint64_t key : {std::uint64_t{0}, std::uint64_t{49999}, std::uint64_t{0xffffffff}})
    for (const std::uint64_t counter : {0, 1, 7})
      for (const std::uint64_t subsequence :
           {std::uint64_t{0}, std::uint64_t{3071}, std::uint64_t{1} << 33}) {
        at::Philox4_32 engine(key, subsequence, counter);
        for (const std::uint32_t word : philox_4x32_10(key, counter, subsequence)) EXPECT_EQ(word, engine());
      }
}

}  // namespace
}  // namespace gdd
