// Every file of tests/data/hostile through the program a user would give it to: one clear line and exit 1, no
// output, nothing run, and no more memory than a bound.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <vector>

#include "cli/run_program.h"

namespace gdd::testing {
namespace {

namespace fs = std::filesystem;

constexpr long kMaxKilobytes = 300 * 1024;  // above what the program takes for --help

struct Ending {
  int exit_code = -1;  // -1: ended by a signal
  long peak_kilobytes = 0;
};

// Runs in `folder`, stderr into folder/err. A program that hangs is stopped by the kernel after 20 s of work.
Ending run_in(const ScratchFolder& folder, std::vector<std::string> arguments) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit processor_seconds{20, 20};
    ::setrlimit(RLIMIT_CPU, &processor_seconds);
    const int err = ::open((folder / "err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int nothing = ::open("/dev/null", O_WRONLY);
    if (::chdir(folder.path().c_str()) != 0 || ::dup2(err, 2) < 0 || ::dup2(nothing, 1) < 0) ::_exit(99);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    ::_exit(98);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, usage.ru_maxrss};
}

std::string program(const std::string& name) { return std::string(GDD_BIN) + "/" + name; }

std::vector<fs::path> hostile_files() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(GDD_TEST_DATA "/hostile"))
    if (entry.is_regular_file()) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

// What a program takes for itself, most of it LibTorch: gdd-convert stands for all.
long idle_kilobytes() {
  static const long kilobytes = run_in(ScratchFolder(), {program("gdd-convert"), "--help"}).peak_kilobytes;
  return kilobytes;
}

bool is_checkpoint(const fs::path& path) {
  return path.extension() == ".pkl" || path.extension() == ".pt" || path.extension() == ".pth";
}

class HostileFile : public ::testing::TestWithParam<fs::path> {};

TEST_P(HostileFile, EndsInOneLineAndLeavesNothing) {
  const ScratchFolder folder;
  const bool checkpoint = is_checkpoint(GetParam());
  const std::string name = program(checkpoint ? "gdd-convert" : "gdd-fid");
  const Ending ending = checkpoint ? run_in(folder, {name, GetParam(), "out.pt"})
                                   : run_in(folder, {name, "inspect", GetParam()});
  const std::string err = read_text(folder / "err");
  if (!GetParam().filename().string().starts_with("valid-")) {  // those are sound, and hold no network
    EXPECT_EQ(ending.exit_code, 1) << err;
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
    EXPECT_NE(err.find(": error: "), std::string::npos) << err;
    EXPECT_FALSE(fs::exists(folder / "out.pt"));
  }
  EXPECT_GE(ending.exit_code, 0);
  EXPECT_LT(ending.peak_kilobytes - idle_kilobytes(), kMaxKilobytes);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), fs::exists(folder / "out.pt") ? 2 : 1)
      << "something else than the error text was written";
}

INSTANTIATE_TEST_SUITE_P(Files, HostileFile, ::testing::ValuesIn(hostile_files()), [](const auto& parameter) {
  std::string name = fs::relative(parameter.param, GDD_TEST_DATA "/hostile").string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
});

}  // namespace
}  // namespace gdd::testing
