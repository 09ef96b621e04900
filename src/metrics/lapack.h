// The six BLAS and LAPACK routines in use, in Fortran's calling convention with 32-bit integers. In the
// programs they are MKL's, exported by libtorch_cpu.so; torch-free users of the library bring OpenBLAS.
// Matrices are column-major, so a row-major matrix arrives as its transpose.
#pragma once

extern "C" {
void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
            const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
            const float* beta, float* c, const int* ldc);
void dgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
            const double* alpha, const double* a, const int* lda, const double* b, const int* ldb,
            const double* beta, double* c, const int* ldc);
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dgeqrf_(const int* m, const int* n, double* a, const int* lda, double* tau, double* work,
             const int* lwork, int* info);
void dsyevd_(const char* jobz, const char* uplo, const int* n, double* a, const int* lda, double* w,
             double* work, const int* lwork, int* iwork, const int* liwork, int* info);
void dgesdd_(const char* jobz, const int* m, const int* n, double* a, const int* lda, double* s, double* u,
             const int* ldu, double* vt, const int* ldvt, double* work, const int* lwork, int* iwork,
             int* info);
// MKL's alone: 0 where another library is in use. The first returns what held before in this thread; 0: no
// limit.
[[gnu::weak]] int MKL_Set_Num_Threads_Local(int threads);
[[gnu::weak]] int MKL_Get_Max_Threads();
}
