// The weights of Vision Transformers as tests/data/vit/make.py makes them: an element is a function of its
// tensor's name, its shape and its place.
#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/safetensors_file.h"

namespace gdd::testing_support {

inline MadeTensor made_tensor(const std::string& name, const std::vector<std::int64_t>& shape) {
  std::uint64_t seed = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::int64_t count = 1, wide = 0;
  for (const std::int64_t size : shape) {
    count *= size;
    wide += size > 1;
  }
  const auto ends = [&](const char* ending) { return name.ends_with(ending); };
  const bool norm = wide == 1 && ends("weight"), scale = ends("gamma") || ends("lambda1");
  int k = 0;
  if (wide > 1 && (ends("weight") || ends("proj")))
    for (k = 1; std::int64_t{1} << (2 * k) <= count / shape[0]; ++k) {
    }
  MadeTensor tensor{name, shape, {}};
  for (std::int64_t i = 1; i <= count; ++i) {
    std::uint64_t z = seed + 0x9e3779b97f4a7c15 * static_cast<std::uint64_t>(i);  // splitmix64
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    float u = static_cast<float>(z >> 40) * 0x1p-24F - 0.5F;
    if (norm)
      u = 1 + u * 0.5F;
    else if (scale)
      u = 0.5F + u;
    else if (k > 0)  // the last k for which 4^k <= fan in, and a factor of two
      u = u * std::ldexp(1.0F, 2 - k);
    tensor.values.push_back(u);
  }
  return tensor;
}

// Of layouts.json, under that name.
inline std::vector<MadeTensor> made_weights(const std::string& layout) {
  const auto layouts = nlohmann::json::parse(read_text(std::string(GDD_TEST_DATA) + "/vit/layouts.json"));
  std::vector<MadeTensor> tensors;
  for (const auto& row : layouts.at(layout))
    tensors.push_back(made_tensor(row.at(0).get<std::string>(), row.at(1).get<std::vector<std::int64_t>>()));
  return tensors;
}

}  // namespace gdd::testing_support
