#include <array>

#include "expect_error.h"
#include "networks/stored_tree.h"

// modules.json of a converted file that holds the tensors "a", "b" and "c".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    static const std::array<float, 1> kNumber{1};
    gdd::StateDict tensors;
    for (const char* name : {"a", "b", "c"})
      tensors.emplace_back(
          name, gdd::TensorView{gdd::DType::kFloat32, {1}, {1}, 0, std::as_bytes(std::span(kNumber))});
    const gdd::ModuleTree tree = gdd::read_tree_text(std::string(gdd::as_text(bytes)), tensors, "fuzz");
    gdd::write_tree(tree, [](const std::string& path) { return path; });
  });
}
