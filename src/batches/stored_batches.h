// Images of files as batches, decoded ahead on threads of their own.
#pragma once

#include <cstdint>
#include <vector>

#include "batches/batch_source.h"
#include "images/source.h"

namespace gdd {

class StoredImages : public ImageSet {
 public:
  // The images `chosen` of `source`, which outlives this; `decoders` threads read ahead (0: as many as
  // compute).
  StoredImages(const ImageSource& source, std::vector<std::int64_t> chosen, int decoders = 0)
      : source_(source), chosen_(std::move(chosen)), decoders_(decoders) {}

  std::int64_t size() const override { return std::ssize(chosen_); }
  const std::vector<std::int64_t>& chosen() const { return chosen_; }
  const std::string& where() const override { return source_.path(); }
  std::string name(std::int64_t position) const override {
    return source_.name(chosen_.at(static_cast<std::size_t>(position)));
  }
  // A batch also ends where its pixels take 256 MB: large photographs make smaller batches, the same on every
  // machine. Error: a damaged image, when its batch is asked for.
  std::unique_ptr<BatchSource> range(std::int64_t first, std::int64_t last, std::int64_t batch) override;

 private:
  const ImageSource& source_;
  std::vector<std::int64_t> chosen_;
  int decoders_;
};

}  // namespace gdd
