// Decodes images on worker threads ahead of whoever consumes them, so that decoding overlaps with a network.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "images/source.h"

namespace gdd {

class PrefetchingReader {
 public:
  // Reads the images `indices` of `source`, which outlives the reader, on `threads` (at least 1) workers.
  // At most kAhead images, and kAheadBytes of what they take while they are decoded and wait for next(), plus
  // the one that next() is to give.
  PrefetchingReader(const ImageSource& source, std::vector<std::int64_t> indices, int threads);
  ~PrefetchingReader();  // stops the workers, wherever they are
  PrefetchingReader(const PrefetchingReader&) = delete;
  PrefetchingReader& operator=(const PrefetchingReader&) = delete;

  // The images in the order of `indices`, then nothing. Called from one thread at a time. An image that
  // cannot be read throws here, when its turn comes; the call after that gives the image behind it.
  std::optional<Image> next();

  static constexpr std::size_t kAhead = 256;
  static constexpr std::size_t kAheadBytes = std::size_t{256} << 20;

 private:
  struct Result {
    Image image;
    std::exception_ptr error;
  };

  void work();
  Result read(std::size_t position);
  void admit(std::size_t position, std::uint64_t bytes, std::uint64_t& held);
  bool may_start() const;  // the caller holds mutex_

  const ImageSource& source_;
  const std::vector<std::int64_t> indices_;
  std::mutex mutex_;
  std::condition_variable room_, ready_;
  std::size_t started_ = 0, delivered_ = 0;  // positions in indices_
  std::uint64_t held_bytes_ = 0;             // by images that were started and not delivered
  bool stop_ = false;
  std::map<std::size_t, Result> results_;  // by position
  std::vector<std::thread> threads_;
};

}  // namespace gdd
