#include "cli/shared_flags.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/memory_budget.h"
#include "cli/version.h"

namespace gdd {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void add_shared_flags(CLI::App& app, SharedFlags& flags) {
  app.add_option("--threads", flags.threads, "Threads for computing  [default: one a core]")
      ->check(CLI::Range(1, 4096));
  app.add_option("--device", flags.device, "Where to compute: cpu, cuda, cuda:N or auto")
      ->capture_default_str();
  app.add_option(
         "--precision", flags.precision,
         "On CUDA: default (TF32 convolutions, edm in half where the network says so; as upstream) or fp32")
      ->check(CLI::IsMember({"default", "fp32"}))
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--max-memory",
         [](const std::string& text) { set_memory_budget(parse_memory(text, "--max-memory")); },
         "Memory that files may ask for, such as 4G  [default: a quarter of the machine's]")
      ->type_name("SIZE");
  app.add_option("--json", flags.json, "Write the report to FILE")->type_name("FILE");
  app.set_version_flag("--version", version_text());
}

std::optional<int> parse_flags(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  }
  return std::nullopt;
}

std::string apply_precision(const std::string& precision, const c10::Device& device) {
  if (device.is_cpu()) return "float32";
  if (precision == "default") return "float32, convolutions in TF32";
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setFloat32MatmulPrecision("highest");
  return "float32";
}

int apply_threads(int threads) {
  if (threads > 0) at::set_num_threads(threads);
  return at::get_num_threads();
}

}  // namespace gdd
