// What work said, for tests to look at.
#pragma once

#include <functional>
#include <string>

#include "base/observer.h"

namespace gdd::testing_support {

class RecordingObserver : public Observer {
 public:
  void progress(const std::string& what, const std::string& unit, std::int64_t done,
                std::int64_t total) override {
    if (on_progress) on_progress(what, unit, done, total);
  }
  void warn(const std::string& message) override { said += message + "\n"; }
  void note(const std::string& message) override { noted += message + "\n"; }
  bool stop() override { return on_stop && on_stop(); }

  std::string said, noted;  // lines
  std::function<void(const std::string&, const std::string&, std::int64_t, std::int64_t)> on_progress;
  std::function<bool()> on_stop;
};

}  // namespace gdd::testing_support
