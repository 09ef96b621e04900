// What a run of gdd-sample remembers beside its images, in the file `settings` of the folder .gdd-run:
// everything the bytes depend on, a name, a space and a value on each line. distributed/part_store writes it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gdd {

inline constexpr std::string_view kRunRecords = ".gdd-run";

using RunSettings = std::vector<std::pair<std::string, std::string>>;

// Error: more than limits::kMaxRunSettings lines.
RunSettings parse_run_settings(const std::string& text);

// Those in the folder `records`; empty: no such file. Errors: of read_small_file and parse_run_settings.
RunSettings read_run_settings(const std::string& records);

// The lines of that file.
std::string settings_text(const RunSettings& settings);

// The value of a setting; nullptr: there is none of that name.
const std::string* find_setting(const RunSettings& settings, const std::string& name);

}  // namespace gdd
