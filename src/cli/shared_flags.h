// Flags that every program has, spelled once: --threads, --device, --json, --version.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "compute/compute.h"
#include "distributed/work_share.h"

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace gdd {

struct SharedFlags {
  int threads = 0;                    // 0: as many as torch chooses (the cores, or OMP_NUM_THREADS)
  std::string device = "auto";        // cpu, cuda, cuda:N, auto: CUDA where it works, else the CPU
  std::string precision = "default";  // as ComputeRequest
  std::string json;                   // file for the report; empty: none
};

// The result, on stdout: all of it, NULs too.
void print(const std::string& text);
// The same, and there before anything else can fail.
void print_now(const std::string& text);

void add_shared_flags(CLI::App& app, SharedFlags& flags);

// Checks whose message says what is expected: "expected a whole number of at least 1, found '0'".
CLI::Validator whole_number(std::int64_t least, std::int64_t most = std::numeric_limits<std::int64_t>::max());
CLI::Validator seconds_up_to(double most);

// What a shell offers for a value that no check lists: it may be more (cuda:N), or is checked elsewhere, in
// better words. Accepts everything, and --help does not show it.
CLI::Validator suggest(const std::vector<std::string>& values);
// What such a validator carries; of any other nothing.
std::vector<std::string> suggested(const CLI::Validator& validator);

// Threads beyond the cores only take turns; thousands take minutes to start.
int most_threads();

// Parses argv. Returns an exit code when the program is done already (--help, --version), nothing when it
// should go on. A wrong flag is thrown as CLI::ParseError that says whose --help to see, which main_guard
// turns into exit 2.
std::optional<int> parse_flags(CLI::App& app, int argc, char** argv);

// For what describes programs and runs none: from now on parse_flags() shows its App to `reader` in place of
// parsing, and returns 0.
void read_flags_only(std::function<void(CLI::App& app)> reader);

// What parse_flags() was given, one line an argument, for ranks to compare: the program and its arguments,
// but for those that may be a rank's own (--device, --threads, --json, --jsonl, --csv, --html,
// --max-memory).
std::string shared_plan();

// The same as a line for a shell.
std::string command_line();

// The warning about bf16 on a CPU without it.
std::string slow_text(const std::string& flag);

// --device, --precision and --threads, resolved. Of ranks (`share`) all take the leader's number of threads,
// which decides the last bits, unless it is given. A ComputeScope then sets it.
Compute resolve_compute(const SharedFlags& flags, WorkShare& share);

}  // namespace gdd
