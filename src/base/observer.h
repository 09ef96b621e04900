// How work tells whoever asked for it how far it is and what is to be known, and hears a wish to stop. The
// library never prints: cli/ has the observer that draws bars and writes the log.
#pragma once

#include <cstdint>
#include <string>

#include "base/stopped.h"

namespace gdd {

class Observer {
 public:
  virtual ~Observer() = default;

  // `done` of `total` (0: unknown) units are done of the work `what`: "sampling", "images". From one thread
  // at a time.
  virtual void progress(const std::string& /*what*/, const std::string& /*unit*/, std::int64_t /*done*/,
                        std::int64_t /*total*/) {}
  // What the user should know and does not end the work: "only 64 of 50 000 images".
  virtual void warn(const std::string& /*message*/) {}
  // The same, of what is as it should be: "out: 24 images".
  virtual void note(const std::string& /*message*/) {}
  // Asked between two pieces of work: true ends it there, with what is finished kept.
  virtual bool stop() { return false; }
};

// Hears everything and wants nothing.
inline Observer& nobody() {
  static Observer observer;
  return observer;
}

}  // namespace gdd
