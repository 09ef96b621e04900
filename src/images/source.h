// Where images come from: a folder (recursive), a zip, or an npz with arr_0 [N,H,W,C] uint8. Recognised by
// content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "images/image.h"

namespace gdd {

class ImageSource {
 public:
  virtual ~ImageSource() = default;
  virtual std::int64_t size() const = 0;
  // "00003/img00003456.png" or "arr_0[17]": what a message about image i should say, after the source's own
  // path.
  virtual std::string name(std::int64_t index) const = 0;
  // Decodes image i. Safe to call from several threads at once. Grey and RGB come as they are; alpha is
  // dropped (as Pillow's convert('RGB') does), palettes are expanded, 16 bit is scaled down. Error: damaged,
  // with the name.
  virtual Image read(std::int64_t index) const = 0;
  // What is stored of image i, undecoded: equal bytes are equal images. Safe from several threads at once.
  virtual std::vector<std::byte> stored_bytes(std::int64_t index) const = 0;
  const std::string& path() const { return path_; }

 protected:
  explicit ImageSource(std::string path) : path_(std::move(path)) {}

 private:
  std::string path_;
};

// Images of a folder or zip (.png .jpg .jpeg in any case, nested or not) are ordered as EDM's dataset.py
// orders them: names as strings of the relative path with '/'. An npz is a zip with .npy members; its images
// are arr_0, uint8 [N,H,W,C] with C 1 or 3, or [N,H,W]; they are read as they are asked for, so that memory
// does not grow with N. Errors: missing; no images (with what was found instead); an npz without such an
// arr_0.
std::unique_ptr<ImageSource> open_image_source(const std::string& path);

// EDM's seeded subset (dataset.py): idx = arange(total); numpy.random.RandomState(seed mod
// 2^31).shuffle(idx); sort(idx[:count]). Error: fewer than `count` images, or `count` < 1.
std::vector<std::int64_t> select_subset(std::int64_t total, std::int64_t count, std::uint32_t seed);

}  // namespace gdd
