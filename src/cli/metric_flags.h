// Flags about scores, the same for gdd-fid calc and gdd-eval.
#pragma once

#include "scoring/compute_distances.h"

namespace CLI {
class App;
}

namespace gdd {

inline constexpr const char* kProtocolNames = "edm, adm, pytorch-fid, clean or torch-fidelity";

// --metrics, --confidence, --kid-*, --split-size, --k.
void add_metric_flags(CLI::App& app, DistanceOptions& options);

// Each name once, in the order given.
std::vector<std::string> without_repetitions(const std::vector<std::string>& names);

// The scores on stdout: a table of several protocols, lines of several scores, and last, as upstream does,
// the bare number of the first; of several runs its lowest.
void print_scores(const Report& report, const DistanceOptions& options);

}  // namespace gdd
