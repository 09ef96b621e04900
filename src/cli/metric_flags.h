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

// --metrics, --per-class, --confidence, --kid-*, --split-size, --k, --mind-*.
void add_metric_flags(CLI::App& app, DistanceOptions& options);
// --train.
void add_train_flag(CLI::App& app, std::string& path);

// What to compute: each name once, in the order given, per_class behind them where --per-class asks.
std::vector<std::string> metrics_asked(const DistanceOptions& options);

// The scores for stdout: a table of several protocols, lines of several scores, and last the bare number.
std::string scores_text(const Report& report, const DistanceOptions& options);

// Upstream's last line: the first score; of several runs the lowest, as EDM publishes it. Empty: there is
// none.
std::string bare_number(const Report& report);

}  // namespace gdd
