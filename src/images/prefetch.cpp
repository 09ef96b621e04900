#include "images/prefetch.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::size_t kRunBytes = std::size_t{64} << 10;  // of the images of one run, more or less
constexpr std::size_t kRunImages = 16;

}  // namespace

PrefetchingReader::PrefetchingReader(const ImageSource& source, std::vector<std::int64_t> indices,
                                     int threads)
    : source_(source), indices_(std::move(indices)), image_bytes_(kRunBytes) {
  try {
    for (int i = 0; i < std::clamp(threads, 1, source.readers()); ++i)
      threads_.emplace_back([this] { work(); });
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
  admitted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

// As if the images that come were as large as the last.
std::size_t PrefetchingReader::run_length() const {
  const std::size_t length =
      std::clamp<std::size_t>(kRunBytes / std::max<std::size_t>(image_bytes_, 1), 1, kRunImages);
  return std::min(length, indices_.size() - started_);
}

// The image that next() waits for is always started, however much else waits.
bool PrefetchingReader::may_start() const {
  if (started_ == indices_.size()) return false;
  return started_ == delivered_ ||
         (started_ + run_length() <= delivered_ + kAhead && held_bytes_ < kAheadBytes);
}

void PrefetchingReader::tell_of_room() {
  if (starved_ > 0 && may_start()) room_.notify_one();
  if (unadmitted_ > 0) admitted_.notify_all();
}

void PrefetchingReader::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++starved_;
    room_.wait(lock, [this] { return stop_ || started_ == indices_.size() || may_start(); });
    --starved_;
    if (stop_ || started_ == indices_.size()) return;
    Run run{started_, started_ + run_length(), {}};
    started_ = run.end;
    lock.unlock();
    read(run);
    lock.lock();
    give(run);
  }
}

void PrefetchingReader::read(Run& run) {
  while (run.position < run.end) {
    Result result = read_next(run);
    run.bytes += result.image.pixels.size();
    run.results.push_back(std::move(result));
    ++run.position;
    if (run.bytes < kRunBytes) continue;
    const std::lock_guard lock(mutex_);
    give(run);
  }
}

PrefetchingReader::Result PrefetchingReader::read_next(Run& run) {
  Result result;
  std::uint64_t held = 0;
  try {
    result.image =
        source_.read(indices_[run.position], [&](std::uint64_t bytes) { admit(run, bytes, held); });
  } catch (...) {
    result.error = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  image_bytes_ = result.image.pixels.size();
  held_bytes_ += image_bytes_;
  held_bytes_ -= held;
  tell_of_room();
  return result;
}

// Waits until `bytes` more fit. Whoever decodes the image that next() is to give always goes on, so that all
// do; the images before it must not wait with it.
void PrefetchingReader::admit(Run& run, std::uint64_t bytes, std::uint64_t& held) {
  std::unique_lock lock(mutex_);
  const auto fits = [&] { return stop_ || run.position == delivered_ || held_bytes_ + bytes <= kAheadBytes; };
  if (!fits()) {
    give(run);
    ++unadmitted_;
    admitted_.wait(lock, fits);
    --unadmitted_;
  }
  if (stop_) throw Error("images", "no longer asked for");
  held_bytes_ += bytes;
  held += bytes;
}

void PrefetchingReader::give(Run& run) {
  std::size_t position = run.position - run.results.size();
  const bool awaited = position <= delivered_ && delivered_ < run.position;
  for (Result& result : run.results) results_.emplace(position++, std::move(result));
  run.results.clear();
  run.bytes = 0;
  if (awaited) ready_.notify_one();
}

std::optional<Image> PrefetchingReader::next() {
  std::unique_lock lock(mutex_);
  if (delivered_ == indices_.size()) return std::nullopt;
  ready_.wait(lock, [this] { return results_.contains(delivered_); });
  Result result = std::move(results_.extract(delivered_).mapped());
  ++delivered_;
  held_bytes_ -= result.image.pixels.size();
  tell_of_room();
  lock.unlock();
  if (result.error) std::rethrow_exception(result.error);
  return std::move(result.image);
}

}  // namespace gdd
