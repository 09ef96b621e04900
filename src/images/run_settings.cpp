#include "images/run_settings.h"

#include <sstream>

#include "base/limits.h"
#include "base/small_file.h"
#include "gdd/error.h"

namespace gdd {

RunSettings parse_run_settings(const std::string& text) {
  std::istringstream file(text);
  RunSettings settings;
  for (std::string line; std::getline(file, line);) {
    if (settings.size() == limits::kMaxRunSettings)
      throw Error(".gdd-run/settings",
                  "expected at most " + std::to_string(limits::kMaxRunSettings) + " lines, found more",
                  "remove .gdd-run, or name another folder");
    const std::size_t space = line.find(' ');
    settings.emplace_back(line.substr(0, space), space == std::string::npos ? "" : line.substr(space + 1));
  }
  return settings;
}

RunSettings read_run_settings(const std::string& records) {
  return parse_run_settings(
      read_small_file(records + "/settings", limits::kMaxRunSettingsBytes).value_or(""));
}

std::string settings_text(const RunSettings& settings) {
  std::string text;
  for (const auto& [name, value] : settings) text += name + " " + value + "\n";
  return text;
}

const std::string* find_setting(const RunSettings& settings, const std::string& name) {
  for (const auto& setting : settings)
    if (setting.first == name) return &setting.second;
  return nullptr;
}

}  // namespace gdd
