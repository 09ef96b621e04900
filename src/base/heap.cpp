#include "base/heap.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace gdd {

void keep_freed_memory() {
#ifdef __GLIBC__
  // Older versions take 32 MB at most here, less than a covariance of 2048 dimensions: there no block at all
  // is one of the system's own. To set the other alone would freeze this one at 128 KB.
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
