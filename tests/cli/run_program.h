// Runs one of the real programs in build/bin and hands back what it printed and how it ended.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "support/temporary_folder.h"

namespace gdd::testing {

struct Outcome {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;     // stdout
  std::string err;     // stderr
};

using ScratchFolder = testing_support::TemporaryFolder;
using testing_support::read_text;

// `arguments` go through the shell: quote what needs it. One thread, so that bits do not depend on the
// machine's cores.
inline Outcome run_program(const std::string& program, const std::string& arguments,
                           const std::string& folder = GDD_BIN) {
  const ScratchFolder scratch;
  const std::string command = "OMP_NUM_THREADS=1 '" + folder + "/" + program + "' " + arguments + " >'" +
                              scratch / "out" + "' 2>'" + scratch / "err" + "' </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(scratch / "out"),
          read_text(scratch / "err")};
}

}  // namespace gdd::testing
