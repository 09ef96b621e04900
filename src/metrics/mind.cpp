#include "gdd/metrics/mind.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "base/tasks.h"
#include "gdd/error.h"
#include "metrics/check_rows.h"
#include "metrics/linear_algebra.h"
#include "metrics/sort_numbers.h"

namespace gdd {
namespace {

constexpr std::int64_t kDirections = 128;  // at once
constexpr std::int64_t kRows = 256;        // that one task projects on them

// The rows of a set that count.
struct Chosen {
  FeaturesF32 set;
  std::span<const std::int64_t> rows;  // empty: all of them
  std::int64_t count() const { return rows.empty() ? set.rows : std::ssize(rows); }
  std::span<const float> row(std::int64_t i) const {
    return set.row(rows.empty() ? i : rows[static_cast<std::size_t>(i)]);
  }
};

void check(FeaturesF32 sample, FeaturesF32 reference, const MindDraw& draw) {
  check_same_dim(sample.columns, reference.columns);
  const auto [few, many] = std::minmax(sample.rows, reference.rows);
  if (few < 1 || draw.directions.rows < 1)
    throw Error("features", "expected rows and directions, found " + std::to_string(few) + " and " +
                                std::to_string(draw.directions.rows));
  const std::int64_t expected = few == many ? 0 : few;
  if (std::ssize(draw.chosen) != expected)
    throw Error("features", "expected " + std::to_string(expected) +
                                " rows chosen of the larger set, found " +
                                std::to_string(std::ssize(draw.chosen)));
  for (const std::int64_t row : draw.chosen)
    if (row < 0 || row >= many)
      throw Error("features", "row " + std::to_string(row) + " is chosen of " + std::to_string(many));
  check_rows(sample, sample.columns, 0);
  check_rows(reference, sample.columns, 0);
  check_rows(draw.directions, sample.columns, 0);
}

// In float64, of length 1; one of length 0 stays so.
std::vector<double> unit_directions(FeaturesF32 directions) {
  std::vector<double> units(directions.data, directions.data + directions.rows * directions.columns);
  for (std::int64_t i = 0; i < directions.rows; ++i) {
    double* const first = units.data() + i * directions.columns;
    const double length = std::sqrt(std::inner_product(first, first + directions.columns, first, 0.0));
    std::transform(first, first + directions.columns, first,
                   [length](double x) { return length > 0 ? x / length : 0; });
  }
  return units;
}

// Both sets on some of the directions: values by direction, [count, n] each.
class Projections {
 public:
  Projections(const Chosen& a, const Chosen& b, int threads)
      : sets_{a, b}, threads_(threads), n_(a.count()) {}

  void project(const double* directions, std::int64_t count) {
    for (auto& values : values_) values.resize(static_cast<std::size_t>(count * n_));
    const std::int64_t blocks = (n_ + kRows - 1) / kRows;
    // Where BLAS cannot be told to keep to one thread, its threads are left to it.
    run_tasks(2 * blocks, linear::OneThread::possible() ? threads_ : 1, [&](std::int64_t task) {
      project_block(static_cast<std::size_t>(task % 2), task / 2 * kRows, directions, count);
    });
  }

  // Of each direction the mean of (a_i - b_i)^2.
  std::vector<double> sort_and_compare(std::int64_t count) {
    std::vector<double> means(static_cast<std::size_t>(count));
    run_tasks(count, threads_, [&](std::int64_t direction) {
      double* const a = values_[0].data() + direction * n_;
      double* const b = values_[1].data() + direction * n_;
      for (double* const values : {a, b}) sort_numbers({values, static_cast<std::size_t>(n_)});
      const double squares = std::transform_reduce(a, a + n_, b, 0.0, std::plus<>(),
                                                   [](double x, double y) { return (x - y) * (x - y); });
      means[static_cast<std::size_t>(direction)] = squares / static_cast<double>(n_);
    });
    return means;
  }

 private:
  void project_block(std::size_t set, std::int64_t first, const double* directions, std::int64_t count) {
    const linear::OneThread one_thread;
    const std::int64_t rows = std::min(kRows, n_ - first), d = sets_[set].set.columns;
    std::vector<double> wide, products(static_cast<std::size_t>(count * rows));
    wide.reserve(static_cast<std::size_t>(rows * d));
    for (std::int64_t i = first; i < first + rows; ++i)
      wide.insert(wide.end(), sets_[set].row(i).begin(), sets_[set].row(i).end());
    linear::multiply(false, true, count, rows, d, directions, wide.data(), 0, products.data());
    for (std::int64_t direction = 0; direction < count; ++direction)
      std::copy_n(products.data() + direction * rows, rows, values_[set].data() + direction * n_ + first);
  }

  Chosen sets_[2];
  int threads_;
  std::int64_t n_;
  std::vector<double> values_[2];
};

}  // namespace

double mind_distance(FeaturesF32 sample, FeaturesF32 reference, const MindDraw& draw,
                     const MindOptions& options) {
  check(sample, reference, draw);
  const bool sample_is_larger = sample.rows > reference.rows;
  const auto chosen_if = [&](bool larger) { return larger ? draw.chosen : std::span<const std::int64_t>(); };
  Projections projections({sample, chosen_if(sample_is_larger)}, {reference, chosen_if(!sample_is_larger)},
                          options.threads);
  const std::int64_t total = draw.directions.rows, d = sample.columns;
  const std::vector<double> directions = unit_directions(draw.directions);
  double sum = 0;
  for (std::int64_t first = 0; first < total; first += kDirections) {
    const std::int64_t count = std::min(kDirections, total - first);
    projections.project(directions.data() + first * d, count);
    for (const double mean : projections.sort_and_compare(count)) sum += mean;
    if (options.progress) options.progress(first + count, total);
  }
  return 3 * static_cast<double>(d) * sum / static_cast<double>(total);
}

}  // namespace gdd
