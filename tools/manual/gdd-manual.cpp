// gdd-manual FOLDER PROGRAM...: completions and pages of these programs, made while they are built and
// installed with them: FOLDER/{bash,zsh,fish,man}/.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "cli/convert.h"
#include "cli/eval.h"
#include "cli/fid.h"
#include "cli/is.h"
#include "cli/pr.h"
#include "cli/sample.h"
#include "compute/version.h"
#include "gdd/error.h"
#include "manual/pages.h"
#include "manual/read_command.h"

namespace gdd {
namespace {

struct Program {
  const char* name;
  int (*run)(int argc, char** argv);
};

constexpr Program kPrograms[] = {
    {"gdd-convert", convert_main}, {"gdd-eval", eval_main}, {"gdd-fid", fid_main},
    {"gdd-is", is_main},           {"gdd-pr", pr_main},     {"gdd-sample", sample_main},
};

Command read(const std::string& name) {
  for (const Program& program : kPrograms)
    if (name == program.name) return read_command(name, program.run);
  throw Error(name, "is not in the table of tools/manual/gdd-manual.cpp");
}

void write(const std::filesystem::path& path, const std::string& text) {
  write_file_atomically(path.string(), as_bytes(text));
}

void write_all(const std::filesystem::path& folder, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const Command program = read(name);
    write(folder / "bash" / name, bash_completion(program));
    write(folder / "zsh" / ("_" + name), zsh_completion(program));
    write(folder / "fish" / (name + ".fish"), fish_completion(program));
    write(folder / "man" / (name + ".1"), man_page(program, suite_version(), names));
  }
}

}  // namespace
}  // namespace gdd

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("gdd-manual FOLDER PROGRAM...\n", stderr);
    return 2;
  }
  try {
    gdd::write_all(argv[1], {argv + 2, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gdd-manual: %s\n", error.what());
    return 1;
  }
  return 0;
}
