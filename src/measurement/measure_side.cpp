#include "measurement/measure_side.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <memory>

#include "base/memory_budget.h"
#include "base/sha256.h"
#include "batches/stored_batches.h"
#include "distributed/work_share.h"
#include "gdd/error.h"
#include "measurement/feature_parts.h"
#include "measurement/load_reference.h"

namespace gdd {
namespace {

// Where each part of a request comes from. Finished statistics come first, as in guided-diffusion's
// evaluator, unless rows_first is set; then arrays of features, then images.
struct Plan {
  bool stored_statistics = false, stored_spatial = false;
  bool array_features = false, array_spatial = false, array_probabilities = false;
  SideRequest from_images;

  bool uses_images() const {
    return from_images.statistics || from_images.spatial_statistics || from_images.features ||
           from_images.exact_features || from_images.probabilities || from_images.blocks;
  }
};

bool takes_stored(const FeatureInput& input, const SideRequest& request, StatisticsKind kind) {
  const auto& rows = kind == StatisticsKind::kPool3 ? input.features() : input.spatial();
  return has_statistics(input, kind) && !(request.rows_first && (rows || input.num_images() > 0));
}

Plan make_plan(const FeatureInput& input, const SideRequest& request) {
  Plan plan;
  plan.stored_statistics = uses_statistics(input, request, StatisticsKind::kPool3);
  plan.stored_spatial = uses_statistics(input, request, StatisticsKind::kSpatial);
  const bool rows_wanted = request.features || request.exact_features || request.blocks;
  plan.array_features = input.features() && (rows_wanted || (request.statistics && !plan.stored_statistics));
  plan.array_spatial = input.spatial() && request.spatial_statistics && !plan.stored_spatial;
  plan.array_probabilities = input.probabilities() && request.probabilities;

  plan.from_images.statistics = request.statistics && !plan.stored_statistics && !plan.array_features;
  plan.from_images.spatial_statistics =
      request.spatial_statistics && !plan.stored_spatial && !plan.array_spatial;
  plan.from_images.features = request.features && !plan.array_features;
  plan.from_images.exact_features = request.exact_features && !plan.array_features;
  plan.from_images.blocks = request.blocks && !plan.array_features;
  plan.from_images.probabilities = request.probabilities && !plan.array_probabilities;
  return plan;
}

void refuse_without_images(const FeatureInput& input, const SideRequest& missing) {
  const std::string found = "found " + input.description();
  if (missing.probabilities)
    throw Error(input.spec(), "class probabilities are needed, " + found,
                "give images, or an npz with `probabilities`");
  if (missing.features || missing.exact_features || missing.blocks)
    throw Error(input.spec(), "features are needed, not statistics alone; " + found,
                "give images, or an npz with `features`");
  if (missing.spatial_statistics)
    throw Error(input.spec(), "spatial features are needed for sfid, " + found,
                "give images, or an npz with mu_s and sigma_s (gdd-fid ref --protocol adm)");
  throw Error(input.spec(), "neither mu and sigma nor features, " + found);
}

// Runs what is about one side of two, whose errors do not know which: they get its name in front.
template <class Action>
auto named(const FeatureInput& input, Action action) {
  try {
    return action();
  } catch (const Error& error) {
    throw Error(input.spec(), error.what());
  }
}

constexpr double kDouble = sizeof(double);

// Matrices [D, D] of float64 that are held at once: the sum of products, its copy with the last rows, and the
// result; for the jackknife half a matrix for each of its blocks and the sums of one more.
constexpr double kStatisticsMatrices = 3, kJackknifeMatrices = kJackknifeBlocks / 2.0 + 3;

double square(std::int64_t dim) { return static_cast<double>(dim) * static_cast<double>(dim) * kDouble; }

// Takes blocks of rows in order and keeps what was asked for.
class Collector {
 public:
  // `rows`: how many will come; the blocks of the jackknife depend on it.
  Collector(const FeatureInput& input, const SideRequest& request, std::int64_t rows)
      : input_(input), request_(request), rows_(rows) {}
  void expect_rows(std::int64_t rows) { rows_ = rows; }

  template <class T>
  void add_features(MatrixView<T> rows) {
    check_dim(side_.feature_dim, rows.columns, "features");
    if (request_.statistics) add(statistics_, rows);
    if (request_.blocks) {
      if (!side_.blocks) side_.blocks.emplace(rows.columns, rows_);
      named(input_, [&] { side_.blocks->add(rows); });
    }
    const std::int64_t count = rows.rows * rows.columns;
    if (request_.features) {
      reserve(side_.features, rows.columns);
      if (std::any_of(rows.data, rows.data + count,
                      [](T value) { return !std::isfinite(static_cast<float>(value)); }))
        throw Error(input_.spec(), "expected features within the range of float32, found larger ones");
      side_.features.insert(side_.features.end(), rows.data, rows.data + count);
    }
    if (request_.exact_features) {
      reserve(side_.exact_features, rows.columns);
      side_.exact_features.insert(side_.exact_features.end(), rows.data, rows.data + count);
    }
    feature_rows_ += rows.rows;
  }
  template <class T>
  void add_spatial(MatrixView<T> rows) {
    if (request_.spatial_statistics) add(spatial_, rows);
  }
  template <class T>
  void add_probabilities(MatrixView<T> rows) {
    if (!request_.probabilities) return;
    check_dim(side_.probability_dim, rows.columns, "probabilities");
    reserve(side_.probabilities, rows.columns);
    side_.probabilities.insert(side_.probabilities.end(), rows.data, rows.data + rows.rows * rows.columns);
    probability_rows_ += rows.rows;
  }

  void add(const FeatureBlock& block) {
    const auto view = [&](const std::vector<float>& values) {
      return FeaturesF32{values.data(), block.rows, static_cast<std::int64_t>(values.size()) / block.rows};
    };
    add_features(view(block.features));
    if (!block.spatial.empty()) add_spatial(view(block.spatial));
    if (!block.probabilities.empty()) add_probabilities(view(block.probabilities));
  }

  Side finish() {
    side_.num_samples = std::max({feature_rows_, probability_rows_, spatial_.num_samples()});
    if (statistics_.num_samples() > 0) side_.statistics = named(input_, [&] { return statistics_.finish(); });
    if (spatial_.num_samples() > 0)
      side_.spatial_statistics = named(input_, [&] { return spatial_.finish(); });
    return std::move(side_);
  }

 private:
  // All rows at once: a vector that grows holds up to three times as much.
  template <class T>
  void reserve(std::vector<T>& kept, std::int64_t columns) const {
    if (kept.empty()) kept.reserve(static_cast<std::size_t>(rows_ * columns));
  }
  static void check_dim(std::int64_t& known, std::int64_t found, const std::string& what) {
    if (known == 0) known = found;
    if (known != found)
      throw Error(what,
                  "rows of " + std::to_string(found) + " values after rows of " + std::to_string(known));
  }
  template <class T>
  static void add(StreamingStatistics& statistics, MatrixView<T> rows) {
    if (statistics.dim() == 0) statistics = StreamingStatistics(rows.columns);
    statistics.add(rows);
  }

  const FeatureInput& input_;
  SideRequest request_;
  std::int64_t rows_;
  Side side_;
  StreamingStatistics statistics_, spatial_;
  std::int64_t feature_rows_ = 0, probability_rows_ = 0;
};

// Names the file and the place, which the metrics do not know.
void check_finite(const FeatureInput& input, const FeatureInput::Array& array, FeaturesF64 block,
                  std::int64_t first) {
  for (std::int64_t i = 0; i < block.rows; ++i) {
    const auto row = block.row(i);
    const auto bad = std::find_if(row.begin(), row.end(), [](double value) { return !std::isfinite(value); });
    if (bad != row.end())
      throw Error(input.path(), "expected finite numbers, found NaN or infinity in " + array.member + "[" +
                                    std::to_string(first + i) + ", " + std::to_string(bad - row.begin()) +
                                    "]");
  }
}

// Rows of an array, or the seeded subset of them, block by block.
void read_array(const FeatureInput& input, const FeatureInput::Array& array, const SideOptions& options,
                const std::function<void(FeaturesF64)>& consume) {
  std::int64_t first = 0;
  if (array.rows < 1) throw Error(input.path() + ":" + array.member, "expected rows, found none");
  if (options.selection.num == 0)
    return input.read_blocks(array, [&](FeaturesF64 block) {
      check_finite(input, array, block, first);
      first += block.rows;
      consume(block);
    });
  if (array.rows < options.selection.num)
    throw Error(input.spec(), "--num asks for " + std::to_string(options.selection.num) + " rows, found " +
                                  std::to_string(array.rows));
  const std::vector<std::int64_t> chosen =
      select_subset(array.rows, options.selection.num, options.selection.seed);
  auto next = chosen.begin();
  input.read_blocks(array, [&](FeaturesF64 block) {
    check_finite(input, array, block, first);
    std::vector<double> kept;
    std::int64_t count = 0;
    for (; next != chosen.end() && *next < first + block.rows; ++next, ++count) {
      const auto row = block.row(*next - first);
      kept.insert(kept.end(), row.begin(), row.end());
    }
    first += block.rows;
    if (count > 0) consume({kept.data(), count, block.columns});
  });
}

void collect_arrays(const FeatureInput& input, const Plan& plan, const SideOptions& options,
                    Collector& collector) {
  if (plan.array_features)
    read_array(input, *input.features(), options, [&](FeaturesF64 rows) { collector.add_features(rows); });
  if (plan.array_spatial)
    read_array(input, *input.spatial(), options, [&](FeaturesF64 rows) { collector.add_spatial(rows); });
  if (plan.array_probabilities)
    read_array(input, *input.probabilities(), options,
               [&](FeaturesF64 rows) { collector.add_probabilities(rows); });
}

void check_detector(const Detector& detector, const SideRequest& request) {
  if (request.spatial_statistics && detector.spatial_dim() == 0)
    throw Error(detector.name(), "this detector has no spatial features", "leave out sfid");
  if (request.probabilities && detector.probability_dim() == 0)
    throw Error(detector.name(), "this detector has no class probabilities");
}

// Ranks go on together, with the same images, detector and flags. Without it they would wait for each other
// for ever.
void agree(WorkShare& share, const std::string& images, const RunSettings& settings) {
  const std::string mine = settings_text(settings);
  if (share.tell_all(mine) != mine)
    throw Error(images, share.name() + " finds other images, another detector or other flags than rank 0",
                "give all ranks the same files and the same environment");
}

// Kept features, all of which are there in the leader.
ExtractSummary collect_parts(const FeatureInput& input, const FeatureParts& kept, const SideRequest& request,
                             const SideOptions& options, Collector& collector) {
  const ExtractSummary summary = kept.summary();
  check_equal_sizes(summary, input.spec(), options.extract.request.protocol);
  warn_about_images(summary, input.spec(), *options.observer);
  collector.expect_rows(summary.images);
  const FeatureInput rows = kept.input();
  collect_arrays(rows, make_plan(rows, request), {}, collector);
  return summary;
}

// Nothing: this process does not lead, and its parts are all that it gives.
std::optional<ExtractSummary> collect_stored(const FeatureInput& input, const SideRequest& request,
                                             const Detector& detector, const SideOptions& options,
                                             Collector& collector) {
  const ImageSource& source = *input.images();
  StoredImages images(source, choose_images(source, options.selection, *options.observer));
  const std::int64_t count = images.size();
  if (!options.cache.empty()) {
    const std::unique_ptr<WorkShare> alone = work_alone();
    WorkShare& share = options.share ? *options.share : *alone;
    const FeatureParts kept = open_stored_parts(source, images, detector, options);
    measure_parts(images, {&kept}, options.extract, kept.path(0), share, *options.observer);
    if (!share.leads()) return std::nullopt;
    return collect_parts(input, kept, request, options, collector);
  }
  collector.expect_rows(count);
  ExtractOptions extract = options.extract;
  extract.request.spatial = request.spatial_statistics;
  extract.request.probabilities = request.probabilities;
  const ExtractSummary summary = extract_features(images, 0, count, detector, extract, *options.observer,
                                                  [&](const FeatureBlock& block) { collector.add(block); });
  warn_about_images(summary, source.path(), *options.observer);
  return summary;
}

// The same of images from seeds. Sets of features for several protocols are made in one pass.
std::optional<ExtractSummary> collect_seeded(const FeatureInput& input, const SideRequest& request,
                                             const Detector& detector, const SideOptions& options,
                                             Collector& collector) {
  const SeededImages& seeded = *options.seeded;
  const std::unique_ptr<WorkShare> alone = work_alone();
  WorkShare& share = options.share ? *options.share : *alone;
  std::list<FeatureParts> sets;
  std::vector<const FeatureParts*> all;
  const FeatureParts* own = nullptr;
  for (const std::string& protocol : seeded.protocols) {
    const RunSettings settings = feature_settings(detector, protocol, options.extract.batch, seeded.plan);
    agree(share, input.spec(), settings);
    all.push_back(
        &sets.emplace_back(input.path(), seeded.folder, settings, seeded.images->size(), detector, protocol));
    if (protocol == options.extract.request.protocol) own = all.back();
  }
  const auto after_part = [&] {
    if (seeded.after_part && share.leads()) seeded.after_part(*own);
  };
  measure_parts(*seeded.images, all, options.extract, own->path(0), share, *options.observer, after_part);
  if (!share.leads()) return std::nullopt;
  return collect_parts(input, *own, request, options, collector);
}

std::optional<ExtractSummary> collect_images(const FeatureInput& input, const SideRequest& request,
                                             const Detector& detector, const SideOptions& options,
                                             Collector& collector) {
  check_detector(detector, request);
  return options.seeded ? collect_seeded(input, request, detector, options, collector)
                        : collect_stored(input, request, detector, options, collector);
}

}  // namespace

FeatureParts open_stored_parts(const ImageSource& source, const StoredImages& images,
                               const Detector& detector, const SideOptions& options) {
  const std::string& protocol = options.extract.request.protocol;
  const RunSettings settings = feature_settings(
      detector, protocol, options.extract.batch,
      stored_images_sha256(source, images.chosen(), options.extract.what, *options.observer));
  if (options.share) agree(*options.share, source.path(), settings);
  return {options.cache, options.cache, settings, images.size(), detector, protocol};
}

bool uses_statistics(const FeatureInput& input, const SideRequest& request, StatisticsKind kind) {
  const bool wanted = kind == StatisticsKind::kPool3 ? request.statistics : request.spatial_statistics;
  return wanted && takes_stored(input, request, kind);
}

bool uses_arrays(const FeatureInput& input, const SideRequest& request) {
  const Plan plan = make_plan(input, request);
  return plan.stored_statistics || plan.stored_spatial || plan.array_features || plan.array_spatial ||
         plan.array_probabilities;
}

std::string choice_among(const FeatureInput& input, const SideRequest& request) {
  const bool rows = input.features() || input.spatial() || input.probabilities();
  const bool stored =
      has_statistics(input, StatisticsKind::kPool3) || has_statistics(input, StatisticsKind::kSpatial);
  if ((input.num_images() > 0 ? 1 : 0) + (rows ? 1 : 0) + (stored ? 1 : 0) < 2) return "";
  const Plan plan = make_plan(input, request);
  std::string used;
  const auto add = [&](bool part, const std::string& name) {
    if (part) used += (used.empty() ? "" : ", ") + name;
  };
  add(plan.stored_statistics, "mu and sigma for the distance of statistics (fid, fid_infinity)");
  add(plan.stored_spatial, "mu_s and sigma_s for sfid");
  add(plan.array_features, "its features");
  add(plan.array_spatial, "its spatial features");
  add(plan.array_probabilities, "its probabilities");
  const bool alone = used.empty();
  add(plan.uses_images(), alone ? "its images for everything" : "its images for the rest");
  return input.spec() + ": holds more than one kind of data, " + input.description() + "; used: " + used;
}

bool needs_detector(const FeatureInput& input, const SideRequest& request) {
  const Plan plan = make_plan(input, request);
  if (plan.uses_images() && input.num_images() == 0) refuse_without_images(input, plan.from_images);
  return plan.uses_images();
}

std::int64_t count_rows(const FeatureInput& input, const SideOptions& options) {
  std::int64_t rows = input.num_images();
  if (input.probabilities()) rows = input.probabilities()->rows;
  if (input.features()) rows = input.features()->rows;
  return options.selection.num > 0 ? std::min(options.selection.num, rows) : rows;
}

std::int64_t stored_dim(const FeatureInput& input, const SideRequest& request, StatisticsKind kind) {
  if (takes_stored(input, request, kind)) {
    const auto shape = input.header(kind == StatisticsKind::kPool3 ? "mu" : "mu_s").shape;
    return shape.empty() ? 0 : shape[0];
  }
  const auto& rows = kind == StatisticsKind::kPool3 ? input.features() : input.spatial();
  return rows ? rows->columns : 0;
}

double side_memory(const FeatureInput& input, const SideRequest& request, const Detector* detector,
                   const SideOptions& options) {
  const auto known = [&](std::int64_t stored, std::int64_t measured) {
    return stored > 0 || !detector ? stored : measured;
  };
  const std::int64_t dim =
      known(stored_dim(input, request, StatisticsKind::kPool3), detector ? detector->feature_dim() : 0);
  const std::int64_t spatial =
      known(stored_dim(input, request, StatisticsKind::kSpatial), detector ? detector->spatial_dim() : 0);
  const std::int64_t classes = known(input.probabilities() ? input.probabilities()->columns : 0,
                                     detector ? detector->probability_dim() : 0);
  const double row = (request.features ? sizeof(float) : 0.0) * static_cast<double>(dim) +
                     (request.exact_features ? kDouble : 0.0) * static_cast<double>(dim) +
                     (request.probabilities ? kDouble : 0.0) * static_cast<double>(classes);
  return row * static_cast<double>(count_rows(input, options)) +
         (request.statistics ? kStatisticsMatrices * square(dim) : 0) +
         (request.spatial_statistics ? kStatisticsMatrices * square(spatial) : 0) +
         (request.blocks ? kJackknifeMatrices * square(dim) : 0);
}

Side measure_side(const FeatureInput& input, const SideRequest& request, const Detector* detector,
                  const SideOptions& options) {
  const Plan plan = make_plan(input, request);
  needs_detector(input, request);  // refuses what cannot be had
  require_memory(input.spec(), "its rows and their covariance",
                 side_memory(input, request, detector, options));
  SideRequest collected = request;
  collected.statistics = request.statistics && !plan.stored_statistics;
  collected.spatial_statistics = request.spatial_statistics && !plan.stored_spatial;
  Collector collector(input, collected, count_rows(input, options));
  collect_arrays(input, plan, options, collector);
  std::string pixels_sha256;
  if (plan.uses_images()) {
    const auto summary = collect_images(input, plan.from_images, *detector, options, collector);
    if (!summary) return {};
    pixels_sha256 = summary->pixels_sha256();
  }

  Side side = collector.finish();
  if (plan.stored_statistics) side.statistics = load_statistics(input, StatisticsKind::kPool3);
  if (plan.stored_spatial) side.spatial_statistics = load_statistics(input, StatisticsKind::kSpatial);
  if (!plan.uses_images())
    side.provenance = read_provenance(input);
  else if (!uses_arrays(input, request))
    side.provenance = provenance_of(*detector, options.extract.request.protocol, side.num_samples);
  side.hash = pixels_sha256.empty() ? sha256_of_file(input.path()) : pixels_sha256;
  return side;
}

}  // namespace gdd
