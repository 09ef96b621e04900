// Flags about scores, the same for gdd-fid calc and gdd-eval.
#pragma once

#include <string>
#include <vector>

#include "scoring/compute_distances.h"

namespace CLI {
class App;
}

namespace gdd {

inline constexpr const char* kProtocolNames =
    "of Inception edm (default), adm, pytorch-fid, clean or torch-fidelity; of CLIP clean (default) or "
    "torch-fidelity; "
    "of DINOv2 dgm-eval (default), dgm-eval-clean or edm2";

// --metrics, --confidence, --kid-*, --split-size, --k.
void add_metric_flags(CLI::App& app, DistanceOptions& options);

// Each name once, in the order given.
std::vector<std::string> without_repetitions(const std::vector<std::string>& names);

// The scores for stdout: a table of several protocols, lines of several scores, and last the bare number.
std::string scores_text(const Report& report, const DistanceOptions& options);

// Upstream's last line: the first score; of several runs the lowest, as EDM publishes it. Empty: there is
// none.
std::string bare_number(const Report& report);

}  // namespace gdd
