// The story of a run, on stderr: stdout is for the result. Only src/cli calls this; libraries never print.
// It lives here because torch ships headers of another fmt than the one spdlog is built with.
#pragma once

#include <string>

namespace gdd {

void open_log(const std::string& program);  // "gdd-fid": stands before every line
// Each is one line, whatever stands in it (base/printable.h).
void log_info(const std::string& message);
void log_warning(const std::string& message);
void log_error(const std::string& message);

}  // namespace gdd
