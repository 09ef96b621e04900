// Safetensors that a test writes: right ones, and wrong ones from a header of its own.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "support/temporary_folder.h"

namespace gdd::testing_support {

// The bytes of such a file.
inline std::string safetensors_text(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string text(sizeof length, '\0');
  std::memcpy(text.data(), &length, sizeof length);
  return text + header + data;
}

struct MadeTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  std::string dtype = "F32";
};

inline std::string safetensors_of(const std::vector<MadeTensor>& tensors) {
  std::string header = R"({"__metadata__":{"format":"pt"})", data;
  for (const MadeTensor& tensor : tensors) {
    const std::size_t bytes = tensor.values.size() * sizeof(float);
    std::string shape;
    for (const std::int64_t size : tensor.shape) shape += (shape.empty() ? "" : ",") + std::to_string(size);
    header += ",\"" + tensor.name + "\":{\"dtype\":\"" + tensor.dtype + "\",\"shape\":[" + shape +
              "],\"data_offsets\":[" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + bytes) + "]}";
    data.append(reinterpret_cast<const char*>(tensor.values.data()), bytes);
  }
  return safetensors_text(header + "}", data);
}

}  // namespace gdd::testing_support
