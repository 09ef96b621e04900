#include "generation/seed_batches.h"

namespace gdd {

std::vector<SeedBatch> split_seeds(std::span<const std::int64_t> seeds, std::int64_t batch) {
  std::vector<SeedBatch> batches;
  const std::int64_t num_batches = (std::ssize(seeds) - 1) / batch + 1;
  const std::int64_t size = std::ssize(seeds) / num_batches, longer = std::ssize(seeds) % num_batches;
  std::int64_t first = 0;
  for (std::int64_t i = 0; i < num_batches; ++i) {
    const std::int64_t length = size + (i < longer ? 1 : 0);
    batches.push_back(
        {i, first, seeds.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(length))});
    first += length;
  }
  return batches;
}

}  // namespace gdd
