// What an evaluation compares with what, and what is refused before any of its work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/evaluate.h"
#include "measurement/feature_input.h"

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

// Its reference, and of a pickle of several statistics those of the detector's family. Nothing: none is
// needed.
std::optional<FeatureInput> open_reference(const Comparison& comparison, const Detector& detector);

// With the protocol that goes without saying, where none was asked for: one for all comparisons.
EvaluateOptions with_protocol(EvaluateOptions options, const Detector& detector);

// With the seeds, the folders and the outputs of that run, counted from 0. A grid of several runs is the
// first one's.
EvaluateOptions options_of_run(const EvaluateOptions& options, std::int64_t run);

// All that can be refused before there is a network, of the first run, which all others resemble. Errors: of
// check_distances; a reference that cannot be read.
void check_comparisons(const EvaluateOptions& options);

// All that can be refused before the detector is opened. Errors: of evaluate().
void check_evaluation(const NetworkInfo& info, const EvaluateOptions& options);

}  // namespace gdd
