#include "metrics/exact_distance.h"

#include <Eigen/Core>

namespace gdd {

double exact_distance(std::span<const float> a, std::span<const float> b) {
  using Row = Eigen::Map<const Eigen::ArrayXf>;
  const auto size = static_cast<Eigen::Index>(a.size());
  return (Row(a.data(), size).cast<double>() - Row(b.data(), size).cast<double>()).square().sum();
}

}  // namespace gdd
