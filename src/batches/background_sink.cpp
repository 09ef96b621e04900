#include "batches/background_sink.h"

namespace gdd {

void BackgroundSink::take(const std::shared_ptr<const ImageBatch>& batch) {
  wait();
  if (sinks_.empty()) return;
  written_ = std::async(std::launch::async, [this, batch] {
    for (BatchSink* sink : sinks_) sink->take(*batch);
  });
}

void BackgroundSink::wait() {
  if (written_.valid()) written_.get();
}

}  // namespace gdd
