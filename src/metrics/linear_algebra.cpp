#include "metrics/linear_algebra.h"

#include <algorithm>
#include <cmath>
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

Matrix congruent(const Matrix& a, Matrix s, Matrix scratch, std::int64_t n) {
  constexpr std::int64_t kBlock = 384;  // of 2048: 0.18 s; 256 and 512 take 0.20 s, for MKL's own blocks
  const int size = narrow(n);
  const double one = 1, zero = 0;
  // In the eyes of dgemm, whose matrices are by columns, `a` is A^T and `s` is S. Where A is zero is left
  // out.
  for (std::int64_t first = 0; first < n; first += kBlock) {  // A^T S: rows `first`.. of it
    const int rows = narrow(std::min(kBlock, n - first)), inner = narrow(n - first);
    dgemm_("N", "N", &rows, &size, &inner, &one, a.data() + first * n + first, &size, s.data() + first, &size,
           &zero, scratch.data() + first, &size);
  }
  for (std::int64_t first = 0; first < n; first += kBlock) {  // (A^T S) A: columns, from the diagonal on
    const int columns = narrow(std::min(kBlock, n - first)), rest = narrow(n - first);
    dgemm_("N", "T", &rest, &columns, &rest, &one, scratch.data() + first * n + first, &size,
           a.data() + first * n + first, &size, &zero, s.data() + first * n + first, &size);
  }
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
