#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/memory_budget.h"
#include "base/number_text.h"
#include "base/printable.h"
#include "evaluation/predict.h"

namespace gdd {
namespace {

using Json = nlohmann::ordered_json;

// "0.3", "42", "12345".
std::string seconds_text(double seconds) { return number_text(seconds < 10 ? "%.1f" : "%.0f", seconds); }

// "about 40 s", "about 12 min", "about 3 h 05 min".
std::string duration_text(double seconds) {
  if (seconds < 90) return "about " + number_text("%.0f s", std::max(seconds, 1.0));
  const double minutes = std::ceil(seconds / 60);
  if (minutes < 90) return "about " + number_text("%.0f min", minutes);
  return "about " + number_text("%.0f h ", std::floor(minutes / 60)) +
         number_text("%02.0f min", std::fmod(minutes, 60));
}

struct Line {
  std::string name, work, seconds, memory;
};

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}
std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace

std::string count_text(std::int64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, " ");
  return digits;
}

std::string prediction_table(const Prediction& prediction) {
  std::vector<Line> lines{{"stage", "work", "seconds", "memory"}};
  for (const Stage& stage : prediction.stages)
    lines.push_back(
        {stage.name, printable(stage.work), seconds_text(stage.seconds), memory_text(stage.bytes)});
  lines.push_back({"all", duration_text(prediction.seconds()), seconds_text(prediction.seconds()),
                   memory_text(prediction.bytes())});
  std::size_t longest = 0;
  for (const Line& line : lines) longest = std::max(longest, line.work.size());
  std::string text;
  for (const Line& line : lines)
    text += padded(line.name, 12) + "  " + padded(line.work, longest) + right(line.seconds, 9) +
            right(line.memory, 9) + "\n";
  return text;
}

std::string prediction_json(const Prediction& prediction, const std::vector<ProvenanceEntry>& provenance) {
  Json stages = Json::array();
  for (const Stage& stage : prediction.stages)
    stages.push_back({{"stage", stage.name},
                      {"work", printable(stage.work)},
                      {"seconds", stage.seconds},
                      {"memory_bytes", stage.bytes}});
  Json json{{"prediction",
             {{"seconds", prediction.seconds()}, {"memory_bytes", prediction.bytes()}, {"stages", stages}}}};
  json["provenance"] = Json::parse(to_json({{}, provenance, {}})).at("provenance");
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gdd
