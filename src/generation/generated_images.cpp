#include "generation/generated_images.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace gdd {
namespace {

// A range of them, cut as measuring wants it.
class GeneratedRange : public BatchSource {
 public:
  GeneratedRange(GeneratedImages& images, std::int64_t first, std::int64_t last, std::int64_t batch)
      : images_(images), position_(first), last_(last), largest_(batch) {}

  std::optional<ImageBatch> next() override {
    if (position_ >= last_) return std::nullopt;
    const std::int64_t end = batch_end(position_, last_, largest_);
    ImageBatch batch = piece(end);
    while (position_ < end) batch = joined(std::move(batch), piece(end));
    batch.number = number_++;
    return batch;
  }
  void look_ahead() override { images_.look_ahead(); }

 private:
  // What of the sampler's next batch lies before `end`.
  ImageBatch piece(std::int64_t end) {
    const std::shared_ptr<const ImageBatch> whole = images_.batch_at(position_);
    const std::int64_t from = position_ - whole->first, to = std::min(end - whole->first, whole->size());
    position_ = whole->first + to;
    return whole->part(from, to);
  }

  GeneratedImages& images_;
  std::int64_t position_, last_, largest_, number_ = 0;
};

}  // namespace

GeneratedImages::GeneratedImages(const Network& network, const GenerateOptions& options, std::string where,
                                 ImageParts* folder, bool keeps, Observer& observer)
    : batches_(network, options, [] { return std::nullopt; }),
      options_(options),
      where_(std::move(where)),
      folder_(folder),
      keeps_(keeps),
      observer_(observer),
      keeping_(keeps ? std::vector<BatchSink*>{folder} : std::vector<BatchSink*>{}) {}

std::string GeneratedImages::name(std::int64_t position) const {
  return "seed " + std::to_string(options_.seeds.at(static_cast<std::size_t>(position)));
}

std::unique_ptr<BatchSource> GeneratedImages::range(std::int64_t first, std::int64_t last,
                                                    std::int64_t batch) {
  return std::make_unique<GeneratedRange>(*this, first, last, batch);
}

std::int64_t GeneratedImages::number_at(std::int64_t position) const {
  const auto after = std::ranges::upper_bound(batches_.batches(), position, {}, &SeedBatch::first);
  return after - batches_.batches().begin() - 1;
}

bool GeneratedImages::has_kept(std::int64_t first, std::int64_t last) {
  if (!keeps_) return true;
  wait();
  for (std::int64_t number = number_at(first); number <= number_at(last - 1); ++number)
    if (!folder_->has(batches_.batch(number), observer_)) return false;
  return true;
}

void GeneratedImages::look_ahead() {
  if (!last_ || until_ == 0 || batches_.ahead() == 0 || last_->number == looked_from_) return;
  looked_from_ = last_->number;
  const std::int64_t last = std::min(last_->number + batches_.ahead(), number_at(until_ - 1));
  for (std::int64_t next = last_->number + 1 + batches_.begun(); next <= last; ++next) {
    if (folder_ && folder_->has(batches_.batch(next), observer_)) return;
    batches_.begin(next);
  }
}

std::shared_ptr<const ImageBatch> GeneratedImages::batch_at(std::int64_t position) {
  const std::int64_t number = number_at(position);
  if (last_ && last_->number == number) return last_;
  const SeedBatch& batch = batches_.batch(number);
  if (folder_ && folder_->has(batch, observer_)) {
    last_ = std::make_shared<const ImageBatch>(folder_->read(batch));
  } else {
    last_ = std::make_shared<const ImageBatch>(batches_.make(number));
    made_ += last_->size();
    keeping_.take(last_);
  }
  if (told_) told_(*last_);
  return last_;
}

}  // namespace gdd
