// The nearest row of one set to each row of another.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "gdd/metrics/manifold.h"
#include "metrics/rounded_rows.h"

namespace gdd {

struct NearestRow {
  std::int64_t row = 0;  // of those that are equally near the first
  double distance = 0;   // squared; exact, in float64, of rows times their frame's scale
};

// For each row of `from`, of one frame with `to`. `without`: for each a row of `to` that does not count;
// empty: all count. At least one must be left. `done` counts to from.count().
std::vector<NearestRow> nearest_rows(const RoundedRows& from, const RoundedRows& to,
                                     std::span<const std::int64_t> without, const ManifoldOptions& options,
                                     const std::function<void(std::int64_t rows)>& done);

}  // namespace gdd
