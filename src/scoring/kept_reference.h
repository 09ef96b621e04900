// The factor of a reference, made once for its score, the error of this, its line over counts and its running
// values, and for the runs of other seeds.
#pragma once

#include <optional>

#include "gdd/metrics/frechet.h"

namespace gdd {

// Of the reference that was asked for last. Memory: its statistics and their factor, two matrices [D,D].
class KeptReference {
 public:
  // That of these statistics, until the next call. Errors: as FrechetReference.
  const FrechetReference& of(const Statistics& statistics);

 private:
  Statistics statistics_;
  std::optional<FrechetReference> factor_;
};

}  // namespace gdd
