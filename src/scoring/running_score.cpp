#include "scoring/running_score.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "compute/compute_scope.h"
#include "gdd/error.h"

namespace gdd {

std::int64_t running_count_after(std::int64_t count) {
  return std::to_string(count)[0] == '2' ? count / 2 * 5 : count * 2;
}

RunningFid::RunningFid(const Side& reference, KeptReference& kept, std::string protocol, bool beside,
                       std::function<void(const RunningScore&)> tell)
    : reference_(reference),
      kept_(kept),
      protocol_(std::move(protocol)),
      beside_(beside),
      threads_(beside ? std::max(at::get_num_threads() / 4, 1) : at::get_num_threads()),
      tell_(std::move(tell)) {}

void RunningFid::advance(const FeatureParts& kept, Observer& observer) {
  const auto is_there = [](const Count& count) {
    return count.fid.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  while (!counts_.empty() && is_there(counts_.front())) tell();
  for (; parts_ < kept.parts() && kept.has(parts_, observer); ++parts_) {
    if (parts_ + 1 == kept.parts()) threads_ = at::get_num_threads();  // nothing else is left to do
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

void RunningFid::finish() {
  while (!counts_.empty()) tell();
}

double RunningFid::distance(const Statistics& sample) const {
  const ComputeScope scope({.threads = threads_.load()});
  return kept_.of(reference_.statistics.value()).distance(sample).distance;
}

// One after the other, since `kept` serves one at a time; the caller goes on.
void RunningFid::begin() {
  std::shared_future<double> before;
  if (!counts_.empty()) before = counts_.back().fid;
  auto work = [this, before, sample = statistics_.finish()] {
    if (before.valid()) before.wait();
    return dropped_ ? 0 : distance(sample);
  };
  const auto where = beside_ ? std::launch::async : std::launch::deferred;
  counts_.push_back({taken_, std::async(where, std::move(work)).share()});
  if (!beside_) finish();
}

void RunningFid::tell() {
  const Count count = std::move(counts_.front());
  counts_.pop_front();
  tell_({"fid", protocol_, count.images, count.fid.get()});
}

}  // namespace gdd
