// Batches into the files of images/sink.h, and floats into an npz.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "batches/batch_sink.h"

namespace gdd {

// Each image to the sink, in order.
class FileSink : public BatchSink {
 public:
  explicit FileSink(std::unique_ptr<ImageSink> sink) : sink_(std::move(sink)) {}
  void take(const ImageBatch& batch) override;
  void finish() override { sink_->finish(); }

 private:
  std::unique_ptr<ImageSink> sink_;
};

// `images` float64 [count, shape...], the batches' floats one after the other. Memory does not grow with
// `count`.
std::unique_ptr<BatchSink> open_float_sink(const std::string& path, std::int64_t count,
                                           const std::vector<std::int64_t>& shape);
// The same as `latents` float32.
std::unique_ptr<BatchSink> open_latent_sink(const std::string& path, std::int64_t count,
                                            const std::vector<std::int64_t>& shape);

}  // namespace gdd
