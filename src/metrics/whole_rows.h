// Distances from rows of which float32 does not tell enough, in float64.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/distance_rows.h"

namespace gdd {

inline constexpr std::size_t kWholeRows = 256;  // at once: 100 MB of distances to 50 000 rows

// Calls take(row, distances, i) for each of the `chosen` rows of `from`: it is the i-th of those whose
// distances to all of `to` are at hand. Then done(rows taken so far).
template <class Take, class Done>
void for_whole_rows(FeaturesF32 from, std::span<const std::int64_t> chosen, FeaturesF32 to, const Take& take,
                    const Done& done) {
  for (std::size_t first = 0; first < chosen.size(); first += kWholeRows) {
    const std::span part = chosen.subspan(first, std::min(kWholeRows, chosen.size() - first));
    std::vector<float> values;
    for (const std::int64_t row : part)
      values.insert(values.end(), from.row(row).begin(), from.row(row).end());
    DistanceRows distances({values.data(), std::ssize(part), from.columns}, to, false);
    distances.compute(0, std::ssize(part));
    for (std::int64_t i = 0; i < std::ssize(part); ++i) take(part[static_cast<std::size_t>(i)], distances, i);
    done(static_cast<std::int64_t>(first) + std::ssize(part));
  }
}

}  // namespace gdd
