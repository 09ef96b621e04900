// Where images go. A sink gets every image once, in seed-list order, and writes it whole or not at all.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "images/image.h"

namespace gdd {

struct SinkItem {
  std::int64_t seed = 0;
  std::int64_t index = 0;             // position in the seed list
  std::optional<std::int64_t> label;  // class used, for conditional networks
};

class ImageSink {
 public:
  virtual ~ImageSink() = default;
  virtual void write(const SinkItem& item, const Image& image) = 0;
  // After the last image: makes the result appear (npz, grid). Without it nothing half-written stays behind.
  virtual void finish() = 0;
};

// numpy archive: arr_0 uint8 [N,H,W,C] in seed-list order and, when `with_labels`, arr_1 int64 [N]. Memory
// does not grow with N, but for the labels. Errors: images of several sizes, more or fewer than `count`, one
// without its label.
std::unique_ptr<ImageSink> open_image_pack(const std::string& path, std::int64_t count, bool with_labels);

enum class Captions { kNone, kSeeds, kLabels };

// One PNG of rows x columns images of one size, first images first, with a line of caption below each when
// asked; empty cells stay white, images beyond the last cell are left out. An image without a label has no
// caption kLabels.
std::unique_ptr<ImageSink> open_grid(const std::string& path, int rows, int columns,
                                     Captions captions = Captions::kNone);

// A data set as EDM's dataset_tool.py writes it: a zip of stored PNG, 00000/img00000000.png numbered by
// SinkItem::index, and dataset.json, {"labels": [["00000/img00000000.png", 6], ...]} or {"labels": null}.
// Errors: as open_image_pack.
std::unique_ptr<ImageSink> open_dataset_zip(const std::string& path, std::int64_t count, bool with_labels);

}  // namespace gdd
