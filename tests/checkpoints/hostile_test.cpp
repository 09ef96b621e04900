// Replays tests/data/hostile (made by make_hostile.py): every file ends in one gdd::Error, valid-* are read,
// nothing in them is executed, and none takes much memory.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "archive/npz.h"
#include "archive/zip.h"
#include "checkpoints/checkpoint.h"
#include "checkpoints/files.h"
#include "checkpoints/numpy_pickle.h"

namespace gdd {
namespace {

void read_tensors(const ModuleTree& module) {
  for (const auto* tensors : {&module.parameters, &module.buffers})
    for (const auto& [name, tensor] : *tensors) {
      if (!tensor) continue;
      std::vector<float> elements(static_cast<std::size_t>(tensor->numel()));
      tensor->copy_as_float32(elements.data());
    }
  for (const auto& [name, child] : module.children) read_tensors(child);
}

void read_checkpoint(const std::string& path) {
  const Checkpoint checkpoint = Checkpoint::open(path);
  checkpoint.sources();
  const std::vector<std::string> names = checkpoint.module_names();
  if (names.empty()) checkpoint.state_dict();
  for (const std::string& name : names) read_tensors(checkpoint.module(name));
}

void read_zip(const std::string& path) {
  const ZipReader zip(path);
  for (const ZipReader::Entry& entry : zip.entries()) zip.read(entry.name);
}

void read_npz(const std::string& path) {
  const NpzReader npz(path);
  if (npz.names().empty()) throw Error(path, "no arrays");  // whether that is wrong is for whoever wants one
  for (const std::string& name : npz.names()) npz.read(name);
}

void read_any(const std::filesystem::path& path) {
  const std::string extension = path.extension();
  if (extension == ".zip") return read_zip(path);
  if (extension == ".npz") return read_npz(path);
  if (extension == ".npy") {
    const SharedFile file = map_file(path);
    return void(parse_npy({file->bytes().begin(), file->bytes().end()}, path));
  }
  read_checkpoint(path);
}

std::vector<std::filesystem::path> hostile_files() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(data_file("hostile")))
    if (entry.is_regular_file()) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// While it lives, the process may take 300 MB more than it has (not under AddressSanitizer, which maps
// terabytes).
class MemoryLimit {
 public:
  MemoryLimit() {
#if !defined(__SANITIZE_ADDRESS__)
    ::getrlimit(RLIMIT_AS, &before_);
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = before_;
    limit.rlim_cur = std::min<rlim_t>(before_.rlim_max, pages * 4096 + (300u << 20));
    ::setrlimit(RLIMIT_AS, &limit);
#endif
  }
  ~MemoryLimit() {
#if !defined(__SANITIZE_ADDRESS__)
    ::setrlimit(RLIMIT_AS, &before_);
#endif
  }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  rlimit before_{};
};

class Hostile : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Hostile, EndsInOneErrorAndRunsNothing) {
  const MemoryLimit limit;
  std::filesystem::remove("gdd-canary");
  const std::string error = error_of([&] { read_any(GetParam()); });
  EXPECT_EQ(error == "no error", GetParam().filename().string().starts_with("valid-")) << error;
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 0) << error;
  EXPECT_FALSE(std::filesystem::exists("gdd-canary"));
}

INSTANTIATE_TEST_SUITE_P(Files, Hostile, ::testing::ValuesIn(hostile_files()), [](const auto& parameter) {
  std::string name = parameter.param.filename();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
});

TEST(HostileCollection, IsThere) { EXPECT_GE(hostile_files().size(), 150u); }

// The reader of arrays in pickles meets the same files; it never looks into storages, so some of them are
// none of its business, but nothing may run.
TEST(HostileCollection, CallsNothingWhenReadAsArrays) {
  std::filesystem::remove("gdd-canary");
  std::size_t refused = 0;
  for (const std::filesystem::path& path : hostile_files())
    if (path.extension() == ".pkl")
      refused += error_of([&] { read_numpy_dict(map_file(path)->bytes(), path); }) != "no error";
  EXPECT_GE(refused, 50u);
  EXPECT_FALSE(std::filesystem::exists("gdd-canary"));
}

}  // namespace
}  // namespace gdd
