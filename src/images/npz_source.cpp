#include <algorithm>
#include <cstring>
#include <mutex>
#include <stdexcept>

#include "archive/npz.h"
#include "base/shape_text.h"
#include "gdd/error.h"
#include "images/decoders.h"
#include "images/sources.h"

namespace gdd {
namespace {

bool is_channels(std::int64_t size) { return size == 1 || size == 3; }

// What an array that is no images may be, and how its owner makes images of it.
std::string advice_for(const NpyHeader& header) {
  const std::vector<std::int64_t>& shape = header.shape;
  if (header.kind == 'f' && shape.size() >= 3)
    return "make it uint8: numpy.clip(x * 127.5 + 128, 0, 255).astype(numpy.uint8) for values of -1..1, "
           "numpy.round(x * 255).astype(numpy.uint8) for 0..1" +
           std::string(shape.size() == 4 && is_channels(shape[1]) ? ", and .transpose(0, 2, 3, 1)" : "");
  if (header.kind != 'u' || header.item_size != 1)
    return "save it with .astype(numpy.uint8), values of 0..255";
  if (header.fortran_order) return "save it with numpy.ascontiguousarray";
  if (shape.size() == 3 && is_channels(shape[0]) && !is_channels(shape[2]) && shape[2] != 4)
    return "if this is one image, save it as x.transpose(1, 2, 0)[None] and others beside it; if these are "
           "grey images, as x[..., None]";
  if (shape.size() == 3)
    return "this is one image: save it as x[None], with an axis for N, and others beside it";
  if (shape.size() == 4 && is_channels(shape[1])) return "channels come last: save x.transpose(0, 2, 3, 1)";
  if (shape.size() == 4 && shape[3] == 4) return "leave the alpha channel out: save x[..., :3]";
  return "";
}

// [N,H,W] whose last axis is 1, 3 or 4 is one picture [H,W,C]: pictures so narrow are not meant.
// With a first axis of 1 or 3 it may be one [C,H,W]: who means so few grey pictures says it by a last axis
// of 1.
void check_layout(const NpyHeader& header, const std::string& where) {
  const std::vector<std::int64_t>& shape = header.shape;
  const bool grey = shape.size() == 3 && !is_channels(shape[0]) && !is_channels(shape[2]) && shape[2] != 4;
  const bool interleaved = shape.size() == 4 && is_channels(shape[3]);
  if (header.kind == 'u' && header.item_size == 1 && !header.fortran_order && (grey || interleaved)) return;
  throw Error(where,
              "expected images, uint8 [N,H,W,C] with 1 or 3 channels in C order, or grey [N,H,W], found " +
                  header.dtype_text() + " " + shape_text(header.shape) +
                  (header.fortran_order ? " in Fortran order" : ""),
              advice_for(header));
}

class NpzSource : public ImageSource {
 public:
  NpzSource(const std::string& path, const std::string& member);

  std::int64_t size() const override { return count_; }
  int readers() const override { return 1; }
  std::string name(std::int64_t index) const override { return member_ + "[" + std::to_string(index) + "]"; }
  using ImageSource::read;
  Image read(std::int64_t index, const Admit& admit) const override;
  void visit_stored(std::int64_t index, const std::function<void(Bytes)>& visit) const override {
    const Image image = read(index);
    visit(as_bytes(shape_));
    visit(std::as_bytes(std::span(image.pixels)));
  }
  Labels labels() const override;

 private:
  // Rows are read in blocks, in order and by one thread: going back in a deflated member would unpack from
  // the beginning, and the checksum of a member is compared only where its bytes are read one after the
  // other.
  struct Block {
    std::int64_t first = -1;
    std::vector<std::byte> rows;
  };

  std::size_t row_size() const {
    return static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_) *
           static_cast<std::size_t>(channels_);
  }
  // The caller holds mutex_.
  const Block& block_with(std::int64_t index) const;

  NpzReader npz_;
  std::string member_;
  std::string shape_;  // "32x32x3": pixels alone do not tell it
  std::int64_t count_ = 0, height_ = 0, width_ = 0, rows_per_block_ = 1;
  int channels_ = 1;
  mutable std::mutex mutex_;
  mutable Block block_;
};

NpzSource::NpzSource(const std::string& path, const std::string& member)
    : ImageSource(path), npz_(path), member_(member) {
  const NpyHeader header = npz_.header(member_);
  check_layout(header, path + ":" + member_);
  const std::size_t dims = header.shape.size();
  count_ = header.shape[0];
  height_ = header.shape[1];
  width_ = header.shape[2];
  channels_ = dims == 4 ? static_cast<int>(header.shape[3]) : 1;
  shape_ = std::to_string(height_) + "x" + std::to_string(width_) + "x" + std::to_string(channels_);
  if (count_ == 0) throw Error(path + ":" + member_, "found 0 images");
  check_image_size(static_cast<std::uint64_t>(height_), static_cast<std::uint64_t>(width_),
                   path + ":" + member_);
  const std::size_t block_bytes = std::size_t{npz_.stored(member_) ? 1u : 16u} << 20;
  rows_per_block_ = static_cast<std::int64_t>(std::max<std::size_t>(1, block_bytes / row_size()));
}

const NpzSource::Block& NpzSource::block_with(std::int64_t index) const {
  const std::int64_t first = index - index % rows_per_block_;
  if (block_.first == first) return block_;
  block_.first = -1;  // should reading fail
  block_.rows = npz_.read_rows(member_, first, std::min(rows_per_block_, count_ - first));
  block_.first = first;
  return block_;
}

Image NpzSource::read(std::int64_t index, const Admit& admit) const {
  if (index < 0 || index >= count_) throw std::out_of_range(name(index));
  Image image = make_image(static_cast<std::uint64_t>(height_), static_cast<std::uint64_t>(width_), channels_,
                           path() + ":" + name(index), admit);
  const std::lock_guard lock(mutex_);
  if (rows_per_block_ == 1) {  // large: nothing is gained by keeping it
    npz_.read_row(member_, index, std::as_writable_bytes(std::span(image.pixels)));
    return image;
  }
  const Block& block = block_with(index);
  std::memcpy(image.pixels.data(),
              block.rows.data() + static_cast<std::size_t>(index - block.first) * row_size(), row_size());
  return image;
}

Labels NpzSource::labels() const {
  constexpr const char* kImages = "arr_0";
  constexpr const char* kClasses = "arr_1";
  if (member_ != kImages || !npz_.has(kClasses)) return {};
  const NpyHeader header = npz_.header(kClasses);
  if (header.kind == 'f' || header.shape != std::vector<std::int64_t>{count_}) return {};
  Labels labels{npz_.read(kClasses).as_int64(), {}};
  check_labels(labels.classes, path() + ":" + kClasses);
  return labels;
}

}  // namespace

std::unique_ptr<ImageSource> open_npz_source(const std::string& path, const std::string& member) {
  return std::make_unique<NpzSource>(path, member);
}

}  // namespace gdd
