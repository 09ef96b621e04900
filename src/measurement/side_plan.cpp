#include "measurement/side_plan.h"

#include "gdd/error.h"

namespace gdd {
namespace {

bool takes_stored(const FeatureInput& input, const SideRequest& request, StatisticsKind kind) {
  const auto& rows = kind == StatisticsKind::kPool3 ? input.features() : input.spatial();
  return has_statistics(input, kind) && !(request.rows_first && (rows || input.num_images() > 0));
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

}  // namespace

SidePlan plan_side(const FeatureInput& input, const SideRequest& request) {
  SidePlan plan;
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

bool uses_statistics(const FeatureInput& input, const SideRequest& request, StatisticsKind kind) {
  const bool wanted = kind == StatisticsKind::kPool3 ? request.statistics : request.spatial_statistics;
  return wanted && takes_stored(input, request, kind);
}

bool uses_arrays(const FeatureInput& input, const SideRequest& request) {
  const SidePlan plan = plan_side(input, request);
  return plan.stored_statistics || plan.stored_spatial || plan.array_features || plan.array_spatial ||
         plan.array_probabilities;
}

std::string choice_among(const FeatureInput& input, const SideRequest& request) {
  const bool rows = input.features() || input.spatial() || input.probabilities();
  const bool stored =
      has_statistics(input, StatisticsKind::kPool3) || has_statistics(input, StatisticsKind::kSpatial);
  if ((input.num_images() > 0 ? 1 : 0) + (rows ? 1 : 0) + (stored ? 1 : 0) < 2) return "";
  const SidePlan plan = plan_side(input, request);
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
  const SidePlan plan = plan_side(input, request);
  if (plan.uses_images() && input.num_images() == 0) refuse_without_images(input, plan.from_images);
  return plan.uses_images();
}

std::int64_t stored_dim(const FeatureInput& input, const SideRequest& request, StatisticsKind kind) {
  if (takes_stored(input, request, kind)) {
    const auto shape = input.header(kind == StatisticsKind::kPool3 ? "mu" : "mu_s").shape;
    return shape.empty() ? 0 : shape[0];
  }
  const auto& rows = kind == StatisticsKind::kPool3 ? input.features() : input.spatial();
  return rows ? rows->columns : 0;
}

}  // namespace gdd
