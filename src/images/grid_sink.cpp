#include <algorithm>
#include <limits>

#include "base/atomic_file.h"
#include "base/memory_budget.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/decoders.h"
#include "images/digits.h"
#include "images/sink.h"

namespace gdd {
namespace {

class GridSink : public ImageSink {
 public:
  GridSink(const std::string& path, int rows, int columns, Captions captions)
      : path_(path), rows_(rows), columns_(columns), captions_(captions), file_(path) {
    if (rows < 1 || columns < 1)
      throw Error(path, "expected a grid of 1x1 cells or more, found " + std::to_string(rows) + "x" +
                            std::to_string(columns));
  }

  void write(const SinkItem& item, const Image& image) override {
    if (filled_ == std::int64_t{rows_} * columns_) return;
    if (filled_ == 0) start(image);
    if (image.height != cell_.height || image.width != cell_.width || image.channels != cell_.channels)
      throw Error(path_, "expected images of one size, got another at seed " + std::to_string(item.seed));
    const auto row_size = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
    const auto row = static_cast<std::size_t>(filled_ / columns_);
    const auto column = static_cast<std::size_t>(filled_ % columns_);
    for (std::size_t y = 0; y < static_cast<std::size_t>(image.height); ++y)
      std::copy_n(image.pixels.data() + y * row_size, row_size,
                  grid_.pixels.data() + ((row * static_cast<std::size_t>(cell_height()) + y) *
                                             static_cast<std::size_t>(columns_) +
                                         column) *
                                            row_size);
    write_caption(item, static_cast<int>(row), static_cast<int>(column));
    ++filled_;
  }

  void finish() override {
    if (filled_ == 0) throw Error(path_, "expected 1 image or more for the grid, got none");
    file_.write(encode_png(grid_));
    file_.commit();
  }

 private:
  // A caption has one white row above it and one below.
  int cell_height() const { return cell_.height + (captions_ == Captions::kNone ? 0 : kDigitHeight + 2); }

  void write_caption(const SinkItem& item, int row, int column) {
    const std::optional<std::int64_t> number = captions_ == Captions::kSeeds    ? std::optional(item.seed)
                                               : captions_ == Captions::kLabels ? item.label
                                                                                : std::nullopt;
    if (number) draw_number(grid_, column * cell_.width + 1, row * cell_height() + cell_.height + 1, *number);
  }

  void start(const Image& image) {
    cell_ = {image.height, image.width, image.channels, {}};
    const auto tall = static_cast<std::uint64_t>(rows_) * static_cast<std::uint64_t>(cell_height());
    const auto wide = static_cast<std::uint64_t>(columns_) * static_cast<std::uint64_t>(image.width);
    grid_ = make_image(tall, wide, image.channels, path_, {});
    std::ranges::fill(grid_.pixels, std::numeric_limits<std::uint8_t>::max());
  }

  std::string path_;
  int rows_, columns_;
  Captions captions_;
  AtomicFile file_;  // opened now, so that a folder that cannot be written is noticed before the work
  Image cell_, grid_;
  std::int64_t filled_ = 0;
};

}  // namespace

std::unique_ptr<ImageSink> open_grid(const std::string& path, int rows, int columns, Captions captions) {
  return std::make_unique<GridSink>(path, rows, columns, captions);
}

}  // namespace gdd
