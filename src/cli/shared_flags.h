// Flags that every program has, spelled once: --threads, --device, --json, --version.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace c10 {
struct Device;
}

namespace gdd {

struct SharedFlags {
  int threads = 0;                    // 0: as many as torch chooses (the cores, or OMP_NUM_THREADS)
  std::string device = "auto";        // cpu, cuda, cuda:N, auto: CUDA where it works, else the CPU
  std::string precision = "default";  // or fp32
  std::string json;                   // file for the report; empty: none
};

// The result, on stdout: all of it, NULs too.
void print(const std::string& text);

void add_shared_flags(CLI::App& app, SharedFlags& flags);

// Checks whose message says what is expected: "expected a whole number of at least 1, found '0'".
CLI::Validator whole_number(std::int64_t least, std::int64_t most = std::numeric_limits<std::int64_t>::max());
CLI::Validator seconds_up_to(double most);

// Parses argv. Returns an exit code when the program is done already (--help, --version), nothing when it
// should go on. A wrong flag is thrown as CLI::ParseError, which main_guard turns into exit 2.
std::optional<int> parse_flags(CLI::App& app, int argc, char** argv);

// What parse_flags() was given, one line an argument, for ranks to compare: the program and its arguments,
// but for those that may be a rank's own (--device, --threads, --json, --max-memory).
std::string shared_plan();

// Applies --precision to torch and says what networks compute in on that device, for the report. On CUDA
// torch's default, and so upstream's, is TF32 in convolutions; fp32 turns it off. A CPU has float32 alone.
std::string apply_precision(const std::string& precision, const c10::Device& device);

// Applies --threads to torch's and the BLAS library's pools. Returns the number in use, for the report.
int apply_threads(int threads);

}  // namespace gdd
