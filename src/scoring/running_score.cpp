#include "scoring/running_score.h"

#include <algorithm>
#include <string>

#include "gdd/error.h"

namespace gdd {

std::int64_t running_count_after(std::int64_t count) {
  return std::to_string(count)[0] == '2' ? count / 2 * 5 : count * 2;
}

void RunningFid::advance(const FeatureParts& kept, Observer& observer) {
  for (; parts_ < kept.parts() && kept.has(parts_, observer); ++parts_) {
    const FeatureInput part(kept.path(parts_));
    if (!part.features()) throw Error(part.path(), "holds no features", "remove it");
    part.read_blocks(*part.features(), [this](FeaturesF64 rows) { add(rows); });
  }
}

void RunningFid::add(FeaturesF64 rows) {
  for (std::int64_t done = 0; done < rows.rows;) {
    const std::int64_t count = std::min(rows.rows - done, next_ - taken_);
    take({rows.data + done * rows.columns, count, rows.columns});
    done += count;
    if (taken_ < next_) continue;
    tell_({protocol_, taken_, distance()});
    next_ = running_count_after(next_);
  }
}

void RunningFid::take(FeaturesF64 rows) {
  taken_ += rows.rows;
  if (statistics_.dim() == 0) statistics_ = StreamingStatistics(rows.columns);
  statistics_.add(rows);
}

double RunningFid::distance() {
  return kept_.of(reference_.statistics.value()).distance(statistics_.finish()).distance;
}

}  // namespace gdd
