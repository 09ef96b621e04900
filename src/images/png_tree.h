// PNG files named after seeds: {outdir}/{seed:06d}.png, or with subdirs
// {outdir}/{seed - seed % 1000:06d}/{seed:06d}.png (GDD generate.py). Grey images give grey PNG.
#pragma once

#include <cstdint>
#include <string>

#include "images/image.h"

namespace gdd {

class PngTree {
 public:
  // Error at once when the folder cannot be made or written.
  PngTree(const std::string& outdir, bool subdirs);

  std::string path_of(std::int64_t seed) const;
  // Whole or not at all, in any order and from several processes. Gives the SHA-256 of the file.
  std::string write(std::int64_t seed, const Image& image) const;
  // One flush to the disk for all files, as one for each would take longer than making small images.
  void flush() const;
  const std::string& outdir() const { return outdir_; }

 private:
  std::string outdir_;
  bool subdirs_;
};

}  // namespace gdd
