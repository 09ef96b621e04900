// The images of a run in small, to be shown; kept among the records of the run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/observer.h"
#include "batches/image_batch.h"
#include "gdd/report.h"
#include "generation/options.h"
#include "networks/network.h"

namespace gdd {

class SeedPictures {
 public:
  // `records`: the folder of the run's records, whose settings are those of `options`. `network` and
  // `observer` live longer.
  SeedPictures(const Network& network, const GenerateOptions& options, const std::string& records,
               Observer& observer);

  // Keeps those of the run's first `count` images that are in the batch.
  void keep_first(const ImageBatch& batch, std::int64_t count) const;

  // The images at these positions, in that order. What is not kept is made, one by one, so that a picture
  // depends on no others; its last bits may be apart from those of the image of a batch.
  std::vector<Picture> pictures(const std::vector<std::int64_t>& positions) const;

 private:
  std::int64_t seed_at(std::int64_t position) const {
    return options_.seeds.at(static_cast<std::size_t>(position));
  }
  std::string path(std::int64_t position) const;
  std::vector<std::byte> make(std::int64_t position) const;

  const Network& network_;
  GenerateOptions options_;
  std::string folder_;
  Observer& observer_;
};

}  // namespace gdd
