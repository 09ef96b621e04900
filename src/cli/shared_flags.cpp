#include "cli/shared_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <limits>
#include <string_view>
#include <thread>
#include <utility>

#include "base/joined.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/printable.h"
#include "compute/version.h"

namespace gdd {

namespace {

// Of one process; set once, by parse_flags().
std::string& plan_given() {
  static std::string plan;
  return plan;
}

std::string& command_given() {
  static std::string command;
  return command;
}

std::function<void(CLI::App&)>& flag_reader() {
  static std::function<void(CLI::App&)> reader;
  return reader;
}

constexpr std::string_view kSuggestion = "suggest:";  // begins the name of such a validator; commas divide

// A flag and its value, which may stand in one argument or in two, are one line.
std::string plan_of(const std::string& program, int argc, char** argv) {
  constexpr std::string_view kOwn[] = {"--device", "--threads", "--json",      "--jsonl",
                                       "--csv",    "--html",    "--max-memory"};
  std::string plan = program + "\n";
  for (int i = 1; i < argc; ++i) {
    std::string line = argv[i];
    const std::string flag = line.substr(0, line.find('='));
    const bool has_value = line.starts_with("--") && flag == line && i + 1 < argc && argv[i + 1][0] != '-';
    if (has_value) line += std::string(" ") + argv[++i];
    if (std::ranges::find(kOwn, flag) == std::end(kOwn)) plan += line + "\n";
  }
  return plan;
}

// "gdd-fid calc": whose --help lists the flags that were given.
std::string command_of(const CLI::App& app) {
  std::string command = app.get_name();
  for (const CLI::App* sub : app.get_subcommands()) command += " " + sub->get_name();
  return command;
}

}  // namespace

int most_threads() { return std::max(64, 4 * static_cast<int>(std::thread::hardware_concurrency())); }

std::string shared_plan() { return plan_given(); }

std::string command_line() { return command_given(); }

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  const bool bounded = most < std::numeric_limits<std::int64_t>::max();
  const std::string wanted = (bounded ? "from " : "of at least ") + std::to_string(least) +
                             (bounded ? " to " + std::to_string(most) : "");
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool whole = error == std::errc() && end == text.data() + text.size();
        return whole && value >= least && value <= most
                   ? ""
                   : "expected a whole number " + wanted + ", found " + gdd::quoted(text);
      },
      bounded ? "[" + std::to_string(least) + " - " + std::to_string(most) + "]" : "");
}

CLI::Validator seconds_up_to(double most) {
  return CLI::Validator(
      [most](std::string& text) -> std::string {
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool number = error == std::errc() && end == text.data() + text.size();
        char limit[32];
        std::snprintf(limit, sizeof limit, "%g", most);
        return number && value >= 0 && value <= most
                   ? ""
                   : std::string("expected seconds from 0 to ") + limit + ", found " + gdd::quoted(text);
      },
      "");
}

CLI::Validator suggest(const std::vector<std::string>& values) {
  return CLI::Validator([](std::string&) { return std::string(); }, "",
                        std::string(kSuggestion) + joined(values, ","));
}

std::vector<std::string> suggested(const CLI::Validator& validator) {
  const std::string& name = validator.get_name();
  if (!name.starts_with(kSuggestion)) return {};
  return CLI::detail::split(name.substr(kSuggestion.size()), ',');
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void print_now(const std::string& text) {
  print(text);
  std::fflush(stdout);
}

void add_shared_flags(CLI::App& app, SharedFlags& flags) {
  app.add_option("--threads", flags.threads, "Threads for computing  [default: one a core]")
      ->check(whole_number(1, most_threads()).description(""));  // pages are read on other machines
  app.add_option("--device", flags.device, "Where to compute: cpu, cuda, cuda:N or auto")
      ->check(suggest({"cpu", "cuda", "auto"}))
      ->capture_default_str();
  app.add_option("--precision", flags.precision,
                 "default: as upstream, float32 on a CPU, convolutions in TF32 on CUDA, edm there in half "
                 "where the network "
                 "says so; fp32; bf16: layers in bfloat16, faster and less exact; on CUDA also tf32 and fp16")
      ->check(CLI::IsMember({"default", "fp32", "tf32", "bf16", "fp16"}))
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--max-memory",
         [](const std::string& text) { set_memory_budget(parse_memory(text, "--max-memory")); },
         "Memory that files may ask for, such as 4G  [default: a quarter of the machine's]")
      ->type_name("SIZE");
  app.add_option("--json", flags.json, "Write the report to FILE")->type_name("FILE");
  app.set_version_flag("--version", version_text());
}

void read_flags_only(std::function<void(CLI::App& app)> reader) { flag_reader() = std::move(reader); }

std::optional<int> parse_flags(CLI::App& app, int argc, char** argv) {
  if (flag_reader()) {
    flag_reader()(app);
    return 0;
  }
  plan_given() = plan_of(app.get_name(), argc, argv);
  command_given() = app.get_name();
  for (int i = 1; i < argc; ++i) command_given() += " " + shell_quoted(argv[i]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    throw CLI::ParseError(std::string(error.what()) + "; see " + command_of(app) + " --help",
                          error.get_exit_code());
  }
  return std::nullopt;
}

std::string slow_text(const std::string& flag) {
  return "this CPU has no instructions for bfloat16: " + flag +
         " bf16 gives its numbers, but is slower than fp32";
}

Compute resolve_compute(const SharedFlags& flags, WorkShare& share) {
  Compute compute = resolve_compute({flags.device, flags.precision, flags.threads, share.local_rank()});
  // Every rank makes this call, whatever its own flags are.
  const std::string leaders = share.tell_all(std::to_string(compute.threads));
  if (flags.threads == 0) compute.threads = std::stoi(leaders);
  if (compute.reduced() && !has_fast_bfloat16(compute.device)) log_warning(slow_text("--precision"));
  return compute;
}

}  // namespace gdd
