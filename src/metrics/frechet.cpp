#include "gdd/metrics/frechet.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "gdd/error.h"
#include "metrics/linear_algebra.h"

namespace gdd {
namespace {

using linear::Matrix;

// Covariances are stored after sums and differences of float64 numbers, some by tools that keep float32
// features: asymmetry and negative variances up to this share of the largest entry are rounding.
constexpr double kRounding = 1e-6;

double largest(const Matrix& a) {
  return std::accumulate(a.begin(), a.end(), 0.0,
                         [](double most, double x) { return std::max(most, std::abs(x)); });
}

// By tiles, whose mirrors stay in the cache.
void check_symmetric(const Matrix& sigma, std::int64_t d, double tolerance, const std::string& where) {
  constexpr std::int64_t kTile = 32;
  for (std::int64_t top = 0; top < d; top += kTile)
    for (std::int64_t left = 0; left <= top; left += kTile)
      for (std::int64_t i = top; i < std::min(top + kTile, d); ++i)
        for (std::int64_t j = left; j < std::min(left + kTile, i); ++j)
          if (std::abs(sigma[static_cast<std::size_t>(i * d + j)] -
                       sigma[static_cast<std::size_t>(j * d + i)]) > tolerance)
            throw Error(where, "expected a symmetric sigma, found [" + std::to_string(i) + "," +
                                   std::to_string(j) + "] to differ from its mirror");
}

void check_statistics(const Statistics& s, const std::string& which) {
  const std::int64_t d = s.dim();
  const std::string where = which + " statistics";
  if (d == 0 || s.sigma.size() != static_cast<std::size_t>(d * d))
    throw Error(where, "expected mu [D] and sigma [D,D], found " + std::to_string(d) + " and " +
                           std::to_string(s.sigma.size()) + " values");
  const auto finite = [](double x) { return std::isfinite(x); };
  if (!std::all_of(s.mu.begin(), s.mu.end(), finite) || !std::all_of(s.sigma.begin(), s.sigma.end(), finite))
    throw Error(where, "expected finite numbers, found NaN or infinity");
  const double tolerance = kRounding * largest(s.sigma);
  for (std::int64_t i = 0; i < d; ++i)
    if (s.sigma[static_cast<std::size_t>(i * d + i)] < -tolerance)
      throw Error(where, "expected variances of at least 0, found a negative one at " + std::to_string(i));
  check_symmetric(s.sigma, d, tolerance, where);
}

double floor_of(std::int64_t dim, double largest) {
  return static_cast<double>(dim) * std::numeric_limits<double>::epsilon() * std::max(largest, 0.0);
}

// R with S = R^T R and as many rows as S has rank: the eigenvectors, each times the root of its eigenvalue.
// Error, naming `which` statistics: an eigenvalue is negative beyond rounding.
Matrix root_by_eigenvectors(const Matrix& sigma, std::int64_t d, const std::string& which) {
  Matrix vectors = sigma;
  const std::vector<double> values = linear::symmetric_eigenvalues(vectors, d, true);
  if (values.front() < -kRounding * std::max(values.back(), 0.0))
    throw Error(which + " statistics", "expected a positive semi-definite sigma, found the eigenvalue " +
                                           std::to_string(values.front()));
  Matrix root;
  for (std::int64_t k = 0; k < d; ++k) {
    const double value = values[static_cast<std::size_t>(k)];
    if (value <= floor_of(d, values.back())) continue;
    for (std::int64_t i = 0; i < d; ++i)
      root.push_back(std::sqrt(value) * vectors[static_cast<std::size_t>(k * d + i)]);
  }
  return root;
}

std::int64_t rank_of(const Matrix& sigma, std::int64_t d) {
  Matrix copy = sigma;
  const std::vector<double> values = linear::symmetric_eigenvalues(copy, d);
  return std::count_if(values.begin(), values.end(),
                       [&](double value) { return value > floor_of(d, values.back()); });
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
  Matrix result(sigma.size());
  double* out = result.data();
  for (const std::int64_t row : order) {
    const double* in = sigma.data() + row * std::ssize(order);
    for (const std::int64_t column : order) *out++ = in[column];
  }
  return result;
}

// The lower triangular L with S = L L^T, unless S is singular within rounding.
std::optional<Matrix> cholesky_factor(Matrix sigma, std::int64_t d) {
  double most = 0, least = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < d; ++i) most = std::max(most, sigma[static_cast<std::size_t>(i * d + i)]);
  if (!linear::cholesky(sigma, d)) return std::nullopt;
  for (std::int64_t i = 0; i < d; ++i) least = std::min(least, sigma[static_cast<std::size_t>(i * d + i)]);
  if (least * least <= floor_of(d, most)) return std::nullopt;
  return sigma;
}

double mean_term(const Statistics& first, const Statistics& second) {
  double sum = 0;
  for (std::size_t i = 0; i < first.mu.size(); ++i)
    sum += (first.mu[i] - second.mu[i]) * (first.mu[i] - second.mu[i]);
  return sum;
}

double trace(const Statistics& s) {
  double sum = 0;
  for (std::int64_t i = 0; i < s.dim(); ++i) sum += s.sigma[static_cast<std::size_t>(i * s.dim() + i)];
  return sum;
}

void warn_about_rank(const Statistics& s, std::int64_t rank, const std::string& which,
                     std::vector<std::string>& warnings) {
  if (rank == s.dim()) return;
  warnings.push_back("the " + which + " covariance is rank-deficient: N = " +
                     (s.num_samples > 0 ? std::to_string(s.num_samples) : "unknown") +
                     ", D = " + std::to_string(s.dim()) + ", effective rank " + std::to_string(rank));
}

// N rows less their mean span N - 1 dimensions at most. Where the mean is large beside the deviations, the
// rounding of sum x x^T - n mu mu^T passes for more: its eigenvalues are of the order of eps * |mu|^2, which
// no share of the largest eigenvalue tells from real ones (64 images seemed to have rank 97).
std::int64_t bounded_rank(const Statistics& s, std::int64_t rank) {
  return s.num_samples > 0 ? std::min(rank, s.num_samples - 1) : rank;
}

struct Root {
  double trace;               // tr((S1 S2)^1/2)
  std::int64_t rank1, rank2;  // of S1, S2
};

FrechetResult combine(const Statistics& first, const Statistics& second, const Root& root,
                      const std::string& route) {
  FrechetResult result;
  result.mean_term = mean_term(first, second);
  result.trace_root = root.trace;
  result.distance = result.mean_term + trace(first) + trace(second) - 2 * root.trace;
  result.route = route;
  result.rank1 = bounded_rank(first, root.rank1);
  result.rank2 = bounded_rank(second, root.rank2);
  warn_about_rank(first, result.rank1, "first", result.warnings);
  warn_about_rank(second, result.rank2, "second", result.warnings);
  return result;
}

// Of two definite covariances: the sum of the roots of the eigenvalues of L^T S2 L with S1 = L L^T, a
// symmetric matrix that is similar to S1 S2. Nothing if one is singular.
std::optional<Root> root_of_definite(const Matrix& first, const Matrix& second, std::int64_t d) {
  const std::vector<std::int64_t> order = falling_order(first, d);
  const Matrix other = reordered(second, order);
  const std::optional<Matrix> factor = cholesky_factor(reordered(first, order), d);
  if (!factor || !cholesky_factor(other, d)) return std::nullopt;
  Matrix similar = linear::congruent(*factor, other, d);
  double trace = 0;
  for (const double value : linear::symmetric_eigenvalues(similar, d))
    trace += std::sqrt(std::max(value, 0.0));
  return Root{trace, d, d};
}

// Of any: the sum of the singular values of R1 R2^T with S = R^T R, which do not lose the small ones to the
// rounding of the large ones as eigenvalues of a product would.
Root root_of_singular(const Matrix& first, const Matrix& second, std::int64_t d) {
  const Matrix root1 = root_by_eigenvectors(first, d, "first");
  const Matrix root2 = root_by_eigenvectors(second, d, "second");
  const std::int64_t rank1 = static_cast<std::int64_t>(root1.size()) / d;
  const std::int64_t rank2 = static_cast<std::int64_t>(root2.size()) / d;
  if (rank1 == 0 || rank2 == 0) return {0, rank1, rank2};
  Matrix cross(static_cast<std::size_t>(rank1 * rank2));
  linear::multiply(false, true, rank1, rank2, d, root1.data(), root2.data(), 0, cross.data());
  const std::vector<double> values = linear::singular_values(cross, rank1, rank2);
  return {std::accumulate(values.begin(), values.end(), 0.0), rank1, rank2};
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
  return std::accumulate(values.begin(), values.end(), 0.0);
}

Statistics statistics_of(FeaturesF64 features) {
  StreamingStatistics sums(features.columns);
  sums.add(features);
  return sums.finish();
}

}  // namespace

FrechetResult frechet_distance(const Statistics& first, const Statistics& second) {
  if (first.dim() != second.dim())
    throw Error("statistics",
                "expected two of one dimension, found " + std::to_string(first.dim()) + " and " +
                    std::to_string(second.dim()),
                "use one detector for both sides");
  check_statistics(first, "first");
  check_statistics(second, "second");
  const std::int64_t d = first.dim();
  const std::optional<Root> root = root_of_definite(first.sigma, second.sigma, d);
  if (root) return combine(first, second, *root, "eigenvalues");
  return combine(first, second, root_of_singular(first.sigma, second.sigma, d), "singular values of roots");
}

FrechetResult frechet_distance(FeaturesF64 first, FeaturesF64 second) {
  const Statistics s1 = statistics_of(first), s2 = statistics_of(second);
  if (first.columns != second.columns || (first.rows > first.columns && second.rows > second.columns))
    return frechet_distance(s1, s2);
  const double sum = first.rows <= second.rows ? sum_of_singular_values(first, s1, second, s2)
                                               : sum_of_singular_values(second, s2, first, s1);
  const double scale = std::sqrt(static_cast<double>(first.rows - 1) * static_cast<double>(second.rows - 1));
  const std::int64_t d = first.columns;
  const Root root{sum / scale, first.rows > d ? d : rank_of(s1.sigma, d),
                  second.rows > d ? d : rank_of(s2.sigma, d)};
  return combine(s1, s2, root, "singular values");
}

}  // namespace gdd
