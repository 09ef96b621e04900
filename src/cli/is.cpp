#include "cli/is.h"

#include <CLI/CLI.hpp>

#include "cli/metric_flags.h"
#include "cli/score_run.h"
#include "scoring/compute_distances.h"

namespace gdd {
namespace {

constexpr const char* kExamples = R"(Examples:
  gdd-is --images results/cifar/image_pack.npz
  gdd-is --images out --protocol torch-fidelity --json is.json
  gdd-is --images probabilities.npz:softmax --split-size 5000)";

}  // namespace

int is_main(int argc, char** argv) {
  CLI::App app("The Inception Score of images; prints the number", "gdd-is");
  app.footer(kExamples);
  ScoreFlags flags;
  flags.protocol = "adm";
  DistanceOptions options;
  std::string images;
  app.add_option("--images", images, "Folder, zip or npz of images, or an npz with `probabilities`")
      ->type_name("FILE")
      ->required();
  app.add_option("--split-size", options.split_size, "Images in a block, protocol adm")
      ->check(whole_number(1))
      ->capture_default_str();
  add_subset_flags(app, flags);
  add_html_flag(app, flags);
  add_line_flags(app, flags.lines);
  add_report_rows_flag(app, flags);
  add_detector_flags(app, flags);
  add_source_flags(app, flags);
  add_shared_flags(app, flags.shared);
  describe_detector_precision(app);
  app.get_option("--protocol")
      ->description("adm: consecutive blocks; torch-fidelity: 10 splits after a seeded shuffle")
      ->check(CLI::IsMember({"adm", "torch-fidelity"}));
  if (const auto code = parse_flags(app, argc, argv)) return *code;

  ScoreRun run(flags);
  FileRoles files;
  files.input("--images", images);
  run.check_files(files);
  const FeatureInput sample(images);
  options.metrics = {"is"};
  run.complete(options);
  Report report = compute_distances(
      sample, nullptr, [&] { return run.open_detector(); }, options);
  run.finish(report, to_text(report) + bare_number(report));
  return 0;
}

}  // namespace gdd
