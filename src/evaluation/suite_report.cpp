#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/number_text.h"
#include "base/printable.h"
#include "evaluation/run_suite.h"

namespace gdd {
namespace {

using Json = nlohmann::ordered_json;

// "1.54 (the paper's abstract), 1.56 (upstream's README)", or "-".
std::string published_text(const SuiteRow& row, const std::string& score) {
  std::string text;
  for (const PublishedScore& published : row.published)
    if (published.score == score)
      text +=
          (text.empty() ? "" : ", ") + number_text("%.6g", published.value) + " (" + published.where + ")";
  return text.empty() ? "-" : text;
}

std::string line(const std::string& name, const std::string& count, const std::string& protocol,
                 const std::string& score, const std::string& measured, const std::string& published) {
  char text[512];
  std::snprintf(text, sizeof text, "%-20s %8s  %-15s %-16s %-24s  %s\n", name.c_str(), count.c_str(),
                protocol.c_str(), score.c_str(), measured.c_str(), published.c_str());
  return printable(std::string(text, std::char_traits<char>::length(text) - 1), sizeof text) + "\n";
}

std::string run_text(const SuiteRow& row, const Score& score) {
  return row.name + (score.run > 0 ? ", run " + std::to_string(score.run) : "");
}

std::string summary_line(const SuiteRow& row, const Summary& summary) {
  return row.name + ": " + summary.name + " of " + std::to_string(summary.runs) + " runs: mean " +
         number_text("%.6g", summary.mean) + ", std " + number_text("%.6g", summary.std) + ", lowest " +
         number_text("%.6g", summary.lowest) + "\n";
}

// What must stand beside every number of a row: that its features are another network's than published.
std::string label_of(const SuiteRow& row) {
  for (const Score& score : row.report.scores)
    for (const auto& [key, value] : score.notes)
      if (key == "features") return value;
  return "";
}

Json published_json(const SuiteRow& row) {
  Json list = Json::array();
  for (const PublishedScore& published : row.published)
    list.push_back({{"score", published.score}, {"value", published.value}, {"where", published.where}});
  return list;
}

// The scores of the first run by name, for whoever looks for one number.
void add_scores(const SuiteRow& row, Json& json) {
  for (const Score& score : row.report.scores)
    if (score.run <= 1 && !json.contains(score.name)) json[score.name] = score.value;
}

Json row_json(const SuiteRow& row) {
  Json json{{"name", row.name}, {"checkpoint", printable(row.checkpoint)}, {"evaluation", row.evaluation}};
  if (!row.error.empty()) {
    json["error"] = printable(row.error);
    return json;
  }
  const std::string label = label_of(row);
  if (!row.report.scores.empty()) {
    json["num_samples"] = row.report.scores.front().num_samples;
    json["protocol"] = row.report.scores.front().protocol;
  }
  json["seeds"] = row.seeds;
  add_scores(row, json);
  json["note"] = label.empty() ? Json() : Json(label);
  json["published"] = published_json(row);
  json["seconds"] = row.seconds;
  json["outdir"] = printable(row.outdir);
  json["grid"] = printable(row.grid);
  json["report"] = Json::parse(to_json(row.report));
  return json;
}

}  // namespace

std::string suite_table(const std::vector<SuiteRow>& rows) {
  std::string text = line("checkpoint", "N", "protocol", "score", "measured", "published");
  std::string below;
  for (const SuiteRow& row : rows) {
    for (const Score& score : row.report.scores)
      text +=
          line(run_text(row, score), std::to_string(score.num_samples), score.protocol, score.name,
               number_text("%.6g", score.value) + (score.std ? " +- " + number_text("%.6g", *score.std) : ""),
               published_text(row, score.name));
    for (const Summary& summary : row.report.summaries) below += summary_line(row, summary);
    if (const std::string label = label_of(row); !label.empty()) below += row.name + ": " + label + ".\n";
    if (!row.error.empty()) below += row.name + ": FAILED: " + printable(row.error) + "\n";
    if (!row.grid.empty() && row.error.empty()) below += row.name + ": the first images: " + row.grid + "\n";
  }
  if (std::ranges::any_of(rows, [](const SuiteRow& row) { return !row.published.empty(); }))
    below += "What is published was measured by others, on CUDA: 50 000 images.\n";
  return text + below;
}

std::string suite_json(const std::vector<SuiteRow>& rows) {
  Json json = Json::array();
  for (const SuiteRow& row : rows) json.push_back(row_json(row));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gdd
