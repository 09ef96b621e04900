#include "cli/convert.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/log.h"
#include "cli/file_roles.h"
#include "cli/generate_flags.h"
#include "cli/shared_flags.h"
#include "compute/compute_scope.h"
#include "compute/describe.h"
#include "detectors/describe_weights.h"
#include "distributed/work_share.h"
#include "gdd/error.h"
#include "gdd/report.h"
#include "networks/describe_file.h"
#include "networks/fixed_run.h"
#include "networks/network.h"

namespace gdd {
namespace {

constexpr const char* kExamples = R"(Examples:
  gdd-convert all_ckpt/cifar_uncond_gdd_i.pkl cifar.pt
  gdd-convert all_ckpt/gdd-demo.pkl demo.pt --ema false --verify
  gdd-convert --show all_ckpt/gdd-demo.pkl

In Python afterwards:
  net = torch.jit.load('cifar.pt')
  images = net(latents * net.sigma_max, torch.tensor([net.sigma_max]))
)";

struct ConvertFlags {
  SharedFlags shared;
  std::string in, out;
  std::vector<std::string> assumed;
  bool ema = true, show = false, verify = false, digest = false;
};

void add_flags(CLI::App& app, ConvertFlags& flags) {
  app.add_option("IN", flags.in, "Snapshot (.pkl), or a converted network (.pt)")
      ->type_name("FILE")
      ->required();
  app.add_option("OUT", flags.out, "TorchScript file to write")->type_name("FILE");
  app.add_option("--ema", flags.ema, "true: the averaged weights; false: the raw ones")
      ->type_name("BOOL")
      ->default_str("true");
  add_assume_flag(app, flags.assumed);
  app.add_flag("--show", flags.show, "Print what IN holds; nothing is converted or computed");
  app.add_flag("--verify", flags.verify, "Run what was written and print its largest difference");
  app.add_flag("--digest", flags.digest, "Print one hash of a fixed small run of the network");
  add_shared_flags(app, flags.shared);
  app.get_option("--precision")
      ->description("default or fp32: a file is the same whatever it will run in")
      ->check(CLI::IsMember({"default", "fp32"}));
  app.footer(kExamples);
}

void check_flags(const ConvertFlags& flags) {
  if (flags.show && !flags.out.empty()) throw Error::usage("--show", "expected one file, found two");
  if (!flags.show && !flags.digest && flags.out.empty())
    throw Error::usage("OUT", "expected the file to write", "or --show or --digest to look at IN only");
  if (flags.show && !flags.shared.json.empty())
    throw Error::usage("--json", "--show writes no report", "give --digest --json FILE, or leave one out");
  if (flags.verify && flags.out.empty()) throw Error::usage("--verify", "expected OUT, the file to verify");
  if (flags.shared.device != "auto" && flags.shared.device != "cpu")
    throw Error::usage(
        "--device",
        "converting needs no device, and digests are of the CPU; found '" + flags.shared.device + "'",
        "leave it out: the file runs on any device");
}

void add_provenance(const Network& network, const ConvertFlags& flags, const Compute& compute,
                    Report& report) {
  const NetworkInfo& info = network.info();
  std::vector<ProvenanceEntry> entries = describe(compute);
  const std::vector<ProvenanceEntry> own{
      {"network.in", flags.in},
      {"network.out", flags.out},
      {"network.precond", info.precond},
      {"network.model", info.model},
      {"network.weights", info.weights},
      {"network.num_parameters", std::to_string(info.num_parameters), true},
      {"hashes.snapshot", info.snapshot_sha256}};
  entries.insert(entries.end(), own.begin(), own.end());
  report.provenance.insert(report.provenance.begin(), entries.begin(), entries.end());
}

// Equal bits are promised: the file holds the very module that was built.
void verify(const Network& network, const ConvertFlags& flags, Report& report) {
  const double difference = largest_difference(network, Network::open(flags.out, flags.ema));
  std::printf("largest difference: %g\n", difference);
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", difference);
  report.provenance.push_back({"verify.largest_difference", text, true});
  if (difference != 0)
    throw Error(flags.out,
                "expected the converted network to give equal results, they differ by " + std::string(text));
}

void convert(const ConvertFlags& flags) {
  const std::unique_ptr<WorkShare> alone = work_alone();
  SharedFlags shared = flags.shared;
  shared.device = "cpu";
  const Compute compute = resolve_compute(shared, *alone);
  const ComputeScope scope({.threads = compute.threads});
  Report report;
  const Network network = Network::open(flags.in, flags.ema, &report.warnings, Assumptions(flags.assumed));
  for (const std::string& warning : report.warnings) log_warning(warning);
  if (!flags.out.empty()) {
    network.save(flags.out);
    log_info("wrote " + flags.out + ": " + network.info().precond + " over " + network.info().model + ", " +
             std::to_string(network.info().num_parameters) + " parameters (" + network.info().weights + ")");
  }
  if (flags.verify) verify(network, flags, report);
  if (flags.digest) {
    const std::string digest = fixed_run_digest(network);
    std::printf("%s\n", digest.c_str());
    report.provenance.push_back({"hashes.fixed_run", digest});
  }
  add_provenance(network, flags, compute, report);
  if (!flags.shared.json.empty()) write_file_atomically(flags.shared.json, as_bytes(to_json(report)));
}

// A detector is named first; what looks like one and is not is shown all the same.
void show(const std::string& path) {
  try {
    if (const auto detector = describe_detector(path)) print(*detector);
  } catch (const Error& error) {
    print(std::string("no detector: ") + error.what() + "\n");
  }
  print(describe_file(path));
}

}  // namespace

int convert_main(int argc, char** argv) {
  CLI::App app("Converts a network snapshot into a TorchScript file, without executing anything in it",
               "gdd-convert");
  ConvertFlags flags;
  add_flags(app, flags);
  if (const auto code = parse_flags(app, argc, argv)) return *code;
  check_flags(flags);
  FileRoles files;
  files.input("IN", flags.in);
  files.output("OUT", flags.out);
  files.output("--json", flags.shared.json);
  files.check();
  if (flags.show)
    show(flags.in);
  else
    convert(flags);
  return 0;
}

}  // namespace gdd
