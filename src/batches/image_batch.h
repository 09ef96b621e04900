// The currency of the house: images that go from a source to its sinks together.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "images/image.h"
#include "images/sink.h"

namespace gdd {

struct ImageBatch {
  std::int64_t number = 0;  // among the batches of its plan
  std::int64_t first = 0;   // position of the first image among all
  // uint8 [N,H,W,C] on the CPU; undefined where the sizes differ or the images come from files: then
  // `images` holds them.
  at::Tensor pixels = {};
  std::vector<Image> images = {};
  std::vector<SinkItem> items = {};  // of images from seeds, one each; else empty
  at::Tensor floats = {};            // float64 [N,C,H,W] before quantisation, where a sink asked for them
  // `pixels` as they were made, on a device other than the CPU, so that what computes there need not carry
  // them back; undefined where there is none.
  at::Tensor device_pixels = {};

  std::int64_t size() const;
  // They live as long as the batch.
  std::vector<ImageView> views() const;
  Image image(std::int64_t i) const;  // a copy
  std::vector<Image> list() const;    // copies
  // Images `from` <= i < `to` of this batch, sharing its tensors.
  ImageBatch part(std::int64_t from, std::int64_t to) const;
};

// `next` behind `batch`; a list where one of them is.
ImageBatch joined(ImageBatch batch, const ImageBatch& next);

}  // namespace gdd
