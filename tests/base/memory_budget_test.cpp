#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;

TEST(MemoryBudget, ReadsAmounts) {
  EXPECT_EQ(parse_memory("4G", "--max-memory"), 4ull << 30);
  EXPECT_EQ(parse_memory("512MiB", "--max-memory"), 512ull << 20);
  EXPECT_EQ(parse_memory("1.5GB", "--max-memory"), 3ull << 29);
  EXPECT_EQ(parse_memory("8000000000", "--max-memory"), 8000000000ull);
  for (const char* bad : {"", "G", "4X", "4GG", "-1G", "nan", "inf", "1K", "0", "1e30G", "4 G"})
    EXPECT_NE(error_of([&] { parse_memory(bad, "--max-memory"); }).find("--max-memory"), std::string::npos)
        << bad;
}

TEST(MemoryBudget, RefusesWhatExceedsIt) {
  const std::uint64_t before = memory_budget();
  set_memory_budget(1u << 30);
  require_memory("f.npz", "statistics", 1e9);
  EXPECT_EQ(error_of([] { require_memory("f.npz", "statistics", 5.2e9, "give fewer columns"); }),
            "f.npz: needs 5.2 GB of memory for statistics, more than the 1.1 GB allowed; give fewer columns");
  set_memory_budget(before);
}

}  // namespace
}  // namespace gdd
