// The observer of the programs: bars on stderr, the log, and Ctrl-C.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/observer.h"
#include "cli/progress_bar.h"

namespace gdd {

class Console : public Observer {
 public:
  // Of several processes that share the work one `speaks`; the others draw and say nothing.
  explicit Console(bool speaks = true) : speaks_(speaks) {}

  void progress(const std::string& what, const std::string& unit, std::int64_t done,
                std::int64_t total) override;
  void warn(const std::string& message) override;
  void note(const std::string& message) override;
  bool stop() override { return stop_ && stop_(); }

  void set_stop(std::function<bool()> stop) { stop_ = std::move(stop); }
  // A line that stands for itself, between the bars.
  void say(const std::string& message);
  void end_bars() { bars_.clear(); }
  // Stands at the end of that work's line, from its next update on; without such a line it does nothing.
  void remark(const std::string& what, const std::string& text);

  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::string& notes() const { return notes_; }  // "a; b"

 private:
  bool speaks_;
  std::function<bool()> stop_;
  std::map<std::string, ProgressBar> bars_;  // by the work
  std::vector<std::string> warnings_;
  std::string notes_;
};

}  // namespace gdd
