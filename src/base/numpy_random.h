// numpy.random.RandomState for whole numbers: the seeded shuffles of EDM's subset (dataset.py), KID's subsets
// and torch-fidelity's inception score come out as numpy's, number for number.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace gdd {

class NumpyRandomState {
 public:
  // RandomState(seed), legacy seeding by one integer: init_genrand of MT19937, as std::mt19937 seeds itself.
  explicit NumpyRandomState(std::uint32_t seed) : engine_(seed) {}

  // RandomState.shuffle of a one-dimensional array, in place; at most 2^32 elements.
  void shuffle(std::vector<std::int64_t>& values);
  // RandomState.permutation(n): arange(n), shuffled. choice(n, k, replace=False) is its first k elements.
  std::vector<std::int64_t> permutation(std::int64_t n);

 private:
  // A number in [0, max], by masked rejection (random_interval of numpy's distributions.c).
  std::uint32_t draw_up_to(std::uint32_t max);

  std::mt19937 engine_;
};

}  // namespace gdd
