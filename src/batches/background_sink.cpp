#include "batches/background_sink.h"

#include <utility>

namespace gdd {

BackgroundSink::~BackgroundSink() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BackgroundSink::take(std::shared_ptr<const ImageBatch> batch) {
  wait();
  if (sinks_.empty()) return;
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  {
    const std::lock_guard lock(mutex_);
    batch_ = std::move(batch);
  }
  changed_.notify_all();
}

void BackgroundSink::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !batch_; });
  if (problem_) std::rethrow_exception(std::exchange(problem_, nullptr));
}

void BackgroundSink::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return batch_ || ended_; });
    if (!batch_) return;
    lock.unlock();
    std::exception_ptr problem;
    try {
      for (BatchSink* sink : sinks_) sink->take(*batch_);  // nobody else touches it until it is gone
    } catch (...) {
      problem = std::current_exception();
    }
    lock.lock();
    problem_ = problem;
    batch_.reset();
    changed_.notify_all();
  }
}

}  // namespace gdd
