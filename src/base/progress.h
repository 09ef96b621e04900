// What the metrics, which know no Observer, tell of long work: the items done so far and the total. May be
// empty.
#pragma once

#include <cstdint>
#include <functional>

namespace gdd {

using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

}  // namespace gdd
