// Where images come from: a folder (recursive), a zip, or an npz with arr_0 [N,H,W,C] uint8. Recognised by
// content. What of it is no image, or is left out, is counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "images/image.h"
#include "images/labels.h"
#include "images/left_out.h"

namespace gdd {

class ZipReader;

class ImageSource {
 public:
  virtual ~ImageSource() = default;
  virtual std::int64_t size() const = 0;
  // "00003/img00003456.png" or "arr_0[17]": what a message about image i should say, after the source's own
  // path.
  virtual std::string name(std::int64_t index) const = 0;
  // Decodes image i as decode_image() does. Safe to call from several threads at once. `admit`, if any, is
  // told of the memory that is about to be taken. Error: damaged, with the name.
  virtual Image read(std::int64_t index, const Admit& admit) const = 0;
  Image read(std::int64_t index) const { return read(index, {}); }
  // So many threads are of use to read it ahead.
  virtual int readers() const { return std::numeric_limits<int>::max(); }
  // What is stored of image i, undecoded: equal bytes are equal images. Safe from several threads at once.
  virtual void visit_stored(std::int64_t index, const std::function<void(Bytes)>& visit) const = 0;
  // The classes of all images, read when they are asked for. Error: what tells them is damaged.
  virtual Labels labels() const { return {}; }
  const std::string& path() const { return path_; }
  const LeftOut& left_out() const { return left_out_; }

 protected:
  explicit ImageSource(std::string path) : path_(std::move(path)) {}
  void set_left_out(LeftOut left_out) { left_out_ = std::move(left_out); }

 private:
  std::string path_;
  LeftOut left_out_;
};

// Images of a folder or zip (pictures by their ending in any case, nested or not, hidden ones left out: see
// image_names.h) are ordered as EDM's dataset.py orders them: names as strings of the relative path with '/'.
// Links to folders are followed, each folder once. An npz is a zip with .npy members and no picture; its
// images are arr_0, uint8 [N,H,W,C] with C 1 or 3, or [N,H,W]; they are read as they are asked for, so that
// memory does not grow with N. Errors: missing; no images (with what was found instead); an npz without such
// an arr_0.
std::unique_ptr<ImageSource> open_image_source(const std::string& path);

// Whether a zip is an npz: it holds arrays and no pictures.
bool holds_arrays(const ZipReader& zip);

// EDM's seeded subset (dataset.py): idx = arange(total); numpy.random.RandomState(seed mod
// 2^31).shuffle(idx); sort(idx[:count]). Error: fewer than `count` images, or `count` < 1.
std::vector<std::int64_t> select_subset(std::int64_t total, std::int64_t count, std::uint32_t seed);

}  // namespace gdd
