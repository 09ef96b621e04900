#include "cli/main_guard.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <string>

#include "base/log.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr int kOk = 0, kFailed = 1, kUsage = 2;

// Errors of torch carry a C++ stack trace behind their first line, which tells a user nothing.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

int complain(int exit_code, const std::string& message) {
  log_error(message);
  return exit_code;
}

int exit_code(int argc, char** argv, int (*command)(int argc, char** argv), const std::string& program) {
  try {
    const int code = command(argc, argv);
    if (std::fflush(stdout) != 0) return complain(kFailed, "stdout: cannot write the result");
    return code;
  } catch (const CLI::ParseError& error) {
    return complain(kUsage, std::string(error.what()) + "; see " + program + " --help");
  } catch (const Error& error) {
    return complain(error.kind() == Error::Kind::kUsage ? kUsage : kFailed, error.what());
  } catch (const std::bad_alloc&) {
    return complain(kFailed, "not enough memory; try a smaller --batch");
  } catch (const std::exception& error) {
    return complain(kFailed, first_line(error.what()));
  }
  return kOk;
}

}  // namespace

void main_guard(int argc, char** argv, int (*command)(int argc, char** argv)) {
  const std::string program = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "gdd";
  open_log(program);
  const int code = exit_code(argc, argv, command, program);
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace gdd
