#include "gdd/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/number_text.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "report/class_columns.h"
#include "report/json_parts.h"

namespace gdd {
namespace {

using Json = nlohmann::ordered_json;

Json score_json(const Score& score) {
  Json json{{"name", score.name},
            {"value", score.value},
            {"protocol", score.protocol},
            {"num_samples", score.num_samples}};
  if (!score.metric.empty()) json["metric"] = score.metric;
  if (score.std) json["std"] = *score.std;
  if (score.interval) json["interval"] = {score.interval->first, score.interval->second};
  for (const auto& [key, value] : score.notes) json["notes"][utf8(key)] = utf8(value);
  if (score.run > 0) json["run"] = score.run;
  if (!score.without_block.empty()) json["without_block"] = score.without_block;
  return json;
}

Json class_json(const ClassScores& each) {
  Json json{{"label", each.label},
            {"protocol", each.protocol},
            {"num_samples", each.num_samples},
            {"num_references", each.num_references},
            {"sample_share", each.sample_share},
            {"reference_share", each.reference_share}};
  if (!each.name.empty()) json["name"] = utf8(each.name);
  for (const ClassColumn& column : kClassColumns)
    if (each.*column.value) json[column.name] = *(each.*column.value);
  if (each.run > 0) json["run"] = each.run;
  return json;
}

Json gallery_json(const Gallery& gallery) {
  Json json{{"name", gallery.name}, {"title", utf8(gallery.title)}, {"groups", Json::array()}};
  for (const std::vector<Picture>& group : gallery.groups) {
    Json& pictures = json["groups"].emplace_back(Json::array());
    for (const Picture& each : group)
      pictures.push_back({{"name", utf8(each.name)}, {"caption", utf8(each.caption)}});
  }
  return json;
}

Json point_json(const SeriesPoint& point) {
  Json json{{"name", point.name},
            {"protocol", point.protocol},
            {"num_samples", point.num_samples},
            {"value", point.value}};
  if (point.run > 0) json["run"] = point.run;
  return json;
}

Json summary_json(const Summary& summary) {
  return {{"name", summary.name},      {"protocol", summary.protocol}, {"runs", summary.runs},
          {"mean", summary.mean},      {"std", summary.std},           {"lowest", summary.lowest},
          {"highest", summary.highest}};
}

// "versions.torch" becomes {"versions": {"torch": ...}}.
void set_nested(Json& root, const ProvenanceEntry& entry) {
  Json* place = &root;
  std::size_t begin = 0;
  for (std::size_t dot = entry.key.find('.'); dot != std::string::npos; dot = entry.key.find('.', begin)) {
    place = &(*place)[entry.key.substr(begin, dot - begin)];
    begin = dot + 1;
  }
  Json& leaf = (*place)[entry.key.substr(begin)];
  leaf = entry.is_number ? Json::parse(entry.value) : Json(utf8(entry.value));
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size() + 1, width), ' ');
  return text;
}

void summarise(const std::vector<double>& values, Summary& summary) {
  const auto count = static_cast<double>(values.size());
  summary.runs = std::ssize(values);
  for (const double value : values) summary.mean += value / count;
  for (const double value : values) summary.std += (value - summary.mean) * (value - summary.mean);
  summary.std = values.size() > 1 ? std::sqrt(summary.std / (count - 1)) : 0;
  summary.lowest = *std::ranges::min_element(values);
  summary.highest = *std::ranges::max_element(values);
}

}  // namespace

std::string utf8(const std::string& text) {
  for (std::string_view rest = text; !rest.empty();)
    if (!take_code_point(rest)) return printable(text);
  return text;
}

Json provenance_json(const Report& report) {
  Json json = Json::object();
  for (const ProvenanceEntry& entry : report.provenance) set_nested(json, entry);
  return json;
}

std::vector<Summary> summarise_runs(const std::vector<Score>& scores) {
  std::vector<Summary> summaries;
  std::vector<std::vector<double>> values;
  for (const Score& score : scores) {
    if (score.run == 0) continue;
    const auto found = std::ranges::find_if(summaries, [&](const Summary& summary) {
      return summary.name == score.name && summary.protocol == score.protocol;
    });
    const auto place = static_cast<std::size_t>(found - summaries.begin());
    if (found == summaries.end()) {
      summaries.push_back({score.name, score.protocol});
      values.emplace_back();
    }
    values[place].push_back(score.value);
  }
  for (std::size_t i = 0; i < summaries.size(); ++i) summarise(values[i], summaries[i]);
  return summaries;
}

std::string to_json(const Report& report) {
  Json json;
  Json& scores = json["scores"] = Json::array();
  for (const Score& score : report.scores) scores.push_back(score_json(score));
  for (const SeriesPoint& point : report.series) json["series"].push_back(point_json(point));
  for (const Summary& summary : report.summaries) json["summaries"].push_back(summary_json(summary));
  for (const ClassScores& each : report.classes) json["classes"].push_back(class_json(each));
  for (const Gallery& gallery : report.galleries) json["galleries"].push_back(gallery_json(gallery));
  json["provenance"] = provenance_json(report);
  Json& warnings = json["warnings"] = Json::array();
  for (const std::string& warning : report.warnings) warnings.push_back(utf8(warning));
  return json.dump(2) + "\n";  // every text is UTF-8 by now
}

std::string to_text(const Report& report) {
  std::string text;
  for (const Score& score : report.scores) {
    char line[160];
    std::snprintf(line, sizeof(line), "%-16s %.6g", score.name.c_str(), score.value);
    text += line;
    if (score.std) {
      std::snprintf(line, sizeof(line), " +- %.4g", *score.std);
      text += line;
    }
    text += "  (" + score.protocol + ", N = " + std::to_string(score.num_samples) +
            (score.run > 0 ? ", run " + std::to_string(score.run) : "") + ")\n";
  }
  for (const Summary& summary : report.summaries) {
    char line[200];
    std::snprintf(line, sizeof line, "%-16s %d runs: mean %.6g, std %.4g, lowest %.6g, highest %.6g  (%s)\n",
                  summary.name.c_str(), static_cast<int>(summary.runs), summary.mean, summary.std,
                  summary.lowest, summary.highest, summary.protocol.c_str());
    text += line;
  }
  return text;
}

std::string classes_text(const std::vector<ClassScores>& classes) {
  if (classes.empty()) return "";
  constexpr std::size_t kFirst = 20, kColumn = 11;
  std::string text = padded("class", kFirst) + padded("images", kColumn) + padded("references", kColumn);
  for (const ClassColumn& column : kClassColumns) text += padded(column.head, kColumn);
  const bool several = std::ranges::any_of(
      classes, [&](const ClassScores& each) { return each.protocol != classes.front().protocol; });
  std::string protocol =
      several ? "" : classes.front().protocol;  // that is said already, or goes without saying
  for (const ClassScores& each : classes) {
    if (each.protocol != protocol) text += "\n" + (protocol = each.protocol) + ":";
    text += "\n" +
            padded(std::to_string(each.label) + (each.name.empty() ? "" : " " + printable(each.name)) +
                       (each.run > 0 ? ", run " + std::to_string(each.run) : ""),
                   kFirst) +
            padded(std::to_string(each.num_samples), kColumn) +
            padded(std::to_string(each.num_references), kColumn);
    for (const ClassColumn& column : kClassColumns)
      text += padded(each.*column.value ? number_text("%.4g", *(each.*column.value)) : "-", kColumn);
  }
  return text + "\n";
}

std::string to_table(const Report& report) {
  constexpr std::size_t kFirst = 16, kColumn = 18;
  std::vector<std::string> protocols, names;
  const auto add = [](std::vector<std::string>& list, const std::string& item) {
    if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
  };
  for (const Score& score : report.scores) {
    add(protocols, score.protocol);
    add(names, score.name);
  }
  std::string text = padded("protocol", kFirst);
  for (const std::string& name : names) text += padded(name, kColumn);
  for (const std::string& protocol : protocols) {
    text += "\n" + padded(protocol, kFirst);
    for (const std::string& name : names) {
      const auto found = std::find_if(report.scores.begin(), report.scores.end(), [&](const Score& score) {
        return score.protocol == protocol && score.name == name;
      });
      text += padded(found == report.scores.end() ? "-" : number_text("%.8g", found->value), kColumn);
    }
  }
  return text + "\n";
}

}  // namespace gdd
