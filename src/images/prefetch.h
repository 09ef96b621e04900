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
  // At most kAhead images, and kAheadBytes of what they take while they are decoded and wait for
  // next(), plus the one that next() is to give.
  PrefetchingReader(const ImageSource& source, std::vector<std::int64_t> indices, int threads);
  ~PrefetchingReader();  // stops the workers, wherever they are
  PrefetchingReader(const PrefetchingReader&) = delete;
  PrefetchingReader& operator=(const PrefetchingReader&) = delete;

  // The images in the order of `indices`, then nothing. Called from one thread at a time. An image that
  // cannot be read throws here, when its turn comes; the call after that gives the image behind it.
  std::optional<Image> next();

  static constexpr std::size_t kAhead = 1024;
  static constexpr std::size_t kAheadBytes = std::size_t{256} << 20;

 private:
  struct Result {
    Image image;
    std::exception_ptr error;
  };
  // Small images are taken, and given to next(), several at once: threads that wake each other for every one
  // take longer than decoding it.
  struct Run {
    std::size_t position, end;    // of the images still to be read
    std::vector<Result> results;  // of those before `position`, not yet given
    std::size_t bytes = 0;        // of these
  };

  void work();
  void read(Run& run);
  Result read_next(Run& run);
  void admit(Run& run, std::uint64_t bytes, std::uint64_t& held);
  // The caller of these holds mutex_.
  std::size_t run_length() const;
  bool may_start() const;
  void tell_of_room();
  void give(Run& run);

  const ImageSource& source_;
  const std::vector<std::int64_t> indices_;
  std::mutex mutex_;
  std::condition_variable room_, admitted_, ready_;
  std::size_t started_ = 0, delivered_ = 0;   // positions in indices_
  std::uint64_t held_bytes_ = 0;              // by images that were started and not delivered
  std::size_t image_bytes_;                   // of the image read last
  std::size_t starved_ = 0, unadmitted_ = 0;  // workers that wait for room_ and for admitted_
  bool stop_ = false;
  std::map<std::size_t, Result> results_;  // by position
  std::vector<std::thread> threads_;
};

}  // namespace gdd
