#include "base/tasks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <memory>
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

// Each waits until all have begun, which they only can on threads of their own: of every call anew.
TEST(Tasks, RunSideBySide) {
  for (int call = 0; call < 3; ++call) {
    std::barrier together(4);
    run_tasks(4, 4, [&](std::int64_t) { together.arrive_and_wait(); });
  }
}

// More than there are threads for: who asks does the work itself.
TEST(Tasks, MayHaveTasksOfTheirOwn) {
  std::atomic<int> runs = 0;
  run_tasks(8, 4, [&](std::int64_t) {
    run_tasks(8, 4, [&](std::int64_t) { run_tasks(8, 4, [&](std::int64_t) { ++runs; }); });
  });
  EXPECT_EQ(runs, 512);
}

// What the caller holds is gone when it returns.
TEST(Tasks, AreOverWhenTheCallReturns) {
  for (int call = 0; call < 2000; ++call) {
    auto sum = std::make_unique<std::atomic<std::int64_t>>(0);
    run_tasks(3, 3, [&](std::int64_t i) { *sum += i; });
    EXPECT_EQ(*sum, 3);
    sum.reset();
  }
}

}  // namespace
}  // namespace gdd
