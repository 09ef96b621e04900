#include "gdd/metrics/frechet.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "gdd/error.h"
#include "metrics/check_statistics.h"
#include "metrics/linear_algebra.h"
#include "metrics/strips.h"

namespace gdd {
namespace {

using linear::Matrix;

// R with S = R^T R and as many rows as S has rank: the eigenvectors, each times the root of its eigenvalue,
// the largest first.
// Error, naming `which` statistics: an eigenvalue is negative beyond rounding.
Matrix root_by_eigenvectors(Matrix sigma, std::int64_t d, const std::string& which) {
  const std::vector<double> values = linear::symmetric_eigenvalues(sigma, d, true);
  const Matrix& vectors = sigma;
  if (values.front() < -kRounding * std::max(values.back(), 0.0))
    throw Error(which + " statistics", "expected a positive semi-definite sigma, found the eigenvalue " +
                                           std::to_string(values.front()));
  Matrix root;
  for (std::int64_t k = d - 1; k >= 0; --k) {
    const double value = values[static_cast<std::size_t>(k)];
    if (value <= linear::rounding_floor(d, values.back())) break;
    for (std::int64_t i = 0; i < d; ++i)
      root.push_back(std::sqrt(value) * vectors[static_cast<std::size_t>(k * d + i)]);
  }
  return root;
}

// Of more rows than dimensions it is taken to be full.
std::int64_t rank_of(const Statistics& s) {
  const std::int64_t d = s.dim();
  if (s.num_samples > d) return d;
  Matrix copy = s.sigma;
  const std::vector<double> values = linear::symmetric_eigenvalues(copy, d);
  return std::count_if(values.begin(), values.end(),
                       [&](double value) { return value > linear::rounding_floor(d, values.back()); });
}

// Dimensions by falling variance: then the entries of a Cholesky factor, and of A^T S2 A, fall off from the
// first row to the last, and small eigenvalues come out with their own precision, not with that of the
// largest.
std::vector<std::int64_t> falling_order(const Matrix& sigma, std::int64_t d) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(d));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return sigma[static_cast<std::size_t>(a * d + a)] > sigma[static_cast<std::size_t>(b * d + b)];
  });
  return order;
}

Matrix reordered(const Matrix& sigma, const std::vector<std::int64_t>& order) {
  const std::int64_t d = std::ssize(order);
  Matrix result(sigma.size());
  for_each_strip(d, [&](std::int64_t top, std::int64_t bottom) {
    for (std::int64_t i = top; i < bottom; ++i) {
      const double* in = sigma.data() + order[static_cast<std::size_t>(i)] * d;
      double* out = result.data() + i * d;
      for (const std::int64_t column : order) *out++ = in[column];
    }
  });
  return result;
}

Matrix transposed(const Matrix& a, std::int64_t d) {
  Matrix result(a.size());
  for (std::int64_t i = 0; i < d; ++i)
    for (std::int64_t j = 0; j < d; ++j)
      result[static_cast<std::size_t>(j * d + i)] = a[static_cast<std::size_t>(i * d + j)];
  return result;
}

// The lower triangular L with S = L L^T, unless S is singular within rounding.
std::optional<Matrix> cholesky_factor(Matrix sigma, std::int64_t d) {
  double most = 0, least = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < d; ++i) most = std::max(most, sigma[static_cast<std::size_t>(i * d + i)]);
  if (!linear::cholesky(sigma, d)) return std::nullopt;
  for (std::int64_t i = 0; i < d; ++i) least = std::min(least, sigma[static_cast<std::size_t>(i * d + i)]);
  if (least * least <= linear::rounding_floor(d, most)) return std::nullopt;
  return sigma;
}

// Whether it is worth a try: rows enough, as far as is known, and no dimension without variance.
bool seems_definite(const Statistics& s) {
  const std::int64_t d = s.dim();
  if (s.num_samples > 0 && s.num_samples <= d) return false;
  double most = 0, least = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < d; ++i) {
    const double variance = s.sigma[static_cast<std::size_t>(i * d + i)];
    most = std::max(most, variance);
    least = std::min(least, variance);
  }
  return least > linear::rounding_floor(d, most);
}

double mean_term(const std::vector<double>& first, const std::vector<double>& second) {
  double sum = 0;
  for (std::size_t i = 0; i < first.size(); ++i) sum += (first[i] - second[i]) * (first[i] - second[i]);
  return sum;
}

double trace(const Statistics& s) {
  double sum = 0;
  for (std::int64_t i = 0; i < s.dim(); ++i) sum += s.sigma[static_cast<std::size_t>(i * s.dim() + i)];
  return sum;
}

// What a distance needs of one side beside the root of the product.
struct Moments {
  const std::vector<double>& mu;
  double trace;
  std::int64_t num_samples, rank;

  std::int64_t dim() const { return std::ssize(mu); }
};

Moments moments_of(const Statistics& s, std::int64_t rank) { return {s.mu, trace(s), s.num_samples, rank}; }

void warn_about_rank(const Moments& side, std::int64_t rank, const std::string& which,
                     std::vector<std::string>& warnings) {
  if (rank == side.dim()) return;
  warnings.push_back("the " + which + " covariance is rank-deficient: N = " +
                     (side.num_samples > 0 ? std::to_string(side.num_samples) : "unknown") +
                     ", D = " + std::to_string(side.dim()) + ", effective rank " + std::to_string(rank));
}

// N rows less their mean span N - 1 dimensions at most. Where the mean is large beside the deviations, the
// rounding of sum x x^T - n mu mu^T passes for more: its eigenvalues are of the order of eps * |mu|^2, which
// no share of the largest eigenvalue tells from real ones (64 images seemed to have rank 97).
std::int64_t bounded_rank(const Moments& side) {
  return side.num_samples > 0 ? std::min(side.rank, side.num_samples - 1) : side.rank;
}

FrechetResult combine(const Moments& first, const Moments& second, double trace_root,
                      const std::string& route) {
  FrechetResult result;
  result.mean_term = mean_term(first.mu, second.mu);
  result.trace_root = trace_root;
  result.distance = result.mean_term + first.trace + second.trace - 2 * trace_root;
  result.route = route;
  result.rank1 = bounded_rank(first);
  result.rank2 = bounded_rank(second);
  warn_about_rank(first, result.rank1, "first", result.warnings);
  warn_about_rank(second, result.rank2, "second", result.warnings);
  return result;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

double sum_of_roots(Matrix symmetric, std::int64_t d) {
  double roots = 0;
  for (const double value : linear::symmetric_eigenvalues(symmetric, d))
    roots += std::sqrt(std::max(value, 0.0));
  return roots;
}

// The sum of the singular values of R1 R2^T [rank1,rank2], which do not lose the small ones to the rounding
// of the large ones as eigenvalues of a product may. With one covariance definite, these are of a matrix R S
// R^T whose rows fall off, as they are of two definite ones, and as precise, in half the time.
double sum_of_cross(Matrix cross, std::int64_t rank1, std::int64_t rank2, bool one_definite) {
  if (cross.empty()) return 0;
  if (!one_definite) return sum(linear::singular_values(cross, rank1, rank2));
  const std::int64_t rank = std::min(rank1, rank2);
  const bool first = rank1 == rank;
  Matrix product(static_cast<std::size_t>(rank * rank));
  linear::multiply(!first, first, rank, rank, std::max(rank1, rank2), cross.data(), cross.data(), 0,
                   product.data());
  return sum_of_roots(std::move(product), rank);
}

// What takes one thread, on another than the caller's where there are several (and the system gives one).
template <class Task>
auto beside(const Task& task) {
  const auto where =
      linear::num_threads() > 1 ? std::launch::async | std::launch::deferred : std::launch::deferred;
  return std::async(where, [task] {
    const linear::OneThread one_thread;
    return task();
  });
}

// The sum of the roots of the eigenvalues of L^T S L, S being `sigma` in this order: they take one thread,
// and whether S is definite, which this needs, another the while (or the same, where the system gives no
// other). Nothing: it is not.
std::optional<double> roots_if_definite(const Matrix& lower, const Matrix& sigma,
                                        const std::vector<std::int64_t>& order) {
  const std::int64_t d = std::ssize(order);
  Matrix product = linear::congruent(lower, reordered(sigma, order), d);
  auto definite = beside([&] { return cholesky_factor(reordered(sigma, order), d).has_value(); });
  try {
    const double roots = sum_of_roots(std::move(product), d);
    return definite.get() ? std::optional(roots) : std::nullopt;
  } catch (const Error&) {  // no convergence: of no account where another route is taken
    if (definite.valid() && !definite.get()) return std::nullopt;
    throw;
  }
}

// Rows [R,D] with their columns in another order.
Matrix reordered_rows(FeaturesF64 rows, const std::vector<std::int64_t>& order) {
  Matrix result(static_cast<std::size_t>(rows.rows * rows.columns));
  double* out = result.data();
  for (std::int64_t i = 0; i < rows.rows; ++i)
    for (const std::int64_t column : order) *out++ = rows.data[i * rows.columns + column];
  return result;
}

// Rows [first, first + count) less the mean.
Matrix centred(FeaturesF64 features, const std::vector<double>& mu, std::int64_t first, std::int64_t count) {
  const double* begin = features.data + first * features.columns;
  Matrix rows(begin, begin + count * features.columns);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] -= mu[i % mu.size()];
  return rows;
}

// [A B] of A [m,a] and B [m,b].
Matrix side_by_side(const Matrix& a, const Matrix& b, std::int64_t m) {
  const std::int64_t left = std::ssize(a) / m, right = std::ssize(b) / m;
  Matrix result;
  result.reserve(a.size() + b.size());
  for (std::int64_t i = 0; i < m; ++i) {
    result.insert(result.end(), a.begin() + i * left, a.begin() + (i + 1) * left);
    result.insert(result.end(), b.begin() + i * right, b.begin() + (i + 1) * right);
  }
  return result;
}

// The sum of the singular values of X1c X2c^T, X1 being the set of fewer rows, n. The product [n, N2] is
// never held whole: before a block of columns joins those so far, their triangular factor [n,n] takes their
// place, which has their singular values.
double sum_of_singular_values(FeaturesF64 few, const Statistics& s1, FeaturesF64 many, const Statistics& s2) {
  const std::int64_t n = few.rows, d = few.columns;
  const std::int64_t block = std::max<std::int64_t>(n, 1024);
  const Matrix rows = centred(few, s1.mu, 0, n);
  Matrix held;
  for (std::int64_t first = 0; first < many.rows; first += block) {
    const std::int64_t count = std::min(block, many.rows - first);
    if (!held.empty()) held = linear::lower_factor(held, n, std::ssize(held) / n);
    Matrix product(static_cast<std::size_t>(n * count));
    linear::multiply(false, true, n, count, d, rows.data(), centred(many, s2.mu, first, count).data(), 0,
                     product.data());
    held = held.empty() ? std::move(product) : side_by_side(held, product, n);
  }
  const std::vector<double> values = linear::singular_values(held, n, std::ssize(held) / n);
  return sum(values);
}

void check_dims(std::int64_t first, std::int64_t second) {
  if (first != second)
    throw Error(
        "statistics",
        "expected two of one dimension, found " + std::to_string(first) + " and " + std::to_string(second),
        "use one detector for both sides");
}

Statistics statistics_of(FeaturesF64 features) {
  StreamingStatistics sums(features.columns);
  sums.add(features);
  return sums.finish();
}

}  // namespace

FrechetReference::FrechetReference(const Statistics& statistics)
    : num_samples_(statistics.num_samples), mu_(statistics.mu), trace_(0), rank_(statistics.dim()) {
  check_statistics(statistics, "second");
  trace_ = gdd::trace(statistics);
  order_ = falling_order(statistics.sigma, dim());
  std::optional<Matrix> lower = cholesky_factor(reordered(statistics.sigma, order_), dim());
  triangular_ = lower.has_value();
  factor_ =
      lower ? *std::move(lower) : root_by_eigenvectors(reordered(statistics.sigma, order_), dim(), "second");
  rank_ = std::ssize(factor_) / dim();
}

std::vector<double> FrechetReference::project_ordered(const std::vector<double>& rows) const {
  const std::int64_t count = std::ssize(rows) / dim();
  Matrix product(static_cast<std::size_t>(count * rank_));
  if (!product.empty())
    linear::multiply(false, !triangular_, count, rank_, dim(), rows.data(), factor_.data(), 0,
                     product.data());
  return product;
}

std::vector<double> FrechetReference::project(FeaturesF64 rows) const {
  check_dims(rows.columns, dim());
  return project_ordered(reordered_rows(rows, order_));
}

FrechetResult FrechetReference::distance(const Statistics& sample) const {
  check_dims(sample.dim(), dim());
  check_statistics(sample, "first");
  const std::int64_t d = dim();
  const Moments reference{mu_, trace_, num_samples_, rank_};
  const auto by_eigenvalues = [&](double roots) {
    return combine(moments_of(sample, d), reference, roots, "eigenvalues");
  };
  const bool beside = triangular_ && linear::num_threads() > 1 && seems_definite(sample);
  if (beside) {
    const auto roots = roots_if_definite(factor_, sample.sigma, order_);
    if (roots) return by_eigenvalues(*roots);
  }
  Matrix sigma = reordered(sample.sigma, order_);
  std::optional<Matrix> lower = beside ? std::nullopt : cholesky_factor(sigma, d);
  if (lower && triangular_) {
    lower.reset();  // it has said what it had to
    return by_eigenvalues(sum_of_roots(linear::congruent(factor_, std::move(sigma), d), d));
  }
  const Matrix root = lower ? transposed(*lower, d) : root_by_eigenvectors(std::move(sigma), d, "first");
  const std::int64_t rank = std::ssize(root) / d;
  const double roots = sum_of_cross(project_ordered(root), rank, rank_, lower || triangular_);
  return combine(moments_of(sample, rank), reference, roots, "singular values of roots");
}

FrechetResult frechet_distance(const Statistics& first, const Statistics& second) {
  check_dims(first.dim(), second.dim());
  return FrechetReference(second).distance(first);
}

FrechetResult frechet_distance(FeaturesF64 first, FeaturesF64 second, const Statistics* of_second) {
  const Statistics s1 = statistics_of(first);
  std::optional<Statistics> made;
  if (!of_second) made = statistics_of(second);
  const Statistics& s2 = of_second ? *of_second : *made;
  if (first.columns != second.columns || (first.rows > first.columns && second.rows > second.columns))
    return frechet_distance(s1, s2);
  auto rank1 = beside([&] { return rank_of(s1); }), rank2 = beside([&] { return rank_of(s2); });
  const double values = first.rows <= second.rows ? sum_of_singular_values(first, s1, second, s2)
                                                  : sum_of_singular_values(second, s2, first, s1);
  const double scale = std::sqrt(static_cast<double>(first.rows - 1) * static_cast<double>(second.rows - 1));
  return combine(moments_of(s1, rank1.get()), moments_of(s2, rank2.get()), values / scale, "singular values");
}

}  // namespace gdd
