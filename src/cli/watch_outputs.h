// What is made of the results of a watch: lines for stdout and for logs, a list of reports, the page of all.
#pragma once

#include <string>
#include <vector>

#include "evaluation/watch_results.h"
#include "report/result_lines.h"

namespace gdd {

struct WatchOutputs {
  ResultFiles lines;            // that the scores are appended to
  std::string json, page;       // files; json may be empty
  std::string folder, pattern;  // that is watched, and the names in it
  std::string seeds;
};

// Everything is made of all results that are there, so that what a killed watch owes is paid. Of none nothing
// is made.
void write_outputs(const WatchOutputs& outputs, const std::vector<ScoredSnapshot>& results);

// "network-snapshot-000410.pkl fid 1.98 inception_score 9.8"
std::string line_of(const ScoredSnapshot& scored);
// "best: network-snapshot-000410.pkl fid 1.98", by the first score; "best: none".
std::string line_of_best(const std::vector<ScoredSnapshot>& results);

}  // namespace gdd
