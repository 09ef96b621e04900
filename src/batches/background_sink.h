// Sinks that write, beside whoever makes the batches.
#pragma once

#include <future>
#include <memory>
#include <vector>

#include "batches/batch_sink.h"

namespace gdd {

// Gives each batch to its sinks on a thread of its own, one batch behind, so that memory is that of two. An
// error of a sink is thrown by the next call.
class BackgroundSink {
 public:
  explicit BackgroundSink(std::vector<BatchSink*> sinks) : sinks_(std::move(sinks)) {}

  void take(const std::shared_ptr<const ImageBatch>& batch);
  void wait();  // until all is written

 private:
  std::vector<BatchSink*> sinks_;
  std::future<void> written_;
};

}  // namespace gdd
