// How far a Frechet distance would move with other images: the delete-a-block jackknife (Efron & Tibshirani
// 1993, An Introduction to the Bootstrap, chapter 11) over consecutive blocks of the sample's rows.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gdd/metrics/features.h"
#include "gdd/metrics/frechet.h"
#include "gdd/metrics/statistics.h"

namespace gdd {

inline constexpr std::int64_t kJackknifeBlocks = 20;
inline constexpr std::int64_t kJackknifeMinRows = 2 * kJackknifeBlocks;

// The first of N rows that is in a block, 0 to 19; of block 20: N.
constexpr std::int64_t jackknife_start(std::int64_t num_samples, std::int64_t block) {
  return num_samples * block / kJackknifeBlocks;
}

// 20 blocks of rows, as equal as N allows. Of no more rows than dimensions, whose covariance is singular, the
// rows are kept: N * D float64 numbers. Of more, the mean and the covariance of each block, which is
// symmetric, so only its lower triangle: 20 * D (D + 1) / 2 numbers, 336 MB at 2048 dimensions, whatever N.
class BlockStatistics {
 public:
  BlockStatistics() = default;
  // N must be known beforehand, at least 40: it decides where a block ends.
  BlockStatistics(std::int64_t dim, std::int64_t num_samples);

  // The next rows in order. Errors: another D; NaN or infinity (the row counted from the start of its block);
  // more rows than announced.
  void add(FeaturesF32 rows);
  void add(FeaturesF64 rows);

  // Mean and covariance of all rows but those of one block, 0 <= block < 20. Error: fewer rows were added
  // than announced.
  Statistics without(std::int64_t block) const;
  // All rows [N,D] where N <= D, else none. Error: as without().
  FeaturesF64 rows() const;
  // The first row of a block; of block 20: N.
  std::int64_t start_of(std::int64_t block) const { return jackknife_start(num_samples_, block); }
  std::int64_t dim() const { return dim_; }
  std::int64_t num_samples() const { return num_samples_; }

 private:
  struct Block {
    std::int64_t rows = 0;
    std::vector<double> mu;        // [D]
    std::vector<double> triangle;  // [D (D + 1) / 2], covariance (ddof 1), row by row
  };
  template <class T>
  void add_rows(MatrixView<T> rows);
  template <class T>
  void keep_rows(MatrixView<T> rows);
  void close_block();
  void check_whole() const;
  Statistics of_rows_without(std::int64_t block) const;

  std::int64_t dim_ = 0;
  std::int64_t num_samples_ = 0;
  std::int64_t rows_seen_ = 0;
  StreamingStatistics open_;  // the block being filled
  std::vector<Block> blocks_;
  std::vector<double> rows_;  // [N,D] where N <= D
};

struct Confidence {
  double std_error = 0;
  double low = 0, high = 0;  // 95 %: the value -+ Student's t (19 degrees of freedom) standard errors
  std::vector<double> without_block = {};  // what it is made of [20]
};

// Of a value of all rows, from the 20 that leave one block out each: std_error^2 = 19/20 sum (v_i - mean v)^2
// (Efron & Tibshirani, equation 11.5). A difference of two samples that leave out block i together is such a
// value: what both have in common, the seeds of their images, then cancels. Error: not 20 of them.
Confidence jackknife_confidence(double value, const std::vector<double>& without_block);

// The Frechet distance from `reference` without each of the sample's blocks in turn [20]. Counts them to
// `progress`: of no more rows than dimensions all come from one eigendecomposition, else one by one. Errors:
// as FrechetReference::distance.
std::vector<double> frechet_without_blocks(
    const BlockStatistics& sample, const FrechetReference& reference,
    const std::function<void(std::int64_t done, std::int64_t total)>& progress = {});

// Of `distance`, the Frechet distance of all the sample's rows from `reference`, which is taken as exact. The
// interval is that of the distance at this N, whose own bias (larger for fewer images) it does not remove.
Confidence frechet_confidence(
    double distance, const BlockStatistics& sample, const FrechetReference& reference,
    const std::function<void(std::int64_t done, std::int64_t total)>& progress = {});

}  // namespace gdd
