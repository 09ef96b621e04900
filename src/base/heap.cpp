#include "base/heap.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace gdd {

void keep_freed_memory() {
#ifdef __GLIBC__
  // Older versions take a threshold of 32 MB at most, less than a covariance of 2048 dimensions: there no
  // block of the main thread is mapped on its own. M_TRIM_THRESHOLD alone would freeze the other at 128 KB.
  if (mallopt(M_MMAP_THRESHOLD, 1 << 30) == 0 && mallopt(M_MMAP_MAX, 0) == 0) return;
  mallopt(M_TRIM_THRESHOLD, 2047 << 20);
#endif
}

void give_back_freed_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace gdd
