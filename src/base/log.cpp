#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/printable.h"

namespace gdd {

void open_log(const std::string& program) {
  auto logger =
      std::make_shared<spdlog::logger>(program, std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern("%n: %^%v%$");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
}

void log_info(const std::string& message) { spdlog::info("{}", printable(message)); }
void log_warning(const std::string& message) { spdlog::warn("warning: {}", printable(message)); }
void log_error(const std::string& message) { spdlog::error("error: {}", printable(message)); }

}  // namespace gdd
