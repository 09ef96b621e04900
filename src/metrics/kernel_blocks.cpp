#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "gdd/error.h"
#include "gdd/metrics/jackknife.h"
#include "gdd/metrics/kernel.h"
#include "metrics/check_rows.h"
#include "metrics/linear_algebra.h"
#include "metrics/polynomial_kernel.h"

namespace gdd {
namespace {

constexpr std::int64_t kStrip = 512;  // rows whose products are held at once

FeaturesF64 rows_of(FeaturesF64 all, std::int64_t first, std::int64_t end) {
  return {all.data + first * all.columns, end - first, all.columns};
}

// Sum of k(x_i, y_j) over all pairs.
double kernel_sum(FeaturesF64 x, FeaturesF64 y) {
  std::vector<double> products;
  double sum = 0;
  for (std::int64_t i = 0; i < x.rows; i += kStrip)
    for (std::int64_t j = 0; j < y.rows; j += kStrip) {
      const FeaturesF64 some = rows_of(x, i, std::min(i + kStrip, x.rows)),
                        others = rows_of(y, j, std::min(j + kStrip, y.rows));
      products.resize(static_cast<std::size_t>(some.rows * others.rows));
      linear::multiply(false, true, some.rows, others.rows, x.columns, some.data, others.data, 0,
                       products.data());
      for (const double product : products) sum += polynomial_kernel(product, x.columns);
    }
  return sum;
}

double diagonal_sum(FeaturesF64 x) {
  double sum = 0;
  for (std::int64_t i = 0; i < x.rows; ++i) {
    const auto row = x.row(i);
    sum += polynomial_kernel(std::inner_product(row.begin(), row.end(), row.begin(), 0.0), x.columns);
  }
  return sum;
}

// Sums of k over pairs of rows, by the blocks that they are in.
class BlockSums {
 public:
  BlockSums(FeaturesF64 sample, FeaturesF64 reference,
            const std::function<void(std::int64_t, std::int64_t)>& progress)
      : rows_(sample.rows), references_(reference.rows) {
    for (std::int64_t i = 0; i < kJackknifeBlocks; ++i) {
      const FeaturesF64 block = block_of(sample, i);
      within_[index(i, i)] = kernel_sum(block, block) - diagonal_sum(block);
      for (std::int64_t j = 0; j < i; ++j)
        within_[index(i, j)] = within_[index(j, i)] = kernel_sum(block, block_of(sample, j));
      across_[static_cast<std::size_t>(i)] = kernel_sum(block, reference);
      if (progress) progress(i + 1, kJackknifeBlocks);
    }
  }

  // Of the rows that are not in block `left_out`; -1: of all.
  double value(std::int64_t left_out) const {
    double within = 0, across = 0;
    for (std::int64_t i = 0; i < kJackknifeBlocks; ++i) {
      if (i == left_out) continue;
      across += across_[static_cast<std::size_t>(i)];
      for (std::int64_t j = 0; j < kJackknifeBlocks; ++j)
        if (j != left_out) within += within_[index(i, j)];
    }
    const auto rows = static_cast<double>(rows_ - (left_out < 0 ? 0 : size_of(left_out)));
    return within / (rows * (rows - 1)) - 2 * across / (rows * static_cast<double>(references_));
  }

 private:
  static std::size_t index(std::int64_t i, std::int64_t j) {
    return static_cast<std::size_t>(i * kJackknifeBlocks + j);
  }
  static FeaturesF64 block_of(FeaturesF64 all, std::int64_t block) {
    return rows_of(all, jackknife_start(all.rows, block), jackknife_start(all.rows, block + 1));
  }
  std::int64_t size_of(std::int64_t block) const {
    return jackknife_start(rows_, block + 1) - jackknife_start(rows_, block);
  }

  std::int64_t rows_, references_;
  std::vector<double> within_ = std::vector<double>(kJackknifeBlocks * kJackknifeBlocks),
                      across_ = std::vector<double>(kJackknifeBlocks);
};

}  // namespace

double kernel_within(FeaturesF64 reference) {
  if (reference.rows < 2)
    throw Error("features", "expected at least two rows, found " + std::to_string(reference.rows));
  const auto rows = static_cast<double>(reference.rows);
  return (kernel_sum(reference, reference) - diagonal_sum(reference)) / (rows * (rows - 1));
}

double kernel_distance_of_all(FeaturesF64 sample, FeaturesF64 reference) {
  check_same_dim(sample.columns, reference.columns);
  const double within = kernel_within(sample) + kernel_within(reference);
  const double value = within - 2 * kernel_sum(sample, reference) /
                                    (static_cast<double>(sample.rows) * static_cast<double>(reference.rows));
  if (!std::isfinite(value)) throw Error("features", "expected finite numbers, found NaN or infinity");
  return value;
}

KernelBlocks kernel_without_blocks(FeaturesF64 sample, FeaturesF64 reference,
                                   const std::function<void(std::int64_t, std::int64_t)>& progress) {
  check_same_dim(sample.columns, reference.columns);
  if (sample.rows < kJackknifeMinRows || reference.rows < 1)
    throw Error("features", "expected at least " + std::to_string(kJackknifeMinRows) + " rows, found " +
                                std::to_string(std::min(sample.rows, reference.rows)));
  const BlockSums sums(sample, reference, progress);
  KernelBlocks result{sums.value(-1), {}};
  if (!std::isfinite(result.value)) throw Error("features", "expected finite numbers, found NaN or infinity");
  for (std::int64_t block = 0; block < kJackknifeBlocks; ++block) result.without.push_back(sums.value(block));
  return result;
}

}  // namespace gdd
