// Small TorchScript networks made in a test, each with its description beside it.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace gdd::testing_support {

// Saves `module` as path, and as path with .json a description of a network that takes images of `size`.
inline void save_network(torch::jit::Module module, const std::string& path, int size = 8) {
  module.register_attribute("training", c10::BoolType::get(), false);
  module.save(path);
  std::ofstream(std::filesystem::path(path).replace_extension(".json"))
      << R"({"name": "made", "resize": "tf1-bilinear", "input_size": )" << size << "}";
}

// A network whose forward(self, x) has `body`, lines without indentation.
inline void save_network(const std::string& body, const std::string& path, int size = 8) {
  torch::jit::Module module("Made");
  std::string code = "def forward(self, x: Tensor) -> Tensor:\n  ";
  for (const char c : body) code += c == '\n' ? "\n  " : std::string(1, c);
  module.define(code + "\n");
  save_network(module, path, size);
}

}  // namespace gdd::testing_support
