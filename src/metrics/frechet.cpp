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

double floor_of(const std::vector<double>& eigenvalues) {
  return static_cast<double>(eigenvalues.size()) * std::numeric_limits<double>::epsilon() *
         std::max(eigenvalues.back(), 0.0);
}

std::int64_t rank_of(Matrix sigma, std::int64_t d) {
  const std::vector<double> values = linear::symmetric_eigenvalues(sigma, d);
  return std::count_if(values.begin(), values.end(), [&](double x) { return x > floor_of(values); });
}

// A with S = A A^T, from the eigenvectors: for covariances that Cholesky refuses.
Matrix root_by_eigenvectors(Matrix sigma, std::int64_t d) {
  const std::vector<double> values = linear::symmetric_eigenvalues(sigma, d, true);
  Matrix root(sigma.size());
  for (std::int64_t k = 0; k < d; ++k) {
    const double value = values[static_cast<std::size_t>(k)];
    const double scale = value > floor_of(values) ? std::sqrt(value) : 0;
    for (std::int64_t i = 0; i < d; ++i)
      root[static_cast<std::size_t>(i * d + k)] = scale * sigma[static_cast<std::size_t>(k * d + i)];
  }
  return root;
}

// S = L L^T, the lower triangular L; nothing where S is not definite.
std::optional<Matrix> cholesky_factor(const Matrix& sigma, std::int64_t d) {
  std::optional<Matrix> factor(sigma);
  if (!linear::cholesky(*factor, d)) factor.reset();
  return factor;
}

// A^T S A with A from the eigenvectors of the other covariance: for a pair that Cholesky refuses.
Matrix congruent_by_eigenvectors(const Matrix& first, const Matrix& second, std::int64_t d) {
  const Matrix a = root_by_eigenvectors(first, d);
  Matrix product(a.size()), similar(a.size());
  linear::multiply(false, false, d, d, d, second.data(), a.data(), 0, product.data());
  linear::multiply(true, false, d, d, d, a.data(), product.data(), 0, similar.data());
  return similar;
}

// tr((S1 S2)^1/2) as the sum of the roots of the eigenvalues of A^T S2 A with S1 = A A^T: a similar,
// symmetric matrix, which is destroyed.
double trace_of_root(Matrix similar, std::int64_t d) {
  double trace = 0;
  const std::vector<double> values = linear::symmetric_eigenvalues(similar, d);
  for (const double value : values)
    if (value > floor_of(values)) trace += std::sqrt(value);
  return trace;
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

// The rank where it can be deficient, with a warning where it is; else D. `definite`: Cholesky succeeded,
// which rounding allows a singular matrix too.
std::int64_t check_rank(const Statistics& s, bool definite, const std::string& which,
                        std::vector<std::string>& warnings) {
  const std::int64_t d = s.dim();
  if (s.num_samples > d || (s.num_samples == 0 && definite)) return d;
  const std::int64_t rank = rank_of(s.sigma, d);
  if (rank < d)
    warnings.push_back("the " + which + " covariance is rank-deficient: N = " +
                       (s.num_samples > 0 ? std::to_string(s.num_samples) : "unknown") +
                       ", D = " + std::to_string(d) + ", effective rank " + std::to_string(rank));
  return rank;
}

FrechetResult combine(const Statistics& first, const Statistics& second, double trace_root,
                      const std::string& route) {
  FrechetResult result;
  result.mean_term = mean_term(first, second);
  result.trace_root = trace_root;
  result.distance = result.mean_term + trace(first) + trace(second) - 2 * trace_root;
  result.route = route;
  return result;
}

Matrix centred(FeaturesF64 features, const std::vector<double>& mu) {
  Matrix rows(features.data, features.data + features.rows * features.columns);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] -= mu[i % mu.size()];
  return rows;
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
  const auto factor1 = cholesky_factor(first.sigma, d), factor2 = cholesky_factor(second.sigma, d);
  Matrix similar = factor1   ? linear::congruent(*factor1, second.sigma, d)
                   : factor2 ? linear::congruent(*factor2, first.sigma, d)
                             : congruent_by_eigenvectors(first.sigma, second.sigma, d);
  FrechetResult result = combine(first, second, trace_of_root(std::move(similar), d), "eigenvalues");
  result.rank1 = check_rank(first, factor1.has_value(), "first", result.warnings);
  result.rank2 = check_rank(second, factor2.has_value(), "second", result.warnings);
  return result;
}

FrechetResult frechet_distance(FeaturesF64 first, FeaturesF64 second) {
  const Statistics s1 = statistics_of(first), s2 = statistics_of(second);
  if (first.columns != second.columns || (first.rows > first.columns && second.rows > second.columns))
    return frechet_distance(s1, s2);
  const Matrix x1 = centred(first, s1.mu), x2 = centred(second, s2.mu);
  Matrix cross(static_cast<std::size_t>(first.rows * second.rows));
  linear::multiply(false, true, first.rows, second.rows, first.columns, x1.data(), x2.data(), 0,
                   cross.data());
  const std::vector<double> values = linear::singular_values(cross, first.rows, second.rows);
  const double scale = std::sqrt(static_cast<double>(first.rows - 1) * static_cast<double>(second.rows - 1));
  FrechetResult result =
      combine(s1, s2, std::accumulate(values.begin(), values.end(), 0.0) / scale, "singular values");
  result.rank1 = check_rank(s1, false, "first", result.warnings);
  result.rank2 = check_rank(s2, false, "second", result.warnings);
  return result;
}

}  // namespace gdd
