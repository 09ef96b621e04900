// Dense float64 linear algebra over LAPACK, for square row-major matrices given as vectors of n * n values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace gdd::linear {

using Matrix = std::vector<double>;

// While it lives, `wanted`, what this thread asks for is computed by this thread alone: small products wait
// longer for another thread than it helps them, and much longer where the processor has other work.
class OneThread {
 public:
  static bool possible();  // of this BLAS it can be asked
  explicit OneThread(bool wanted = true);
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  bool wanted_;
  int before_ = 0;
};

// How many threads a product takes; 1 where that is not told.
int num_threads();

// What an eigenvalue of a positive semi-definite [n,n] matrix may be and still be rounding, as
// numpy.linalg.matrix_rank counts: n * eps * the largest.
inline double rounding_floor(std::int64_t n, double largest) {
  return static_cast<double>(n) * std::numeric_limits<double>::epsilon() * std::max(largest, 0.0);
}

// C [m,n] = op(A) op(B) + beta C, row-major, op being the transpose where asked; k is the shared size.
void multiply(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k,
              const double* a, const double* b, double beta, double* c);

// C [m,n] = A B^T of rows A [m,k] and B [n,k], in float32.
void multiply_rows(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, float* c);

// Adds X^T X of rows X [m,n] to the upper triangle of C [n,n], in three fifths of a whole product's time;
// below it C is not complete.
void add_squares(std::int64_t m, std::int64_t n, const double* x, double* c);

// Makes [n,n] symmetric by its upper triangle.
void mirror_upper(Matrix& a, std::int64_t n);

// A^T S A of a lower triangular A and a symmetric S, both [n,n]: its upper triangle; below it is not
// complete. A third of the arithmetic of two full products. S is overwritten by it; one more matrix [n,n] is
// taken while it runs.
Matrix congruent(const Matrix& a, Matrix s, std::int64_t n);

// Replaces a symmetric positive definite matrix by its lower Cholesky factor L (A = L L^T), zeros above.
// False: not definite.
bool cholesky(Matrix& a, std::int64_t n);

// The lower triangular L [m,m] of a row-major A = L Q [m,n], n >= m, with orthonormal rows in Q: L stands for
// A wherever only A A^T matters, and keeps the digits that A A^T would lose. `a` is destroyed.
Matrix lower_factor(Matrix& a, std::int64_t m, std::int64_t n);

// Eigenvalues of a symmetric matrix, ascending; only its upper triangle is read. The reduction starts at the
// first row, which is what keeps the small eigenvalues of a matrix whose entries fall off towards the last
// row. With `vectors`, row i of `a` becomes the i-th eigenvector.
std::vector<double> symmetric_eigenvalues(Matrix& a, std::int64_t n, bool vectors = false);

// Singular values of an [m,n] row-major matrix, descending; `a` is destroyed.
std::vector<double> singular_values(Matrix& a, std::int64_t m, std::int64_t n);

}  // namespace gdd::linear
