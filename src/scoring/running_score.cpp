#include "scoring/running_score.h"

#include <algorithm>
#include <string>

#include "gdd/metrics/frechet.h"

namespace gdd {
namespace {

// 1 000, 2 000, 5 000, 10 000, ...
std::int64_t count_after(std::int64_t count) {
  return std::to_string(count)[0] == '2' ? count / 2 * 5 : count * 2;
}

}  // namespace

void RunningFid::advance(const FeatureParts& kept, Observer& observer) {
  for (; parts_ < kept.parts() && kept.has(parts_, observer); ++parts_) {
    const FeatureInput part(kept.path(parts_));
    part.read_blocks(part.features().value(), [this](FeaturesF64 rows) { add(rows); });
  }
}

void RunningFid::add(FeaturesF64 rows) {
  for (std::int64_t done = 0; done < rows.rows;) {
    const std::int64_t count = std::min(rows.rows - done, next_ - taken_);
    take({rows.data + done * rows.columns, count, rows.columns});
    done += count;
    if (taken_ < next_) continue;
    tell_({taken_, distance()});
    next_ = count_after(next_);
  }
}

void RunningFid::take(FeaturesF64 rows) {
  taken_ += rows.rows;
  if (reference_.statistics) {
    if (statistics_.dim() == 0) statistics_ = StreamingStatistics(rows.columns);
    statistics_.add(rows);
  } else {
    rows_.insert(rows_.end(), rows.data, rows.data + rows.rows * rows.columns);
  }
}

double RunningFid::distance() const {
  if (reference_.statistics) return frechet_distance(statistics_.finish(), *reference_.statistics).distance;
  const FeaturesF64 rows{rows_.data(), taken_, std::ssize(rows_) / taken_};
  return frechet_distance(rows, reference_.exact_view()).distance;
}

}  // namespace gdd
