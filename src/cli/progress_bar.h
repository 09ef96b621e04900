// A progress bar on stderr with rate and time left, for anything that takes over two seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gdd {

// On a terminal one line is redrawn; in a log file a line appears every 30 seconds. Nothing is drawn in the
// first two seconds, so short work stays quiet. Destruction ends the line.
class ProgressBar {
 public:
  ProgressBar(std::string what, std::string unit);  // "sampling", "images"
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(std::int64_t done, std::int64_t total);
  // Stands at the end of the line from the next update on: "FID 5.43 at 2000".
  void set_remark(std::string remark) { remark_ = std::move(remark); }

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_, unit_, remark_;
  std::int64_t first_ = -1;               // done at the first update: the rate is that of what came after
  Clock::time_point start_, last_drawn_;  // since that update
  bool terminal_, drawn_ = false;
};

std::string duration_text(double seconds);  // "3.2 s", "4 min 10 s", "2 h 05 min"

}  // namespace gdd
