// Runs one of the real programs in build/bin and hands back what it printed and how it ended.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace gdd::testing {

struct Outcome {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;     // stdout
  std::string err;     // stderr
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A folder of one's own, removed with everything in it at the end of the test.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gdd-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// `arguments` go through the shell: quote what needs it. One thread, so that bits do not depend on the
// machine's cores.
inline Outcome run_program(const std::string& program, const std::string& arguments) {
  const ScratchFolder scratch;
  const std::string command = "OMP_NUM_THREADS=1 '" + std::string(GDD_BIN) + "/" + program + "' " +
                              arguments + " >'" + scratch / "out" + "' 2>'" + scratch / "err" +
                              "' </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(scratch / "out"),
          read_text(scratch / "err")};
}

}  // namespace gdd::testing
