#include "cli/spin_briefly.h"

#include <unistd.h>

#include <climits>
#include <cstddef>
#include <cstring>

namespace gdd {
namespace {

constexpr char kSpin[] = "GOMP_SPINCOUNT=10000";
constexpr std::size_t kMostVariables = 4096;  // with more of them nothing is done

// What the user has said of waiting, or the mark of a tool that watches this process.
constexpr const char* kHandsOff[] = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "LD_PRELOAD"};

bool is_value_of(const char* variable, const char* name) {
  const std::size_t length = std::strlen(name);
  return std::strncmp(variable, name, length) == 0 && variable[length] == '=';
}

const char* file_name(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash ? slash + 1 : path;
}

}  // namespace

void spin_briefly(int argc, char** argv, char** environment) {
  if (argc < 3) return;  // --help, --version: nothing computes
  const char* variables[kMostVariables + 2];
  std::size_t count = 0;
  for (; environment[count]; ++count) {
    if (count == kMostVariables) return;
    for (const char* name : kHandsOff)
      if (is_value_of(environment[count], name)) return;
    if (std::strcmp(environment[count], "OMP_NUM_THREADS=1") == 0) return;  // nobody to wait for
    variables[count] = environment[count];
  }
  variables[count++] = kSpin;
  variables[count] = nullptr;
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = '\0';
  if (std::strcmp(file_name(path), file_name(argv[0])) != 0) return;  // a loader that was given this program
  execve(path, argv, const_cast<char**>(variables));  // returns if it fails; then all is as it was
}

}  // namespace gdd
