#include "metrics/row_spectrum.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>

#include "gdd/error.h"

namespace gdd::linear {
namespace {

// Trapezoids of this width in log s miss the integral by exp(-pi^2 / width), 5e-15 of it: between the values
// s and i sigma, where the integrand is singular, lies a strip of half width pi / 2.
constexpr double kWidth = 0.3;
// From where, in smallest and largest singular values, the integrand follows its limits s^0 and s^-4.
constexpr double kFirst = 1e-4, kLast = 1e3;
// With singular values of 0 it grows by log s for small ones: from here, in largest ones, that is nothing.
constexpr double kNothing = 1e-15;
// Eigenvalues below this share of the largest are computed again.
constexpr double kLevel = 1e-8;

// Centred rows turned so that the vector of ones, which they have nothing of, is the first axis: by a
// reflection, which leaves their singular values. The other n - 1 rows.
Matrix contrasts(const Matrix& centred, std::int64_t n, std::int64_t k) {
  const double share = 1 / (std::sqrt(static_cast<double>(n)) + 1);
  Matrix rows(centred.begin() + k, centred.end());
  for (std::int64_t i = 0; i < n - 1; ++i)
    for (std::int64_t j = 0; j < k; ++j)
      rows[static_cast<std::size_t>(i * k + j)] -= share * centred[static_cast<std::size_t>(j)];
  return rows;
}

// The same reflection of vectors, the rows of [n-1,n-1], back to the rows they are about: [n,n-1].
Matrix reflected_back(const Matrix& vectors, std::int64_t n) {
  const double root = std::sqrt(static_cast<double>(n));
  Matrix result(static_cast<std::size_t>(n * (n - 1)));
  for (std::int64_t i = 0; i < n - 1; ++i) {
    const double* vector = vectors.data() + i * (n - 1);
    const double total = std::accumulate(vector, vector + n - 1, 0.0) / root;
    result[static_cast<std::size_t>(i)] = -total;
    for (std::int64_t j = 1; j < n; ++j)
      result[static_cast<std::size_t>(j * (n - 1) + i)] = vector[j - 1] - total / (root + 1);
  }
  return result;
}

Matrix identity(std::int64_t n) {
  Matrix result(static_cast<std::size_t>(n * n));
  for (std::int64_t i = 0; i < n; ++i) result[static_cast<std::size_t>(i * n + i)] = 1;
  return result;
}

Matrix product(const Matrix& a, const Matrix& b, bool transpose_b, std::int64_t m, std::int64_t n) {
  Matrix result(static_cast<std::size_t>(m * n));
  multiply(false, transpose_b, m, n, std::ssize(a) / m, a.data(), b.data(), 0, result.data());
  return result;
}

// A's columns times the weights.
Matrix weighted(const Matrix& a, const std::vector<double>& weights) {
  Matrix result = a;
  for (auto row = result.begin(); row != result.end(); row += std::ssize(weights))
    std::transform(weights.begin(), weights.end(), row, row, std::multiplies<>());
  return result;
}

double log_of_diagonal(const Matrix& factor, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::log(std::abs(factor[static_cast<std::size_t>(i * n + i)]));
  return sum;
}

bool well_conditioned(const Matrix& factor, std::int64_t n) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    least = std::min(least, factor[static_cast<std::size_t>(i * n + i)]);
    most = std::max(most, factor[static_cast<std::size_t>(i * n + i)]);
  }
  return least > 1e-4 * most;
}

// log det of Q diag(weights) Q^T, Q [count,m]. Where the product loses the small ones to the large ones, from
// a triangular factor of Q alone, which takes some times longer.
double log_determinant(const Matrix& q, std::vector<double> weights, std::int64_t count) {
  Matrix factor = product(q, weighted(q, weights), true, count, count);
  if (cholesky(factor, count) && well_conditioned(factor, count)) return 2 * log_of_diagonal(factor, count);
  for (double& weight : weights) weight = std::sqrt(weight);
  Matrix rows = weighted(q, weights);
  return 2 * log_of_diagonal(lower_factor(rows, count, std::ssize(weights)), count);
}

// The mean over Q's rows of their squares times the weights.
double mean_square(const Matrix& q, const std::vector<double>& weights, std::int64_t count) {
  const Matrix products = weighted(q, weights);
  return std::inner_product(q.begin(), q.end(), products.begin(), 0.0) / static_cast<double>(count);
}

}  // namespace

// Eigenvalues of products are good to rounding of the largest one, which is too little for roots. So what
// lies far below the largest is decomposed anew among itself, until it is rounding of the rows themselves.
RowSpectrum::RowSpectrum(const Matrix& centred, std::int64_t n, std::int64_t k) : n_(n) {
  Matrix rows = contrasts(centred, n, k), basis = identity(n - 1), found;
  for (std::int64_t left = n - 1; left > 0;) {
    Matrix vectors = product(rows, rows, true, left, left);
    std::vector<double> values = symmetric_eigenvalues(vectors, left, true);
    if (!std::isfinite(values.back()))
      throw Error("rows", "their squares are not finite", "they are too large for float64");
    rows = product(vectors, rows, false, left, k);
    basis = product(vectors, basis, false, left, n - 1);
    largest_ = std::max(largest_, values.back());
    left = std::ranges::upper_bound(values, kLevel * values.back()) - values.begin();
    if (values.back() <= rounding_floor(n, rounding_floor(n, largest_))) {
      std::ranges::fill(values, 0.0);
      left = 0;
    }
    squares_.insert(squares_.end(), values.begin() + left, values.end());
    found.insert(found.end(), basis.begin() + left * (n - 1), basis.end());
    rows.resize(static_cast<std::size_t>(left * k));
    basis.resize(static_cast<std::size_t>(left * (n - 1)));
  }
  vectors_ = reflected_back(found, n);
}

double RowSpectrum::sum() const {
  double sum = 0;
  for (const double square : squares_) sum += std::sqrt(square);
  return sum;
}

// What is taken out of the rows' X^T X, when the others get a mean of their own, is Y^T (I + 1 1^T / rest) Y
// of the rows Y taken. With X = U S V^T this is V S Q^T Q S V^T, Q Q^T = I: [count,n-1].
Matrix RowSpectrum::block_of(std::int64_t first, std::int64_t count) const {
  const auto taken = static_cast<double>(count), rest = static_cast<double>(n_ - count);
  Matrix q(vectors_.begin() + first * (n_ - 1), vectors_.begin() + (first + count) * (n_ - 1));
  for (std::int64_t i = 0; i < n_ - 1; ++i) {
    double total = 0;
    for (std::int64_t j = 0; j < count; ++j) total += q[static_cast<std::size_t>(j * (n_ - 1) + i)];
    total *= (std::sqrt(1 + taken / rest) - 1) / taken;
    for (std::int64_t j = 0; j < count; ++j) q[static_cast<std::size_t>(j * (n_ - 1) + i)] += total;
  }
  return q;
}

// sum sqrt(a_i) - sum sqrt(b_i) = 1/pi integral over s > 0 of log det((A + s^2) / (B + s^2)), and the
// determinant of S^2 - S Q^T Q S + s^2 over that of S^2 + s^2 is that of Q diag(s^2 / (S^2 + s^2)) Q^T:
// [count,count], and nothing is subtracted. Less the same of one value c, -c for each row of Q, which has the
// mean square of what is taken, the integrand is of order 1 for small s and of s^-4 for large ones.
double RowSpectrum::sum_without(std::int64_t first, std::int64_t count) const {
  if (largest_ <= 0) return 0;
  const OneThread one_thread;
  const Matrix q = block_of(first, count);
  const double square = mean_square(q, squares_, count), start = start_of_integral();
  const auto steps = static_cast<int>(std::ceil(std::log(kLast * std::sqrt(largest_) / start) / kWidth));
  double integral = 0;
  std::vector<double> weights(squares_.size());
  for (int step = 0; step <= steps; ++step) {
    const double s = start * std::exp(kWidth * step);
    std::ranges::transform(squares_, weights.begin(), [&](double x) { return s * s / (x + s * s); });
    const double logarithm =
        log_determinant(q, weights, count) + static_cast<double>(count) * std::log1p(square / s / s);
    // Beyond both ends the terms go on as geometric series.
    const double beyond = step == 0       ? 1 / (1 - std::exp(-kWidth))
                          : step == steps ? 1 / (1 - std::exp(-3 * kWidth))
                                          : 1;
    integral += beyond * kWidth * s * logarithm;
  }
  return sum() + integral / std::numbers::pi - static_cast<double>(count) * std::sqrt(square);
}

double RowSpectrum::start_of_integral() const {
  const double smallest = *std::ranges::min_element(squares_);
  return smallest > 0 ? kFirst * std::sqrt(smallest) : kNothing * std::sqrt(largest_);
}

}  // namespace gdd::linear
