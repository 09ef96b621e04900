#include "images/prefetch.h"

#include <algorithm>
#include <utility>

namespace gdd {

PrefetchingReader::PrefetchingReader(const ImageSource& source, std::vector<std::int64_t> indices,
                                     int threads)
    : source_(source), indices_(std::move(indices)) {
  for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { work(); });
}

PrefetchingReader::~PrefetchingReader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

// The image that next() waits for is always started, however much else waits.
bool PrefetchingReader::may_start() const {
  if (started_ == indices_.size()) return false;
  return started_ == delivered_ || (started_ < delivered_ + kAhead && waiting_bytes_ < kAheadBytes);
}

void PrefetchingReader::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    room_.wait(lock, [this] { return stop_ || started_ == indices_.size() || may_start(); });
    if (stop_ || started_ == indices_.size()) return;
    const std::size_t position = started_++;
    lock.unlock();
    Result result;
    try {
      result.image = source_.read(indices_[position]);
    } catch (...) {
      result.error = std::current_exception();
    }
    lock.lock();
    waiting_bytes_ += result.image.pixels.size();
    results_.emplace(position, std::move(result));
    ready_.notify_one();
  }
}

std::optional<Image> PrefetchingReader::next() {
  std::unique_lock lock(mutex_);
  if (delivered_ == indices_.size()) return std::nullopt;
  ready_.wait(lock, [this] { return results_.contains(delivered_); });
  Result result = std::move(results_.extract(delivered_).mapped());
  ++delivered_;
  waiting_bytes_ -= result.image.pixels.size();
  lock.unlock();
  room_.notify_all();
  if (result.error) std::rethrow_exception(result.error);
  return std::move(result.image);
}

}  // namespace gdd
