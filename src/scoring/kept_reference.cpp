#include "scoring/kept_reference.h"

namespace gdd {

const FrechetReference& KeptReference::of(const Statistics& statistics) {
  if (factor_ && statistics == statistics_) return *factor_;
  factor_.reset();
  factor_.emplace(statistics);
  statistics_ = statistics;
  return *factor_;
}

}  // namespace gdd
