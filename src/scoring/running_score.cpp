#include "scoring/running_score.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "compute/compute_scope.h"
#include "gdd/error.h"

namespace gdd {

std::int64_t running_count_after(std::int64_t count) {
  return std::to_string(count)[0] == '2' ? count / 2 * 5 : count * 2;
}

void RunningFid::advance(const FeatureParts& kept, Observer& observer) {
  if (count_ && count_->fid.wait_for(std::chrono::seconds(0)) == std::future_status::ready) tell();
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
    begin();
    next_ = running_count_after(next_);
  }
}

void RunningFid::take(FeaturesF64 rows) {
  taken_ += rows.rows;
  if (statistics_.dim() == 0) statistics_ = StreamingStatistics(rows.columns);
  statistics_.add(rows);
}

void RunningFid::begin() {
  tell();  // the one before: they come in order
  const auto distance = [this, sample = statistics_.finish(), threads = at::get_num_threads()] {
    const ComputeScope scope({.threads = threads});  // a new thread would take all cores
    return kept_.of(reference_.statistics.value()).distance(sample).distance;
  };
  count_ = {taken_, std::async(beside_ ? std::launch::async : std::launch::deferred, distance)};
  if (!beside_) tell();
}

void RunningFid::tell() {
  if (!count_) return;
  const std::int64_t images = count_->images;
  const double fid = count_->fid.get();
  count_.reset();
  tell_({"fid", protocol_, images, fid});
}

}  // namespace gdd
