#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace gdd {

void open_log(const std::string& program) {
  auto logger =
      std::make_shared<spdlog::logger>(program, std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern("%n: %^%v%$");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
}

void log_info(const std::string& message) { spdlog::info(message); }
void log_warning(const std::string& message) { spdlog::warn("warning: " + message); }
void log_error(const std::string& message) { spdlog::error("error: " + message); }

}  // namespace gdd
