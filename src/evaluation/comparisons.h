// What an evaluation compares with what, and what is refused before any of its work.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evaluation/evaluate.h"

namespace gdd {

// The metrics that are scored against one reference.
struct Comparison {
  std::string reference;  // empty: none is needed
  std::vector<std::string> metrics;
};

// Scores of rows against the reference images, where they are given, and the others against the reference.
std::vector<Comparison> comparisons_of(const EvaluateOptions& options);

// Of that comparison alone.
DistanceOptions distances_of(const EvaluateOptions& options, const Comparison& comparison);

// With the seeds, the folders and the outputs of that run, counted from 0. A grid of several runs is the
// first one's.
EvaluateOptions options_of_run(const EvaluateOptions& options, std::int64_t run);

// All that can be refused before the detector is opened. Errors: of evaluate().
void check_evaluation(const NetworkInfo& info, const EvaluateOptions& options);

}  // namespace gdd
