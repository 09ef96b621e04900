#include "base/tasks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace gdd {
namespace {

TEST(Tasks, EachRunsOnce) {
  std::vector<std::atomic<int>> runs(100);
  std::int64_t last = 0;
  run_tasks(
      100, 4, [&](std::int64_t i) { ++runs[static_cast<std::size_t>(i)]; },
      [&](std::int64_t finished) { last = finished; });
  for (const std::atomic<int>& count : runs) EXPECT_EQ(count, 1);
  EXPECT_EQ(last, 100);
  run_tasks(0, 0, [](std::int64_t) { FAIL(); });
}

TEST(Tasks, TheFirstExceptionEndsTheOthers) {
  std::atomic<int> runs = 0;
  EXPECT_THROW(run_tasks(100, 4,
                         [](std::int64_t i) {
                           if (i == 10) throw std::runtime_error("ten");
                         }),
               std::runtime_error);
  EXPECT_THROW(run_tasks(1'000'000, 1,
                         [&](std::int64_t i) {
                           ++runs;
                           if (i == 10) throw std::runtime_error("ten");
                         }),
               std::runtime_error);
  EXPECT_EQ(runs, 11);
}

}  // namespace
}  // namespace gdd
