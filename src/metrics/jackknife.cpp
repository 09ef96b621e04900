#include "gdd/metrics/jackknife.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "gdd/error.h"
#include "gdd/metrics/frechet.h"

namespace gdd {
namespace {

// 97.5 % quantile of Student's t with kJackknifeBlocks - 1 degrees of freedom.
constexpr double kStudentQuantile = 2.0930240544082634;
static_assert(kJackknifeBlocks == 20);

}  // namespace

BlockStatistics::BlockStatistics(std::int64_t dim, std::int64_t num_samples)
    : dim_(dim), num_samples_(num_samples), open_(dim) {
  if (num_samples < kJackknifeMinRows)
    throw Error("jackknife", "expected at least " + std::to_string(kJackknifeMinRows) + " rows, found " +
                                 std::to_string(num_samples));
}

template <class T>
void BlockStatistics::add_rows(MatrixView<T> rows) {
  if (rows.rows > num_samples_ - rows_seen_)
    throw Error("jackknife", "expected " + std::to_string(num_samples_) + " rows, found more");
  for (std::int64_t first = 0; first < rows.rows;) {
    const std::int64_t end =
        num_samples_ * (static_cast<std::int64_t>(blocks_.size()) + 1) / kJackknifeBlocks;
    const std::int64_t count = std::min(end - rows_seen_, rows.rows - first);
    open_.add(MatrixView<T>{rows.data + first * rows.columns, count, rows.columns});
    rows_seen_ += count;
    first += count;
    if (rows_seen_ == end) close_block();
  }
}

void BlockStatistics::add(FeaturesF32 rows) { add_rows(rows); }
void BlockStatistics::add(FeaturesF64 rows) { add_rows(rows); }

void BlockStatistics::close_block() {
  const Statistics whole = open_.finish();
  Block& block = blocks_.emplace_back(Block{whole.num_samples, whole.mu, {}});
  block.triangle.reserve(static_cast<std::size_t>(dim_ * (dim_ + 1) / 2));
  for (std::int64_t i = 0; i < dim_; ++i)
    block.triangle.insert(block.triangle.end(), whole.sigma.begin() + i * dim_,
                          whole.sigma.begin() + i * dim_ + i + 1);
  open_ = StreamingStatistics(dim_);
}

// Covariances pooled around the common mean (Chan, Golub & LeVeque 1983): nothing large is subtracted.
Statistics BlockStatistics::without(std::int64_t block) const {
  if (rows_seen_ != num_samples_)
    throw Error("jackknife",
                "expected " + std::to_string(num_samples_) + " rows, found " + std::to_string(rows_seen_));
  const auto d = static_cast<std::size_t>(dim_);
  Statistics rest{num_samples_ - blocks_[static_cast<std::size_t>(block)].rows, std::vector<double>(d),
                  std::vector<double>(d * d)};
  std::vector<const Block*> kept;
  for (const Block& other : blocks_)
    if (&other != &blocks_[static_cast<std::size_t>(block)]) kept.push_back(&other);
  for (const Block* part : kept)
    for (std::size_t i = 0; i < d; ++i)
      rest.mu[i] += part->mu[i] * static_cast<double>(part->rows) / static_cast<double>(rest.num_samples);
  for (const Block* part : kept) {
    const auto rows = static_cast<double>(part->rows);
    const double* entry = part->triangle.data();
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j <= i; ++j)
        rest.sigma[i * d + j] +=
            ((rows - 1) * *entry++ + rows * (part->mu[i] - rest.mu[i]) * (part->mu[j] - rest.mu[j])) /
            static_cast<double>(rest.num_samples - 1);
  }
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < i; ++j) rest.sigma[j * d + i] = rest.sigma[i * d + j];
  return rest;
}

Confidence frechet_confidence(double distance, const BlockStatistics& sample, const Statistics& reference,
                              const std::function<void(std::int64_t done, std::int64_t total)>& progress) {
  std::vector<double> distances;
  for (std::int64_t block = 0; block < kJackknifeBlocks; ++block) {
    distances.push_back(frechet_distance(sample.without(block), reference).distance);
    if (progress) progress(block + 1, kJackknifeBlocks);
  }
  constexpr auto kBlocks = static_cast<double>(kJackknifeBlocks);
  const double mean = std::accumulate(distances.begin(), distances.end(), 0.0) / kBlocks;
  double squares = 0;
  for (const double value : distances) squares += (value - mean) * (value - mean);
  Confidence result;
  result.std_error = std::sqrt((kBlocks - 1) / kBlocks * squares);
  result.low = distance - kStudentQuantile * result.std_error;
  result.high = distance + kStudentQuantile * result.std_error;
  return result;
}

}  // namespace gdd
