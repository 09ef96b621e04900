// All products of the rows of two sets, block by block on several threads.
#pragma once

#include <cstdint>
#include <functional>

#include "gdd/metrics/manifold.h"
#include "metrics/rounded_rows.h"

namespace gdd {

struct BlockPair {
  std::int64_t row, rows, column, columns;  // where it begins in either set, and how much it takes
};

// Pairs of a block that are looked at together before any of them is looked at alone.
inline constexpr std::int64_t kStrip = 128;

// Calls take(block, products [rows, columns]) for every pair of blocks of `a` and `b`, or, of a set with
// itself, for those on and above the diagonal; from several threads at once, in each of which BLAS keeps to
// that thread. `done` counts to a.count(). Products of BLAS on many threads need a BLAS that can be told to
// take one each; else its own threads are left to it.
void for_each_block(const RoundedRows& a, const RoundedRows& b, const ManifoldOptions& options,
                    const std::function<void(const BlockPair& block, const float* products)>& take,
                    const std::function<void(std::int64_t rows)>& done);

}  // namespace gdd
