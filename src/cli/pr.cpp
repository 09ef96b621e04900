#include "cli/pr.h"

#include <CLI/CLI.hpp>

#include "cli/score_run.h"
#include "scoring/compute_distances.h"

namespace gdd {
namespace {

constexpr const char* kExamples = R"(Examples:
  gdd-pr --images results/imagenet/image_pack.npz --ref VIRTUAL_imagenet64_labeled.npz
  gdd-pr --images out --ref photos --protocol prdc --cache features
  gdd-pr --images a.npz --ref b.npz --distances float16      # the rounding of guided-diffusion's evaluator)";

}  // namespace

int pr_main(int argc, char** argv) {
  CLI::App app("Precision and recall of images against a reference", "gdd-pr");
  app.footer(kExamples);
  ScoreFlags flags;
  flags.protocol = "adm";
  DistanceOptions options;
  std::string images, ref, distances = "exact";
  app.add_option("--images", images, "The sample: folder, zip or npz of images, or an npz of features")
      ->required();
  app.add_option("--ref", ref, "The reference: the same kinds")->required();
  app.add_option("--k", options.k, "Nearest neighbours  [default: adm 3, prdc 5]")->check(whole_number(1));
  app.add_option("--distances", distances, "exact, or float16 as guided-diffusion's evaluator rounds them")
      ->check(CLI::IsMember({"exact", "float16"}))
      ->capture_default_str();
  add_subset_flags(app, flags);
  add_html_flag(app, flags);
  add_report_rows_flag(app, flags);
  add_detector_flags(app, flags);
  add_source_flags(app, flags);
  add_shared_flags(app, flags.shared);
  describe_detector_precision(app);
  app.get_option("--protocol")
      ->description(
          "adm: points on the boundary count; prdc: they do not, with density and coverage; dgm-eval, "
          "dgm-eval-clean: "
          "the same of DINOv2")
      ->check(CLI::IsMember({"adm", "prdc", "dgm-eval", "dgm-eval-clean"}));
  if (const auto code = parse_flags(app, argc, argv)) return *code;

  options.float16 = distances == "float16";
  options.metrics = {flags.protocol == "adm" ? "pr" : "prdc"};
  ScoreRun run(flags);
  FileRoles files;
  files.input("--images", images);
  files.input("--ref", ref);
  run.check_files(files);
  const FeatureInput sample(images);
  const FeatureInput reference(ref);
  run.complete(options);
  Report report = compute_distances(
      sample, &reference, [&] { return run.open_detector(); }, options);
  run.finish(report, to_text(report));
  return 0;
}

}  // namespace gdd
