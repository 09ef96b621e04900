#include "cli/console.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace gdd {

void Console::progress(const std::string& what, const std::string& unit, std::int64_t done,
                       std::int64_t total) {
  if (!speaks_) return;
  bars_.try_emplace(what, what, unit).first->second.update(done, total);
}

void Console::warn(const std::string& message) {
  if (!speaks_ || std::ranges::count(warnings_, message) > 0) return;
  log_warning(message);
  warnings_.push_back(message);
}

void Console::note(const std::string& message) {
  if (!speaks_) return;
  log_info(message);
  notes_ += (notes_.empty() ? "" : "; ") + message;
}

void Console::say(const std::string& message) {
  if (speaks_) log_info(message);
}

void Console::remark(const std::string& what, const std::string& text) {
  if (const auto bar = bars_.find(what); bar != bars_.end()) bar->second.set_remark(text);
}

}  // namespace gdd
