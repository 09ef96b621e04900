#include "images/prefetch.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "gdd/error.h"

namespace gdd {

PrefetchingReader::PrefetchingReader(const ImageSource& source, std::vector<std::int64_t> indices,
                                     int threads)
    : source_(source), indices_(std::move(indices)) {
  try {
    for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {  // the system gives no more threads: those there are do the work
    if (threads_.empty()) throw;
  }
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
  return started_ == delivered_ || (started_ < delivered_ + kAhead && held_bytes_ < kAheadBytes);
}

void PrefetchingReader::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    room_.wait(lock, [this] { return stop_ || started_ == indices_.size() || may_start(); });
    if (stop_ || started_ == indices_.size()) return;
    const std::size_t position = started_++;
    lock.unlock();
    Result result = read(position);
    lock.lock();
    results_.emplace(position, std::move(result));
    ready_.notify_one();
  }
}

// Waits until `bytes` more fit. Whoever decodes the image that next() is to give always goes on, so that all
// do.
void PrefetchingReader::admit(std::size_t position, std::uint64_t bytes, std::uint64_t& held) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return stop_ || position == delivered_ || held_bytes_ + bytes <= kAheadBytes; });
  if (stop_) throw Error("images", "no longer asked for");
  held_bytes_ += bytes;
  held += bytes;
}

PrefetchingReader::Result PrefetchingReader::read(std::size_t position) {
  Result result;
  std::uint64_t held = 0;
  try {
    result.image =
        source_.read(indices_[position], [&](std::uint64_t bytes) { admit(position, bytes, held); });
  } catch (...) {
    result.error = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  held_bytes_ += result.image.pixels.size();
  held_bytes_ -= held;
  room_.notify_all();
  return result;
}

std::optional<Image> PrefetchingReader::next() {
  std::unique_lock lock(mutex_);
  if (delivered_ == indices_.size()) return std::nullopt;
  ready_.wait(lock, [this] { return results_.contains(delivered_); });
  Result result = std::move(results_.extract(delivered_).mapped());
  ++delivered_;
  held_bytes_ -= result.image.pixels.size();
  lock.unlock();
  room_.notify_all();
  if (result.error) std::rethrow_exception(result.error);
  return std::move(result.image);
}

}  // namespace gdd
