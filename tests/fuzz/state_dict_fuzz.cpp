#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "expect_error.h"
#include "networks/state_dict_tree.h"
#include "networks/stored_tree.h"

namespace {

// A folder of this process for the one description that lies beside a file of weights.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / ("gdd-state-dict-fuzz-" + std::to_string(getpid()))) {
    std::filesystem::create_directory(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// What a line says: "model.out_conv.weight 3 16 3 3". Every number of it is the same four bytes.
void add_tensor(const std::string& line, gdd::StateDict& tensors) {
  static const std::array<float, 1> kNumber{1};
  std::istringstream words(line);
  std::string name;
  words >> name;
  gdd::TensorView view{gdd::DType::kFloat32, {}, {}, 0, std::as_bytes(std::span(kNumber))};
  for (std::int64_t size = 0; view.shape.size() < 8 && words >> size;) {
    view.shape.push_back(size < 0 ? 0 : size);
    view.strides.push_back(0);
  }
  tensors.emplace_back(name, view);
}

}  // namespace

// A state dict as lines: tensors; "KEY=VALUE" as --assume; "{...}" for the JSON beside a file that is named
// "cd_x.pt", or "x.pt" where a line is ".".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  return run_target(data, size, [](gdd::Bytes bytes) {
    std::istringstream lines{std::string(gdd::as_text(bytes))};
    std::string name = "cd_x", json;
    std::vector<std::string> assumed;
    gdd::StateDict tensors;
    for (std::string line; std::getline(lines, line);) {
      if (line == ".")
        name = "x";
      else if (line.starts_with("{"))
        json = line;
      else if (line.find('=') != std::string::npos)
        assumed.push_back(line);
      else
        add_tensor(line, tensors);
    }
    const std::string beside = folder.file(name + ".json");
    if (!json.empty()) std::ofstream(beside) << json;
    const auto read = [&] {
      gdd::Assumptions said(assumed);
      return gdd::tree_of_state_dict(tensors, folder.file(name + ".pt"), said);
    };
    try {
      gdd::write_tree(read().tree, [](const std::string& path) { return path; });
    } catch (const gdd::Error&) {
      std::filesystem::remove(beside);
      throw;
    }
    std::filesystem::remove(beside);
  });
}
