// How two sets are cut into blocks whose products are made at once, one task of run_tasks each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gdd/metrics/manifold.h"
#include "metrics/rounded_rows.h"

namespace gdd {

struct BlockPair {
  std::int64_t row, rows, column, columns;  // where it begins in either set, and how much it takes
};

// All pairs of blocks, or those on and above the diagonal of a set with itself.
std::vector<BlockPair> cut_blocks(std::int64_t rows, std::int64_t columns, int threads, bool symmetric);

// The products of a block, [rows, columns], in this thread's own memory until its next call; by as many
// threads as BLAS may use here (linear::OneThread).
const float* block_products(const RoundedRows& a, const RoundedRows& b, const BlockPair& block,
                            const ManifoldOptions& options);

// Products of BLAS on many threads at once need a BLAS that can be told to take one each; else its own
// threads are left to it.
int product_threads(const ManifoldOptions& options);

}  // namespace gdd
