// Reports in JSON, as --json writes them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gdd/report.h"

namespace gdd {

// Those of a file, and what each is called: of one its name without the ending; of a list's (gdd-eval
// --suite) the checkpoint and the evaluation, but for those that failed. Pictures are not in them. Errors:
// missing; no report, with the place; of a list none that was scored.
std::vector<std::pair<std::string, Report>> read_reports(const std::string& path);
// The same of a file's text.
std::vector<std::pair<std::string, Report>> parse_reports(const std::string& text, const std::string& path);

// What the provenance has under that key; empty: there is none.
std::string fact(const Report& report, std::string_view key);

}  // namespace gdd
