#include "cli/fid.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/sha256.h"
#include "batches/stored_batches.h"
#include "cli/metric_flags.h"
#include "cli/score_run.h"
#include "compute/version.h"
#include "detectors/protocol.h"
#include "gdd/error.h"
#include "measurement/inspect_file.h"
#include "measurement/merge_features.h"
#include "measurement/provenance.h"
#include "measurement/save_features.h"
#include "scoring/compute_distances.h"
#include "scoring/origins.h"

namespace gdd {
namespace {

constexpr const char* kExamples = R"(Examples:
  gdd-fid calc --images results/cifar --ref refs/cifar10-32x32.npz
  gdd-fid calc --images a.zip --ref b.zip --metrics fid,kid --protocol all
  gdd-fid calc --images out --ref ref.npz --confidence --json fid.json
  gdd-fid calc --images out --ref photos --metrics clipped,mind,authpct --train photos
  gdd-fid calc --images out --ref real --detector ViT-B-32.pt      # CLIP-FID as clean-fid has it
  gdd-fid calc --images out --ref edm2.pkl --detector dinov2_vitl14_pretrain.pth   # EDM2's FD-DINOv2
  gdd-fid calc --images out --ref real --detector net.pt           # TorchScript, described by net.json beside it
  gdd-fid ref --data photos --dest ref.npz
  gdd-fid features --data out --dest features.npz
  gdd-fid features --data out --shard 3/8 --dest part3.npz         # then: gdd-fid merge part?.npz --dest all.npz
  gdd-fid inspect ref.npz)";

struct FidFlags {
  ScoreFlags score;
  std::string images, ref, train;  // calc
  DistanceOptions distances;
  std::string data, dest;          // ref, features, inspect, merge
  std::string shard;               // features
  std::vector<std::string> parts;  // merge
};

CLI::App* add_calc(CLI::App& app, FidFlags& flags) {
  CLI::App* calc = app.add_subcommand("calc", "Distance of images from a reference; prints the number");
  calc->add_option("--images", flags.images, "Folder, zip or npz of images, or an npz of features")
      ->type_name("FILE")
      ->required();
  calc->add_option("--ref", flags.ref, "npz with mu and sigma, or anything --images takes")
      ->type_name("FILE");
  add_metric_flags(*calc, flags.distances);
  add_train_flag(*calc, flags.train);
  add_subset_flags(*calc, flags.score);
  add_html_flag(*calc, flags.score);
  add_line_flags(*calc, flags.score.lines);
  add_report_rows_flag(*calc, flags.score);
  return calc;
}

FileRoles side_files(const FidFlags& flags) {
  FileRoles files;
  files.input("--images", flags.images);
  files.input("--ref", flags.ref);
  files.input("--train", flags.train);
  files.input("--data", flags.data);
  files.output("--dest", flags.dest);
  return files;
}

void run_calc(const FidFlags& flags) {
  ScoreRun run(flags.score);
  run.check_files(side_files(flags));
  const FeatureInput sample(flags.images);
  std::optional<FeatureInput> reference;
  if (!flags.ref.empty()) {
    reference.emplace(flags.ref);
    prefer_family_of(sample, *reference);
  }
  DistanceOptions options = flags.distances;
  if (!flags.train.empty()) options.training_set = std::make_shared<const FeatureInput>(flags.train);
  options.metrics = metrics_asked(options);
  run.complete(options);
  Report report = compute_distances(sample, reference ? &*reference : nullptr,
                                    run.opener(reference ? &*reference : nullptr), options);
  run.finish(report, scores_text(report, options));
}

CLI::App* add_ref(CLI::App& app, FidFlags& flags) {
  CLI::App* ref =
      app.add_subcommand("ref", "Reference statistics of a data set (mu, sigma; adm: mu_s, sigma_s)");
  ref->add_option("--data", flags.data, "Folder, zip or npz of images, or an npz of features")
      ->type_name("FILE")
      ->required();
  ref->add_option("--dest", flags.dest, "The npz to write")->type_name("FILE")->required();
  return ref;
}

void run_ref(const FidFlags& flags) {
  ScoreRun run(flags.score);
  run.check_files(side_files(flags));
  const FeatureInput input(flags.data);
  SideRequest request;
  request.statistics = true;
  request.spatial_statistics = flags.score.protocol == "adm";
  std::unique_ptr<Detector> detector;
  if (needs_detector(input, request)) detector = run.open_detector();
  if (detector && detector->spatial_dim() == 0) request.spatial_statistics = false;
  Report report;
  Origins origins;
  origins.add(input, request, report);
  origins.check(protocol_in_force(flags.score.protocol, detector.get(), {&input}), detector.get(), report);
  const Side side = measure_side(input, request, detector.get(), run.side_options("reference"));
  if (!run.leads()) return run.finish(report);
  save_reference(side, flags.dest);
  if (side.num_samples > 0 && side.num_samples <= side.feature_dim)
    report.warnings.push_back(std::to_string(side.num_samples) + " images for " +
                              std::to_string(side.feature_dim) +
                              " dimensions: the covariance is singular, and distances to it are inexact");
  run.finish(report);
  log_info("wrote " + flags.dest + ": statistics of " + std::to_string(side.num_samples) + " images");
}

CLI::App* add_features(CLI::App& app, FidFlags& flags) {
  CLI::App* features =
      app.add_subcommand("features", "Features of every image (adm: spatial and probabilities too)");
  features->add_option("--data", flags.data, "Folder, zip or npz of images")->type_name("FILE")->required();
  features->add_option("--dest", flags.dest, "The npz to write")->type_name("FILE")->required();
  features->add_option("--shard", flags.shard, "Only part i of n, for job arrays; `merge` joins them")
      ->type_name("i/n");
  add_subset_flags(*features, flags.score);
  return features;
}

// The positions of shard i of n: whole parts, so that batches are those of an unsharded run.
std::pair<std::int64_t, std::int64_t> range_of(std::int64_t images, const std::string& shard) {
  if (shard.empty()) return {0, images};
  const auto [index, count] = parse_shard(shard);
  const auto first = [&, shards = count](std::int64_t number) {
    return std::min(images, parts_of(images) * number / shards * kImagesInPart);
  };
  return {first(index), first(index + 1)};
}

std::optional<FilePart> part_of(const ImageSet& images, const std::string& shard) {
  if (shard.empty()) return std::nullopt;
  const auto [index, count] = parse_shard(shard);
  Sha256 names;
  for (std::int64_t i = 0; i < images.size(); ++i) names.update(as_bytes(images.name(i) + "\n"));
  return FilePart{index, count, names.digest()};
}

// Their classes, for whoever scores each; empty: not told. Nobody has asked for them, so that damage to what
// tells them is a warning.
Labels labels_of(const FeatureInput& input, const StoredImages& images, std::int64_t first, std::int64_t last,
                 Observer& observer) {
  try {
    return input.images()->labels().of({images.chosen().begin() + first, images.chosen().begin() + last});
  } catch (const Error& error) {
    observer.warn(std::string("the classes of the images are left out: ") + error.what());
    return {};
  }
}

// Through the cache, which several processes fill together.
ExtractSummary share_features(const FeatureInput& input, StoredImages& images, const Detector& detector,
                              const SideOptions& options, const std::string& dest) {
  const std::string& protocol = options.extract.request.protocol;
  const FeatureParts kept = open_stored_parts(*input.images(), images, detector, options);
  measure_parts(images, {&kept}, options.extract, kept.path(0), *options.share, *options.observer);
  if (!options.share->leads()) return {};
  check_equal_sizes(kept.summary(), input.spec(), find_protocol(detector.family(), protocol));
  std::vector<std::string> left_out;
  if (!options.extract.request.spatial) left_out.emplace_back("spatial");
  if (!options.extract.request.probabilities) left_out.emplace_back("probabilities");
  return merge_features(kept.paths(), dest, *options.observer, left_out,
                        labels_of(input, images, 0, images.size(), *options.observer));
}

void run_features(const FidFlags& flags) {
  ScoreRun run(flags.score);
  run.check_files(side_files(flags));
  const FeatureInput input(flags.data);
  if (!input.images()) throw Error(input.spec(), "images are needed, found " + input.description());
  if (!flags.shard.empty() && !run.share().alone())
    throw Error::usage("--shard",
                       "is for job arrays; ranks share by themselves, found " + run.share().name());
  const std::unique_ptr<Detector> detector = run.open_detector();
  SideOptions options = run.sample_options();
  const bool all = run.protocol() == "adm";
  options.extract.request.spatial = all && detector->spatial_dim() > 0;
  options.extract.request.probabilities = all && detector->probability_dim() > 0;
  StoredImages images(*input.images(), choose_images(*input.images(), options.selection, run.console()));
  const auto [first, last] = range_of(images.size(), flags.shard);
  const ExtractSummary summary =
      run.share().alone()
          ? save_features(images, first, last, *detector, options.extract, run.console(), flags.dest,
                          part_of(images, flags.shard), labels_of(input, images, first, last, run.console()))
          : share_features(input, images, *detector, options, flags.dest);
  Report report;
  report.provenance = {{"detector", detector->name()},
                       {"hashes.weights", detector->weights_sha256()},
                       {"hashes.images", summary.pixels_sha256()},
                       {"protocol", run.protocol()}};
  for (const auto& [key, value] : detector->facts()) report.provenance.push_back({key, value});
  if (!detector->label().empty()) report.warnings.push_back(detector->label());
  const bool wrote = run.leads();
  run.finish(report);
  if (wrote) log_info("wrote " + flags.dest + ": features of " + std::to_string(summary.images) + " images");
}

CLI::App* add_merge(CLI::App& app, FidFlags& flags) {
  CLI::App* merge = app.add_subcommand("merge", "One file of features from those of `features --shard`");
  merge->add_option("FILES", flags.parts, "Files of features, in the order of their shards")
      ->type_name("FILE")
      ->required();
  merge->add_option("--dest", flags.dest, "The npz to write")->type_name("FILE")->required();
  return merge;
}

void run_merge(const FidFlags& flags) {
  FileRoles files;
  for (const std::string& part : flags.parts) files.input("FILES", part);
  files.output("--dest", flags.dest);
  files.check();
  Console console;
  const ExtractSummary summary = merge_features(flags.parts, flags.dest, console);
  log_info("wrote " + flags.dest + ": features of " + std::to_string(summary.images) + " images from " +
           std::to_string(flags.parts.size()) + " files");
}

}  // namespace

int fid_main(int argc, char** argv) {
  CLI::App app("Frechet distances of images against a reference", "gdd-fid");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.footer(kExamples);
  FidFlags flags;
  CLI::App* const calc = add_calc(app, flags);
  CLI::App* const ref = add_ref(app, flags);
  CLI::App* const features = add_features(app, flags);
  for (CLI::App* command : {calc, ref, features}) {
    add_detector_flags(*command, flags.score);
    add_source_flags(*command, flags.score);
    add_shared_flags(*command, flags.score.shared);
    describe_detector_precision(*command);
    command->get_option("--protocol")->description(std::string("Whose numbers to give: ") + kProtocolNames);
    calc->get_option("--protocol")
        ->description(std::string("Whose numbers to give: ") + kProtocolNames + "; all: side by side");
  }
  calc->get_option("--protocol")->check(suggest({kAllProtocols}));
  CLI::App* const merge = add_merge(app, flags);
  CLI::App* const inspect = app.add_subcommand(
      "inspect", "What an npz, a set of images or a file of weights holds, and which detector it would make");
  inspect->add_option("FILE", flags.data, "Statistics, features, images or weights")
      ->type_name("FILE")
      ->required();
  if (const auto code = parse_flags(app, argc, argv)) return *code;

  if (*calc) run_calc(flags);
  if (*ref) run_ref(flags);
  if (*features) run_features(flags);
  if (*merge) run_merge(flags);
  if (*inspect) print(inspect_file(flags.data));
  return 0;
}

}  // namespace gdd
