#include "metrics/linear_algebra.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "gdd/error.h"
#include "metrics/lapack.h"

namespace gdd::linear {
namespace {

int narrow(std::int64_t n) {
  if (n < 0 || n > 46340)
    throw Error("linear algebra", "expected a matrix of at most 46340 rows, found " + std::to_string(n));
  return static_cast<int>(n);
}

void check(int info, const char* routine) {
  if (info != 0)
    throw Error(routine, "did not converge (info " + std::to_string(info) + ")",
                "check the statistics for NaN");
}

// Rows or columns [first, end) of a matrix.
struct Run {
  std::int64_t first, end;
  std::int64_t size() const { return end - first; }
};

// Calls take(run) for runs of kRun up to n. Of 2048 with 384: 256 and 512 are slower, for MKL's own blocks.
template <class Take>
void for_each_run(std::int64_t n, const Take& take) {
  constexpr std::int64_t kRun = 384;
  for (std::int64_t first = 0; first < n; first += kRun) take(Run{first, std::min(first + kRun, n)});
}

// Part [rows, columns] of C = op(A) B + beta C, of matrices with n columns, its sums over `inner` alone.
void multiply_part(bool transpose_a, const Run& rows, const Run& columns, const Run& inner, const double* a,
                   const double* b, double* c, std::int64_t n, double beta = 0) {
  const int m = narrow(rows.size()), width = narrow(columns.size()), k = narrow(inner.size()),
            size = narrow(n);
  const double one = 1;
  const double* from = a + (transpose_a ? inner.first * n + rows.first : rows.first * n + inner.first);
  dgemm_("N", transpose_a ? "T" : "N", &width, &m, &k, &one, b + inner.first * n + columns.first, &size, from,
         &size, &beta, c + rows.first * n + columns.first, &size);
}

// Of a symmetric S the lower triangular T with S = T + T^T; above it zeros.
void keep_lower_half(Matrix& s, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    s[static_cast<std::size_t>(i * n + i)] /= 2;
    std::fill(s.begin() + i * n + i + 1, s.begin() + (i + 1) * n, 0.0);
  }
}

// Calls take(i, j) for the upper triangle, i <= j, by tiles that stay in the cache together with their
// mirrors.
template <class Take>
void for_each_tile(std::int64_t n, const Take& take) {
  constexpr std::int64_t kTile = 64;
  for (std::int64_t top = 0; top < n; top += kTile)
    for (std::int64_t left = top; left < n; left += kTile)
      for (std::int64_t i = top; i < std::min(top + kTile, n); ++i)
        for (std::int64_t j = std::max(left, i); j < std::min(left + kTile, n); ++j) take(i, j);
}

// Adds its transpose to the upper triangle of X.
void add_transpose(Matrix& x, std::int64_t n) {
  for_each_tile(n, [&](std::int64_t i, std::int64_t j) {
    x[static_cast<std::size_t>(i * n + j)] += x[static_cast<std::size_t>(j * n + i)];
  });
}

}  // namespace

bool OneThread::possible() { return MKL_Set_Num_Threads_Local != nullptr; }

OneThread::OneThread(bool wanted) : wanted_(wanted && possible()) {
  if (wanted_) before_ = MKL_Set_Num_Threads_Local(1);
}

OneThread::~OneThread() {
  if (wanted_) MKL_Set_Num_Threads_Local(before_);
}

int num_threads() { return MKL_Get_Max_Threads != nullptr ? MKL_Get_Max_Threads() : 1; }

void multiply(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
              const double* a, const double* b, double beta, double* c) {
  // Row-major C = A B is column-major C^T = B^T A^T.
  const int rows = narrow(n), columns = narrow(m), inner = narrow(k);
  const int ldb = transpose_b ? inner : rows, lda = transpose_a ? columns : inner;
  const double one = 1;
  dgemm_(transpose_b ? "T" : "N", transpose_a ? "T" : "N", &rows, &columns, &inner, &one, b, &ldb, a, &lda,
         &beta, c, &rows);
}

void multiply_rows(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, float* c) {
  const int rows = narrow(n), columns = narrow(m), inner = narrow(k);
  const float one = 1, zero = 0;
  sgemm_("T", "N", &rows, &columns, &inner, &one, b, &inner, a, &inner, &zero, c, &rows);
}

void add_squares(std::int64_t m, std::int64_t n, const double* x, double* c) {
  for_each_run(n, [&](const Run& rows) {
    multiply_part(true, rows, {rows.first, n}, {0, m}, x, x, c, n, 1);
  });
}

void mirror_upper(Matrix& a, std::int64_t n) {
  for_each_tile(n, [&](std::int64_t i, std::int64_t j) {
    a[static_cast<std::size_t>(j * n + i)] = a[static_cast<std::size_t>(i * n + j)];
  });
}

Matrix congruent(const Matrix& a, Matrix s, std::int64_t n) {
  // Not a Matrix, which begins as zeros: what is read of it was written before.
  const auto scratch = std::make_unique_for_overwrite<double[]>(static_cast<std::size_t>(n * n));
  keep_lower_half(s, n);                  // S = T + T^T, and A^T S A = X + X^T of X = A^T (T A)
  for_each_run(n, [&](const Run& rows) {  // T A, lower triangular as both are
    for_each_run(rows.end, [&](const Run& columns) {
      multiply_part(false, rows, columns, {columns.first, rows.end}, s.data(), a.data(), scratch.get(), n);
    });
  });
  for_each_run(n, [&](const Run& run) {  // X: of each run its columns down to the diagonal, its rows up to it
    multiply_part(true, {0, run.end}, run, {run.first, n}, a.data(), scratch.get(), s.data(), n);
    if (run.first > 0)
      multiply_part(true, run, {0, run.first}, {run.first, n}, a.data(), scratch.get(), s.data(), n);
  });
  add_transpose(s, n);
  return s;
}

bool cholesky(Matrix& a, std::int64_t n) {
  const int size = narrow(n);
  int info = 0;
  dpotrf_("U", &size, a.data(), &size, &info);  // the upper triangle by columns is the lower one by rows
  for (std::int64_t i = 0; i < n; ++i) std::fill(a.begin() + i * n + i + 1, a.begin() + (i + 1) * n, 0.0);
  return info == 0;
}

Matrix lower_factor(Matrix& a, std::int64_t m, std::int64_t n) {
  const int rows = narrow(n), columns = narrow(m),
            ask = -1;  // by columns A is A^T, and L is R^T of A^T = Q R
  std::vector<double> reflectors(static_cast<std::size_t>(m));
  double best = 0;
  int info = 0;
  dgeqrf_(&rows, &columns, a.data(), &rows, reflectors.data(), &best, &ask, &info);
  check(info, "dgeqrf");
  const int work_size = static_cast<int>(best);
  std::vector<double> work(static_cast<std::size_t>(work_size));
  dgeqrf_(&rows, &columns, a.data(), &rows, reflectors.data(), work.data(), &work_size, &info);
  check(info, "dgeqrf");
  Matrix factor(static_cast<std::size_t>(m * m));
  for (std::int64_t i = 0; i < m; ++i) std::copy_n(a.begin() + i * n, i + 1, factor.begin() + i * m);
  return factor;
}

std::vector<double> symmetric_eigenvalues(Matrix& a, std::int64_t n, bool vectors) {
  const int size = narrow(n), ask = -1;
  // MKL's dsyevd, run by several threads, first measures the processor's clock by waiting for the next
  // second: longer than all its work on one thread at D = 2048 (0.9 s against 0.6 s).
  const OneThread one_thread(!vectors);
  const char* job = vectors ? "V" : "N";
  std::vector<double> values(static_cast<std::size_t>(n));
  double best = 0;
  int best_integers = 0, info = 0;
  dsyevd_(job, "L", &size, a.data(), &size, values.data(), &best, &ask, &best_integers, &ask, &info);
  check(info, "dsyevd");
  const int work_size = static_cast<int>(best);
  std::vector<double> work(static_cast<std::size_t>(work_size));
  std::vector<int> integers(static_cast<std::size_t>(best_integers));
  dsyevd_(job, "L", &size, a.data(), &size, values.data(), work.data(), &work_size, integers.data(),
          &best_integers, &info);
  check(info, "dsyevd");
  return values;
}

std::vector<double> singular_values(Matrix& a, std::int64_t m, std::int64_t n) {
  const int rows = narrow(n), columns = narrow(m), one = 1, ask = -1;
  const int count = std::min(rows, columns);
  std::vector<double> values(static_cast<std::size_t>(count));
  std::vector<int> integers(static_cast<std::size_t>(8 * count));
  double best = 0;
  int info = 0;
  dgesdd_("N", &rows, &columns, a.data(), &rows, values.data(), nullptr, &one, nullptr, &one, &best, &ask,
          integers.data(), &info);
  check(info, "dgesdd");
  const int work_size = static_cast<int>(best);
  std::vector<double> work(static_cast<std::size_t>(work_size));
  dgesdd_("N", &rows, &columns, a.data(), &rows, values.data(), nullptr, &one, nullptr, &one, work.data(),
          &work_size, integers.data(), &info);
  check(info, "dgesdd");
  return values;
}

}  // namespace gdd::linear
