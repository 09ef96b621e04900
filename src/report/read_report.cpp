#include "report/read_report.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/small_file.h"
#include "report/class_columns.h"
#include "report/json_fields.h"

namespace gdd {
namespace {

using Json = nlohmann::ordered_json;

Score read_score(const JsonFields& fields, const Json& json) {
  Score score;
  score.name = fields.text("name");
  score.value = fields.number("value");
  score.protocol = fields.text("protocol");
  score.num_samples = fields.count("num_samples");
  score.std = fields.number_if("std");
  if (const std::vector<double> ends = fields.numbers("interval"); ends.size() == 2)
    score.interval = {ends[0], ends[1]};
  if (const auto notes = json.find("notes"); notes != json.end() && notes->is_object())
    for (const auto& [key, value] : notes->items())
      if (value.is_string()) score.notes.emplace_back(key, value.get<std::string>());
  score.run = fields.count("run", false);
  score.without_block = fields.numbers("without_block");
  score.metric = fields.text("metric", false);
  return score;
}

ClassScores read_class(const JsonFields& fields) {
  ClassScores each;
  each.label = fields.count("label");
  each.name = fields.text("name", false);
  each.protocol = fields.text("protocol");
  each.num_samples = fields.count("num_samples");
  each.num_references = fields.count("num_references");
  each.sample_share = fields.number("sample_share");
  each.reference_share = fields.number("reference_share");
  for (const ClassColumn& column : kClassColumns) each.*column.value = fields.number_if(column.name);
  each.run = fields.count("run", false);
  return each;
}

// {"versions": {"torch": ...}} becomes "versions.torch".
void read_provenance(const Json& json, const std::string& prefix, int depth, Report& report) {
  constexpr int kMaxDepth = 8;
  if (!json.is_object() || depth > kMaxDepth) return;
  for (const auto& [key, value] : json.items()) {
    if (value.is_object())
      read_provenance(value, prefix + key + ".", depth + 1, report);
    else if (value.is_string())
      report.provenance.push_back({prefix + key, value.get<std::string>()});
    else if (value.is_number())
      report.provenance.push_back({prefix + key, value.dump(), true});
  }
}

// What is written of them grows faster than they are many.
void check_sizes(const Report& report, const std::string& where) {
  const std::size_t most =
      std::max({report.scores.size(), report.series.size(), report.summaries.size(), report.classes.size(),
                report.provenance.size(), report.warnings.size()});
  if (most > limits::kMaxReportRows)
    throw Error(where, "expected at most " + std::to_string(limits::kMaxReportRows) +
                           " scores, classes or others, found " + std::to_string(most));
}

Report read_report(const Json& json, const std::string& where) {
  const JsonFields fields(json, where);
  Report report;
  std::size_t index = 0;
  fields.each("scores", [&](const JsonFields& score) {
    report.scores.push_back(read_score(score, json["scores"][index++]));
  });
  if (fields.has("series"))
    fields.each("series", [&](const JsonFields& point) {
      report.series.push_back({point.text("name"), point.text("protocol"),
                               point.count("num_samples", true, 1), point.number("value"),
                               point.count("run", false)});
    });
  if (fields.has("summaries"))
    fields.each("summaries", [&](const JsonFields& each) {
      report.summaries.push_back({each.text("name"), each.text("protocol"), each.count("runs"),
                                  each.number("mean"), each.number("std"), each.number("lowest"),
                                  each.number("highest")});
    });
  if (fields.has("classes"))
    fields.each("classes", [&](const JsonFields& each) { report.classes.push_back(read_class(each)); });
  if (fields.has("warnings")) report.warnings = fields.texts("warnings");
  if (fields.has("provenance")) read_provenance(json["provenance"], "", 0, report);
  check_sizes(report, where);
  return report;
}

}  // namespace

std::vector<std::pair<std::string, Report>> parse_reports(const std::string& text, const std::string& path) {
  constexpr double kTimes = 16;  // what values take over their text
  require_memory(path, "the values of its JSON", kTimes * static_cast<double>(text.size()));
  const Json json = parse_json(text, path);
  std::vector<std::pair<std::string, Report>> reports;
  if (!json.is_array()) {
    reports.emplace_back(std::filesystem::path(path).stem().string(), read_report(json, path));
    return reports;
  }
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string where = path + ": [" + std::to_string(i) + "]";
    const JsonFields row(json[i], where);
    if (row.has("report"))
      reports.emplace_back(row.text("name") + ": " + row.text("evaluation"),
                           read_report(json[i]["report"], where + ".report"));
  }
  if (reports.empty()) throw Error(path, "holds no report of an evaluation that was scored");
  return reports;
}

std::vector<std::pair<std::string, Report>> read_reports(const std::string& path) {
  const auto text = read_small_file(path, limits::kMaxReportBytes);
  if (!text) throw Error(path, "there is no such file");
  return parse_reports(*text, path);
}

std::string fact(const Report& report, std::string_view key) {
  const auto found = std::ranges::find(report.provenance, key, &ProvenanceEntry::key);
  return found == report.provenance.end() ? "" : found->value;
}

}  // namespace gdd
