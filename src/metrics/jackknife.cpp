#include "gdd/metrics/jackknife.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "base/tasks.h"
#include "gdd/error.h"
#include "metrics/check_rows.h"
#include "metrics/linear_algebra.h"
#include "metrics/row_spectrum.h"

namespace gdd {
namespace {

// 97.5 % quantile of Student's t with kJackknifeBlocks - 1 degrees of freedom.
constexpr double kStudentQuantile = 2.0930240544082634;
static_assert(kJackknifeBlocks == 20);

std::vector<double> mean_of(FeaturesF64 rows) {
  std::vector<double> mean(static_cast<std::size_t>(rows.columns));
  for (std::int64_t i = 0; i < rows.rows; ++i)
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += rows.row(i)[j] / static_cast<double>(rows.rows);
  return mean;
}

// Distances of no more rows than dimensions without one block of them.
class FewRows {
 public:
  FewRows(const BlockStatistics& sample, const FrechetReference& reference)
      : sample_(sample),
        reference_(reference),
        mean_(mean_of(sample.rows())),
        centred_(sample.rows().data, sample.rows().data + sample.num_samples() * sample.dim()) {
    for (std::size_t i = 0; i < centred_.size(); ++i) centred_[i] -= mean_[i % mean_.size()];
    const std::int64_t n = sample.num_samples(), rank = reference.rank();
    const std::vector<double> projected = reference.project({centred_.data(), n, sample.dim()});
    if (rank > 0) spectrum_.emplace(projected, n, rank);
  }

  double distance_without(std::int64_t block) const {
    const std::int64_t first = sample_.start_of(block), end = sample_.start_of(block + 1);
    const auto rest = static_cast<double>(sample_.num_samples() - (end - first));
    const double root = spectrum_ ? spectrum_->sum_without(first, end - first) / std::sqrt(rest - 1) : 0;
    return moments_without(first, end, rest) + reference_.trace() - 2 * root;
  }

 private:
  // The square of the means' difference and the trace of the covariance.
  double moments_without(std::int64_t first, std::int64_t end, double rest) const {
    const std::size_t d = mean_.size();
    std::vector<double> mean(d), squares(d);
    const auto each_row = [&](const auto& take) {
      for (std::int64_t i = 0; i < sample_.num_samples(); ++i)
        if (i < first || i >= end)
          for (std::size_t j = 0; j < d; ++j) take(j, centred_[static_cast<std::size_t>(i) * d + j]);
    };
    each_row([&](std::size_t j, double x) { mean[j] += x / rest; });
    each_row([&](std::size_t j, double x) { squares[j] += (x - mean[j]) * (x - mean[j]); });
    double sum = 0;
    for (std::size_t j = 0; j < d; ++j) {
      const double difference = mean_[j] + mean[j] - reference_.mu()[j];
      sum += difference * difference + squares[j] / (rest - 1);
    }
    return sum;
  }

  const BlockStatistics& sample_;
  const FrechetReference& reference_;
  std::vector<double> mean_, centred_;
  std::optional<linear::RowSpectrum> spectrum_;
};

}  // namespace

BlockStatistics::BlockStatistics(std::int64_t dim, std::int64_t num_samples)
    : dim_(dim), num_samples_(num_samples) {
  if (num_samples < kJackknifeMinRows)
    throw Error("jackknife", "expected at least " + std::to_string(kJackknifeMinRows) + " rows, found " +
                                 std::to_string(num_samples));
  if (num_samples <= dim)
    rows_.reserve(static_cast<std::size_t>(num_samples * dim));
  else
    open_ = StreamingStatistics(dim);
}

template <class T>
void BlockStatistics::add_rows(MatrixView<T> rows) {
  if (rows.rows > num_samples_ - rows_seen_)
    throw Error("jackknife", "expected " + std::to_string(num_samples_) + " rows, found more");
  if (num_samples_ <= dim_) return keep_rows(rows);
  for (std::int64_t first = 0; first < rows.rows;) {
    const std::int64_t end = start_of(std::ssize(blocks_) + 1);
    const std::int64_t count = std::min(end - rows_seen_, rows.rows - first);
    open_.add(MatrixView<T>{rows.data + first * rows.columns, count, rows.columns});
    rows_seen_ += count;
    first += count;
    if (rows_seen_ == end) close_block();
  }
}

template <class T>
void BlockStatistics::keep_rows(MatrixView<T> rows) {
  check_rows(rows, dim_, rows_seen_);
  rows_.insert(rows_.end(), rows.data, rows.data + rows.rows * dim_);
  rows_seen_ += rows.rows;
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

void BlockStatistics::check_whole() const {
  if (rows_seen_ != num_samples_)
    throw Error("jackknife",
                "expected " + std::to_string(num_samples_) + " rows, found " + std::to_string(rows_seen_));
}

FeaturesF64 BlockStatistics::rows() const {
  check_whole();
  return {rows_.data(), num_samples_ <= dim_ ? num_samples_ : 0, dim_};
}

Statistics BlockStatistics::of_rows_without(std::int64_t block) const {
  StreamingStatistics sums(dim_);
  sums.add(FeaturesF64{rows_.data(), start_of(block), dim_});
  sums.add(FeaturesF64{rows_.data() + start_of(block + 1) * dim_, num_samples_ - start_of(block + 1), dim_});
  return sums.finish();
}

// Covariances pooled around the common mean (Chan, Golub & LeVeque 1983): nothing large is subtracted.
Statistics BlockStatistics::without(std::int64_t block) const {
  check_whole();
  if (!rows_.empty()) return of_rows_without(block);
  const auto d = static_cast<std::size_t>(dim_);
  Statistics rest{num_samples_ - blocks_[static_cast<std::size_t>(block)].rows, std::vector<double>(d),
                  std::vector<double>(d * d)};
  std::vector<const Block*> kept;
  for (const Block& other : blocks_)
    if (&other != &blocks_[static_cast<std::size_t>(block)]) kept.push_back(&other);
  for (const Block* part : kept)
    for (std::size_t i = 0; i < d; ++i)
      rest.mu[i] += part->mu[i] * static_cast<double>(part->rows) / static_cast<double>(rest.num_samples);
  for (std::size_t i = 0; i < d; ++i)
    for (const Block* part : kept) {
      const double divisor = static_cast<double>(rest.num_samples - 1);
      const double inner = static_cast<double>(part->rows - 1) / divisor;
      const double outer = static_cast<double>(part->rows) / divisor * (part->mu[i] - rest.mu[i]);
      const double* entry = part->triangle.data() + i * (i + 1) / 2;
      for (std::size_t j = 0; j <= i; ++j)
        rest.sigma[i * d + j] += inner * entry[j] + outer * (part->mu[j] - rest.mu[j]);
    }
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < i; ++j) rest.sigma[j * d + i] = rest.sigma[i * d + j];
  return rest;
}

Confidence jackknife_confidence(double value, const std::vector<double>& without_block) {
  if (std::ssize(without_block) != kJackknifeBlocks)
    throw Error("jackknife", "expected " + std::to_string(kJackknifeBlocks) + " values, found " +
                                 std::to_string(without_block.size()));
  constexpr auto kBlocks = static_cast<double>(kJackknifeBlocks);
  const double mean = std::accumulate(without_block.begin(), without_block.end(), 0.0) / kBlocks;
  double squares = 0;
  for (const double each : without_block) squares += (each - mean) * (each - mean);
  const double std_error = std::sqrt((kBlocks - 1) / kBlocks * squares);
  return {std_error, value - kStudentQuantile * std_error, value + kStudentQuantile * std_error,
          without_block};
}

std::vector<double> frechet_without_blocks(
    const BlockStatistics& sample, const FrechetReference& reference,
    const std::function<void(std::int64_t done, std::int64_t total)>& progress) {
  std::optional<FewRows> few;
  if (sample.rows().rows > 0) few.emplace(sample, reference);
  std::vector<double> distances(kJackknifeBlocks);
  // Of few rows a distance takes one thread, else all.
  run_tasks(
      kJackknifeBlocks, few ? linear::num_threads() : 1,
      [&](std::int64_t block) {
        distances[static_cast<std::size_t>(block)] =
            few ? few->distance_without(block) : reference.distance(sample.without(block)).distance;
      },
      [&](std::int64_t finished) {
        if (progress) progress(finished, kJackknifeBlocks);
      });
  return distances;
}

Confidence frechet_confidence(double distance, const BlockStatistics& sample,
                              const FrechetReference& reference,
                              const std::function<void(std::int64_t done, std::int64_t total)>& progress) {
  return jackknife_confidence(distance, frechet_without_blocks(sample, reference, progress));
}

}  // namespace gdd
