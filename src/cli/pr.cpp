#include "cli/pr.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "cli/score_run.h"
#include "measurement/provenance.h"
#include "scoring/compute_distances.h"
#include "scoring/distance_plan.h"

namespace gdd {
namespace {

constexpr const char* kExamples = R"(Examples:
  gdd-pr --images results/imagenet/image_pack.npz --ref VIRTUAL_imagenet64_labeled.npz
  gdd-pr --images out --ref photos --protocol prdc --cache features
  gdd-pr --images a.npz --ref b.npz --distances float16      # the rounding of guided-diffusion's evaluator)";

// As asked, or what goes without saying: of Inception adm, which this score is from.
std::string protocol_of(const std::string& asked, const Detector* detector, const FeatureInput& sample,
                        const FeatureInput& reference) {
  const std::string usual = protocol_in_force(asked, detector, {&sample, &reference});
  return asked.empty() && usual == default_protocol(Family::kInception).name ? "adm" : usual;
}

}  // namespace

int pr_main(int argc, char** argv) {
  CLI::App app("Precision and recall of images against a reference", "gdd-pr");
  app.footer(kExamples);
  ScoreFlags flags;
  DistanceOptions options;
  std::string images, ref, distances = "exact";
  app.add_option("--images", images, "The sample: folder, zip or npz of images, or an npz of features")
      ->type_name("FILE")
      ->required();
  app.add_option("--ref", ref, "The reference: the same kinds")->type_name("FILE")->required();
  app.add_option("--k", options.k, "Nearest neighbours  [default: adm 3, else 5]")->check(whole_number(1));
  app.add_option("--distances", distances, "exact, or float16 as guided-diffusion's evaluator rounds them")
      ->check(CLI::IsMember({"exact", "float16"}))
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
      ->description(
          "adm: points on the boundary count; any other: they do not, with density and coverage; of "
          "Inception adm (default) or prdc, of CLIP and DINOv2 those of gdd-fid  [default: the detector's]")
      ->check(
          CLI::IsMember({"adm", "prdc", "clean", "torch-fidelity", "dgm-eval", "dgm-eval-clean", "edm2"}));
  if (const auto code = parse_flags(app, argc, argv)) return *code;

  options.float16 = distances == "float16";
  options.metrics = {"pr"};  // both kinds need the same
  ScoreRun run(flags);
  FileRoles files;
  files.input("--images", images);
  files.input("--ref", ref);
  run.check_files(files);
  const FeatureInput sample(images);
  const FeatureInput reference(ref);
  run.complete(options);
  std::unique_ptr<Detector> detector;
  if (check_distances(sample, &reference, options)) detector = run.open_detector();
  options.protocol = protocol_of(flags.protocol, detector.get(), sample, reference);
  if (options.protocol != "adm") options.metrics = {"prdc"};
  Report report = compute_distances(
      sample, &reference, [&] { return std::move(detector); }, options);
  run.finish(report, to_text(report));
  return 0;
}

}  // namespace gdd
