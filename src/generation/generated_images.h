// The images of a run by position: made when they are asked for, batch by batch, or read where they are kept.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "batches/background_sink.h"
#include "batches/batch_source.h"
#include "generation/generated_batches.h"
#include "generation/image_parts.h"

namespace gdd {

class GeneratedImages : public ImageSet {
 public:
  // `where` names the network in messages. `folder` (may be null): batches that it has are read and not made;
  // with `keeps` those that are made are kept there. `network`, `folder` and `observer` live longer.
  GeneratedImages(const Network& network, const GenerateOptions& options, std::string where,
                  ImageParts* folder, bool keeps, Observer& observer);

  std::int64_t size() const override { return batches_.size(); }
  const std::string& where() const override { return where_; }
  std::string name(std::int64_t position) const override;
  // Batches of the sampler lie across the borders of parts: the last one is held, so that ranges which follow
  // each other make none twice.
  std::unique_ptr<BatchSource> range(std::int64_t first, std::int64_t last, std::int64_t batch) override;
  bool has_kept(std::int64_t first, std::int64_t last) override;
  std::int64_t together() const override { return options_.batch; }
  void until(std::int64_t position) override {
    until_ = position;
    looked_from_ = -1;
  }
  // Begins the batches behind the one that was asked for last, up to there.
  void look_ahead();
  void wait() override { keeping_.wait(); }

  // The batch of the sampler that holds the image at `position`.
  std::shared_ptr<const ImageBatch> batch_at(std::int64_t position);
  // Hears of every batch that is made or read, in that order.
  void tell(std::function<void(const ImageBatch&)> told) { told_ = std::move(told); }
  std::int64_t made() const { return made_; }  // images, by the network, here

 private:
  std::int64_t number_at(std::int64_t position) const;

  GeneratedBatches batches_;
  GenerateOptions options_;
  std::string where_;
  ImageParts* folder_;
  bool keeps_;
  Observer& observer_;
  BackgroundSink keeping_;
  std::shared_ptr<const ImageBatch> last_;
  std::int64_t until_ = 0;         // position
  std::int64_t looked_from_ = -1;  // the last batch behind which others were begun, or found
  std::function<void(const ImageBatch&)> told_;
  std::int64_t made_ = 0;
};

}  // namespace gdd
