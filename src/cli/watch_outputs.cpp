#include "cli/watch_outputs.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/atomic_file.h"
#include "base/number_text.h"
#include "base/printable.h"
#include "cli/report_page.h"
#include "cli/shared_flags.h"
#include "evaluation/run_suite.h"
#include "report/training_page.h"

namespace gdd {
namespace {

namespace fs = std::filesystem;

SourcedReports sourced(const std::vector<ScoredSnapshot>& results) {
  SourcedReports reports;
  for (const ScoredSnapshot& each : results)
    reports.emplace_back(&each.report,
                         ResultSource{each.snapshot.path, each.timestamp, each.seconds, each.num_gpus});
  return reports;
}

std::vector<SuiteRow> rows_of(const std::vector<ScoredSnapshot>& results, const std::string& seeds) {
  std::vector<SuiteRow> rows;
  for (const ScoredSnapshot& each : results) {
    SuiteRow row;
    row.name = each.snapshot.name;
    row.checkpoint = each.snapshot.path;
    row.evaluation = "watch";
    row.seeds = seeds;
    row.outdir = each.folder;
    row.seconds = each.seconds;
    row.report = each.report;
    rows.push_back(std::move(row));
  }
  return rows;
}

// `page` is the file that leads to their own pages.
std::vector<TrainingPoint> points_of(const std::vector<ScoredSnapshot>& results, const std::string& pattern,
                                     const std::string& page) {
  std::vector<TrainingPoint> points;
  std::error_code error;
  const fs::path from = fs::absolute(page, error).lexically_normal().parent_path();
  for (const ScoredSnapshot& each : results) {
    const fs::path own = fs::absolute(page_in(each.folder), error).lexically_normal();
    points.push_back({each.snapshot.name, series_of(each.snapshot.name, pattern), each.snapshot.number,
                      own.lexically_relative(from).string(), each.timestamp, &each.report});
  }
  return points;
}

// EDM's and StyleGAN's training loops number their snapshots so.
std::string meaning_of_numbers(const std::vector<TrainingPoint>& points) {
  const bool images = std::ranges::all_of(
      points, [](const TrainingPoint& each) { return each.name.starts_with("network-snapshot-"); });
  return images ? "training images, thousands" : "number in the name";
}

}  // namespace

void write_outputs(const WatchOutputs& outputs, const std::vector<ScoredSnapshot>& results) {
  if (results.empty()) return;
  append_missing_results(outputs.lines, sourced(results));
  if (!outputs.json.empty())
    write_file_atomically(outputs.json, as_bytes(suite_json(rows_of(results, outputs.seeds))));
  const std::vector<TrainingPoint> points = points_of(results, outputs.pattern, outputs.page);
  write_file_atomically(outputs.page, as_bytes(to_html(points, meaning_of_numbers(points),
                                                       {"Snapshots of " + outputs.folder, command_line()})));
}

std::string line_of(const ScoredSnapshot& scored) {
  const std::vector<PlainScore> scores = plain_scores(scored.report);
  std::string line = printable(scored.snapshot.name);
  for (const PlainScore& score : scores) {
    const bool one = score.protocol == scores.front().protocol;
    line += " " + score.name + (one ? "" : "(" + score.protocol + ")") + " " + number_text("%g", score.value);
  }
  return line;
}

std::string line_of_best(const std::vector<ScoredSnapshot>& results) {
  const std::optional<std::size_t> best = best_of(points_of(results, "", ""));
  if (!best) return "best: none";
  const PlainScore score = plain_scores(results[*best].report).front();
  return "best: " + printable(results[*best].snapshot.name) + " " + score.name + " " +
         number_text("%g", score.value);
}

}  // namespace gdd
