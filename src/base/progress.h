// The library never prints: long work tells a callback how far it is, and src/cli draws the bar.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace gdd {

// Called from one thread at a time with the items done so far and the total (0 if unknown). May throw to stop
// the work.
using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

// Where a stage reports what the user should know but that does not stop it ("only 64 of 50 000 images").
using Warn = std::function<void(const std::string& message)>;

}  // namespace gdd
