// What is wrong with a set of weights, by the names of the tensors. Internal to this room.
#pragma once

#include <string>
#include <vector>

namespace gdd {

struct WeightFaults {
  std::vector<std::string> missing, unknown, misshapen, infinite;

  bool none() const { return missing.empty() && unknown.empty() && misshapen.empty() && infinite.empty(); }
  // "3 weights are missing (conv/conv2d_params, ...); 1 weight is not finite (fc)": of each kind the first
  // few names say enough.
  std::string text() const;
};

// A name out of a file, for such a list.
std::string weight_name(const std::string& name);

}  // namespace gdd
