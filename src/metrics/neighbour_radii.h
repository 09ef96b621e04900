// The radius of the manifold's ball around each row: the squared distance to its k-th nearest neighbour.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gdd/metrics/manifold.h"
#include "metrics/rounded_rows.h"

namespace gdd {

// Exact, in float64, of rows times their frame's scale; the row itself does not count. `done` counts to
// rows.count().
std::vector<double> neighbour_radii(const RoundedRows& rows, const ManifoldOptions& options,
                                    const std::function<void(std::int64_t rows)>& done);

}  // namespace gdd
