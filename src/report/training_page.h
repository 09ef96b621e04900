// The scores of a training's snapshots as a page: how they change while it goes on, and which is the best.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gdd/report.h"
#include "report/html_report.h"

namespace gdd {

struct TrainingPoint {
  std::string name;                    // of the snapshot's file
  std::string series;                  // what it has in common with others, "network-snapshot-*.pkl"
  std::optional<std::int64_t> number;  // how far the training was
  std::string page;                    // of its own report, seen from the folder of this page; empty: none
  double timestamp = 0;                // when it was scored, in seconds since 1970
  const Report* report = nullptr;
};

// A score of a report; of several runs their mean.
struct PlainScore {
  std::string name, protocol;
  double value = 0;
};
std::vector<PlainScore> plain_scores(const Report& report);

// Whether a smaller value of the score of that name is the better one.
bool less_is_better(const std::string& score);

// The point whose first score is the best, of those that have the same first one as the last point; of equal
// ones the first. Nothing: there is none.
std::optional<std::size_t> best_of(const std::vector<TrainingPoint>& points);

// A plot a score and protocol against the numbers of the snapshots, a line a series; a table of all
// snapshots, in their order, which lead to their own pages; warnings of the last. `across` is what the
// numbers are.
std::string to_html(const std::vector<TrainingPoint>& points, const std::string& across,
                    const HtmlPage& page);

}  // namespace gdd
