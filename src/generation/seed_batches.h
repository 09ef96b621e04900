// How a list of seeds is cut into batches, which decides the last bits of every image.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gdd {

struct SeedBatch {
  std::int64_t number = 0;              // of the batch, from 0
  std::int64_t first = 0;               // position of its first seed in the list
  std::span<const std::int64_t> seeds;  // of that list, which lives longer
};

// Upstream's batches: numpy.array_split of the list, of at least one seed, into ceil(length / batch) parts;
// the first parts are one longer where it does not divide (100 at 64 are 50 and 50).
std::vector<SeedBatch> split_seeds(std::span<const std::int64_t> seeds, std::int64_t batch);

}  // namespace gdd
