#include "batches/flow.h"

#include <memory>
#include <optional>
#include <utility>

#include "batches/background_sink.h"

namespace gdd {
namespace {

std::vector<BatchSink*> those_that(bool compute, const std::vector<BatchSink*>& sinks) {
  std::vector<BatchSink*> chosen;
  for (BatchSink* sink : sinks)
    if (sink->computes() == compute) chosen.push_back(sink);
  return chosen;
}

}  // namespace

bool run_flow(BatchSource& source, const std::vector<BatchSink*>& sinks, Observer& observer,
              const std::function<void(const ImageBatch&)>& told) {
  const std::vector<BatchSink*> computing = those_that(true, sinks);
  BackgroundSink writing(those_that(false, sinks));
  bool stopped = false;
  while (!(stopped = observer.stop())) {
    std::optional<ImageBatch> next = source.next();
    if (!next) break;
    const auto batch = std::make_shared<const ImageBatch>(std::move(*next));
    for (BatchSink* sink : computing) sink->take(*batch);
    writing.take(batch);
    source.look_ahead();
    if (told) told(*batch);
  }
  writing.wait();
  if (stopped) return false;
  for (BatchSink* sink : sinks) sink->finish();
  return true;
}

}  // namespace gdd
