// Sinks that write, beside whoever makes the batches.
#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "batches/batch_sink.h"

namespace gdd {

// Gives each batch to its sinks on a thread of its own, one batch behind, so that memory is that of two. An
// error of a sink is thrown by the next call.
class BackgroundSink {
 public:
  explicit BackgroundSink(std::vector<BatchSink*> sinks) : sinks_(std::move(sinks)) {}
  ~BackgroundSink();  // when all is written
  BackgroundSink(const BackgroundSink&) = delete;
  BackgroundSink& operator=(const BackgroundSink&) = delete;

  void take(std::shared_ptr<const ImageBatch> batch);
  void wait();  // until all is written

 private:
  void work();

  const std::vector<BatchSink*> sinks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const ImageBatch> batch_;  // that is being written
  std::exception_ptr problem_;
  bool ended_ = false;
  std::thread thread_;  // begun with the first batch; one for each would cost as much as a few small images
};

}  // namespace gdd
