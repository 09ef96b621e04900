// The exact distance of few rows from very many: its digits, and its memory as operator new counts it.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>

#include "gdd/metrics/frechet.h"
#include "metrics/golden_rows.h"

namespace {

std::atomic<std::size_t> held{0}, most_held{0};

void* counted_new(std::size_t size) noexcept {
  void* memory = std::malloc(size);
  if (!memory) return nullptr;
  const std::size_t now = held += ::malloc_usable_size(memory);
  for (std::size_t most = most_held; now > most && !most_held.compare_exchange_weak(most, now);) continue;
  return memory;
}

void counted_delete(void* memory) noexcept {
  held -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

// All forms that come in pairs: a sanitizer's own would not go with these.
void* operator new(std::size_t size) {
  if (void* memory = counted_new(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted_new(size); }
void operator delete(void* memory) noexcept { counted_delete(memory); }
void operator delete(void* memory, std::size_t) noexcept { counted_delete(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { counted_delete(memory); }

namespace gdd {
namespace {

using testing_support::expect_relative;
using testing_support::Rows;

// Rows of no pattern.
Rows scattered(std::int64_t rows, std::int64_t columns, double seed) {
  Rows made{std::vector<double>(static_cast<std::size_t>(rows * columns)), {}};
  for (std::size_t i = 0; i < made.values.size(); ++i)
    made.values[i] = std::sin(seed + 12.9898 * static_cast<double>(i * i % 8191));
  made.view = {made.values.data(), rows, columns};
  return made;
}

Rows repeated(const Rows& rows, std::int64_t times) {
  Rows made;
  for (std::int64_t i = 0; i < times; ++i)
    made.values.insert(made.values.end(), rows.values.begin(), rows.values.end());
  made.view = {made.values.data(), rows.view.rows * times, rows.view.columns};
  return made;
}

// Rows that are there a thousand times have the mean and, but for N - 1, the covariance of once.
TEST(FrechetOfVeryManyRows, IsThatOfTheirDistinctRows) {
  const Rows few = scattered(5, 8, 1), once = scattered(50, 8, 2), many = repeated(once, 1000);
  const FrechetResult plain = frechet_distance(few.view, once.view);
  const double shrink = 49.0 * 1000 / 49999;
  for (const FrechetResult& wide :
       {frechet_distance(few.view, many.view), frechet_distance(many.view, few.view)}) {
    EXPECT_EQ(wide.route, "singular values");
    expect_relative(plain.trace_root * std::sqrt(shrink), wide.trace_root, 1e-12);
    expect_relative(plain.mean_term, wide.mean_term, 1e-9);
  }
  EXPECT_EQ(plain.rank1, 4);
}

// Each block leaves the singular values of all before it, also where rows are as many as dimensions.
TEST(FrechetOfVeryManyRows, KeepsItsDigitsBesideSeveralBlocks) {
  const Rows few = scattered(48, 48, 3), once = scattered(500, 48, 4), many = repeated(once, 7);
  const double shrink = 499.0 * 7 / 3499;
  expect_relative(frechet_distance(few.view, once.view).trace_root * std::sqrt(shrink),
                  frechet_distance(few.view, many.view).trace_root, 1e-12);
}

TEST(FrechetOfVeryManyRows, TakesMemoryOfABlockOfThem) {
  constexpr std::int64_t kDim = 64;
  const Rows few = scattered(40, kDim, 5), many = scattered(100000, kDim, 6);
  const std::size_t before = held;
  most_held = before;
  frechet_distance(few.view, many.view);
  const std::size_t blocks = (most_held - before) / (1024 * kDim * sizeof(double));
  EXPECT_LT(blocks, 4u);  // all rows are 98 blocks, their product with the few 61
}

}  // namespace
}  // namespace gdd
