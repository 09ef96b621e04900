#include "batches/stored_batches.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>

#include "images/prefetch.h"

namespace gdd {
namespace {

constexpr std::size_t kMaxBatchBytes = std::size_t{256} << 20;  // of decoded pixels

class StoredBatches : public BatchSource {
 public:
  StoredBatches(const ImageSource& source, std::vector<std::int64_t> indices, std::int64_t first,
                std::int64_t batch, int decoders)
      : position_(first),
        last_(first + std::ssize(indices)),
        largest_(std::max<std::int64_t>(batch, 1)),
        reader_(source, std::move(indices), decoders > 0 ? decoders : at::get_num_threads()) {}

  std::optional<ImageBatch> next() override {
    if (position_ == last_) return std::nullopt;
    ImageBatch batch;
    batch.number = number_++;
    batch.first = position_;
    const std::int64_t end = batch_end(position_, last_, largest_);
    for (std::size_t bytes = 0; position_ < end && bytes < kMaxBatchBytes; ++position_) {
      batch.images.push_back(reader_.next().value());
      bytes += batch.images.back().pixels.size();
    }
    return batch;
  }

 private:
  std::int64_t position_, last_, largest_, number_ = 0;
  PrefetchingReader reader_;
};

}  // namespace

std::unique_ptr<BatchSource> StoredImages::range(std::int64_t first, std::int64_t last, std::int64_t batch) {
  return std::make_unique<StoredBatches>(
      source_, std::vector<std::int64_t>(chosen_.begin() + first, chosen_.begin() + last), first, batch,
      decoders_);
}

}  // namespace gdd
