// Against the singular values of the rows that are left, computed anew.
#include "metrics/row_spectrum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "gdd/error.h"

namespace gdd::linear {
namespace {

// [n,k], no pattern, each column of its own size.
Matrix rows_of(std::int64_t n, std::int64_t k, const std::function<double(std::int64_t column)>& size) {
  Matrix rows;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < k; ++j)
      rows.push_back(size(j) * std::sin(1 + 12.9898 * static_cast<double>((i * k + j) * (i * k + j) % 8191)));
  return rows;
}

Matrix centred(Matrix rows, std::int64_t k) {
  const std::int64_t n = std::ssize(rows) / k;
  for (std::int64_t j = 0; j < k; ++j) {
    double mean = 0;
    for (std::int64_t i = 0; i < n; ++i) mean += rows[static_cast<std::size_t>(i * k + j)];
    for (std::int64_t i = 0; i < n; ++i)
      rows[static_cast<std::size_t>(i * k + j)] -= mean / static_cast<double>(n);
  }
  return rows;
}

double sum_of_singular_values(const Matrix& rows, std::int64_t k) {
  Matrix copy = centred(rows, k);
  const std::vector<double> values = singular_values(copy, std::ssize(rows) / k, k);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// `tolerance` is a share of the sum of all.
void expect_sums(const Matrix& rows, std::int64_t k, double tolerance) {
  const std::int64_t n = std::ssize(rows) / k, block = n / 10;
  const RowSpectrum spectrum(centred(rows, k), n, k);
  const double whole = sum_of_singular_values(rows, k);
  EXPECT_NEAR(spectrum.sum(), whole, tolerance * whole);
  for (std::int64_t first = 0; first < n; first += block) {
    Matrix rest(rows.begin(), rows.begin() + first * k);
    rest.insert(rest.end(), rows.begin() + (first + block) * k, rows.end());
    EXPECT_NEAR(spectrum.sum_without(first, block), sum_of_singular_values(rest, k), tolerance * whole)
        << first;
  }
}

double even(std::int64_t) { return 1; }

TEST(RowSpectrum, IsThatOfTheRowsThatAreLeft) { expect_sums(rows_of(60, 80, even), 80, 1e-12); }

// The products of rows hold no digit of what is below 1e-8 of the largest.
TEST(RowSpectrum, KeepsWhatIsFarBelowTheLargest) {
  const auto fall = [](std::int64_t j) { return std::pow(10.0, -11.0 * static_cast<double>(j) / 60); };
  const Matrix rows = rows_of(60, 60, fall);
  expect_sums(rows, 60, 1e-12);
  const auto step = [](std::int64_t j) { return j < 3 ? 1e9 : 1.0; };
  expect_sums(rows_of(60, 80, step), 80, 1e-12);
}

TEST(RowSpectrum, TakesRowsThatAreThereTwice) {
  Matrix rows = rows_of(30, 80, even);
  const Matrix once = rows;
  rows.insert(rows.end(), once.begin(), once.end());
  expect_sums(rows, 80, 1e-12);
}

TEST(RowSpectrum, TakesFewerColumnsThanRows) { expect_sums(rows_of(60, 20, even), 20, 1e-12); }

// Without it the others are a billion times smaller.
TEST(RowSpectrum, TakesARowThatOutweighsAllOthers) {
  Matrix rows = rows_of(60, 80, even);
  for (std::int64_t j = 0; j < 80; ++j) rows[static_cast<std::size_t>(7 * 80 + j)] *= 1e9;
  expect_sums(rows, 80, 1e-11);
}

TEST(RowSpectrum, OfEqualRowsIsZero) {
  const RowSpectrum spectrum(Matrix(40), 10, 4);
  EXPECT_EQ(spectrum.sum(), 0);
  EXPECT_EQ(spectrum.sum_without(2, 3), 0);
}

TEST(RowSpectrum, RefusesRowsWhoseSquaresAreNotFinite) {
  Matrix rows = rows_of(10, 4, even);
  for (double& value : rows) value *= 1e200;
  EXPECT_THROW(RowSpectrum(rows, 10, 4), Error);
}

}  // namespace
}  // namespace gdd::linear
