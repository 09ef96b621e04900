#include "cli/progress_bar.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace gdd {
namespace {

constexpr std::chrono::seconds kQuiet{2};
constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::chrono::seconds kLogLine{30};

std::string format(const char* pattern, auto... values) {
  char text[256];
  std::snprintf(text, sizeof(text), pattern, values...);
  return text;
}

std::string bar(double share) {
  constexpr int kWidth = 24;
  const int filled = static_cast<int>(share * kWidth);
  return "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "]";
}

}  // namespace

std::string duration_text(double seconds) {
  if (seconds < 60) return format("%.1f s", seconds);
  const auto whole = static_cast<long long>(seconds);
  if (whole < 3600) return format("%lld min %02lld s", whole / 60, whole % 60);
  return format("%lld h %02lld min", whole / 3600, whole / 60 % 60);
}

ProgressBar::ProgressBar(std::string what, std::string unit)
    : what_(std::move(what)), unit_(std::move(unit)), terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_ && terminal_) std::fputc('\n', stderr);
}

void ProgressBar::update(std::int64_t done, std::int64_t total) {
  const Clock::time_point now = Clock::now();
  if (first_ < 0) {  // other work may lie between the bar's making and its own
    first_ = done;
    start_ = last_drawn_ = now;
  }
  const bool complete = total > 0 && done >= total;
  const bool due = terminal_ ? now - last_drawn_ >= kRedraw : now - last_drawn_ >= kLogLine;
  if (now - start_ < kQuiet || done <= first_ || !(due || (complete && drawn_))) return;
  last_drawn_ = now;
  drawn_ = true;

  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(done - first_) / seconds;
  std::string line = what_ + " ";
  if (total > 0) line += bar(static_cast<double>(done) / static_cast<double>(total)) + " ";
  line += std::to_string(done) + (total > 0 ? "/" + std::to_string(total) : "") + " " + unit_;
  line += format(", %.1f %s/s", rate, unit_.c_str());
  if (total > done) line += ", " + duration_text(static_cast<double>(total - done) / rate) + " left";
  if (!remark_.empty()) line += ", " + remark_;
  std::fprintf(stderr, terminal_ ? "\r%s\033[K" : "%s\n", line.c_str());
  std::fflush(stderr);
}

}  // namespace gdd
