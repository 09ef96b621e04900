// One side of a comparison (sample or reference) -> what the scores need of it, in one pass over its images.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "batches/choose_images.h"
#include "batches/stored_batches.h"
#include "gdd/metrics/features.h"
#include "gdd/metrics/jackknife.h"
#include "gdd/metrics/statistics.h"
#include "measurement/extract_features.h"
#include "measurement/feature_input.h"
#include "measurement/feature_parts.h"
#include "measurement/provenance.h"
#include "measurement/side_plan.h"

namespace gdd {

struct Side {
  std::int64_t num_samples = 0;  // 0: the file of statistics does not say
  std::int64_t feature_dim = 0;
  std::int64_t probability_dim = 0;
  std::optional<Statistics> statistics, spatial_statistics;
  std::optional<BlockStatistics> blocks;
  std::vector<float> features;           // [N, feature_dim]
  std::vector<double> exact_features;    // [N, feature_dim]
  std::vector<double> probabilities;     // [N, probability_dim]
  std::vector<float> shown_features;     // [min(N, SideOptions::shown_rows), feature_dim], evenly spaced
  Labels labels;                         // of the rows, where they were asked for and are known
  std::vector<std::int64_t> images;      // of a file, which row i is of; empty: not of images of a file
  std::string hash;                      // SHA-256 of the file of arrays, or of the images' pixels
  std::optional<Provenance> provenance;  // nothing: of a file that does not say

  FeaturesF32 shown_view() const {
    const std::int64_t rows = feature_dim > 0 ? std::ssize(shown_features) / feature_dim : 0;
    return {shown_features.data(), rows, feature_dim};
  }
  FeaturesF32 feature_view() const { return {features.data(), num_samples, feature_dim}; }
  FeaturesF64 probability_view() const { return {probabilities.data(), num_samples, probability_dim}; }
  FeaturesF64 exact_view() const { return {exact_features.data(), num_samples, feature_dim}; }
};

// Error: the classes of the rows are not known; it says how they are told.
void require_labels(const FeatureInput& input, const Labels& labels);

// Which row of N is the i-th of `count` that are evenly spaced: the same rows whatever order they are in by
// class, since files may hold one class after the other.
constexpr std::int64_t shown_row(std::int64_t i, std::int64_t count, std::int64_t num_samples) {
  return i * num_samples / count;
}

// Images that a network makes, in place of a file's: they are measured into parts, always.
struct SeededImages {
  ImageSet* images = nullptr;
  std::string folder;  // where the parts stand
  std::string plan;    // what tells these images from any others
  // Protocols whose features are made in the same pass, one of each preparation; the side's own among them.
  std::vector<std::string> protocols = {};
  std::function<void(const FeatureParts& kept)> after_part = {};  // of the side's protocol; may be empty
  // Of every comparison of these images: copies share them. The detector must outlive the last one.
  std::shared_ptr<FeatureSets> sets = std::make_shared<FeatureSets>();
};

struct SideOptions {
  ExtractOptions extract;
  Selection selection;         // num and seed choose rows of an array too
  std::string cache;           // folder where features are kept (feature_parts.h); empty: none
  WorkShare* share = nullptr;  // of several processes, through that folder; nullptr: this one is alone
  Observer* observer = &nobody();
  std::int64_t shown_rows = 0;  // so many are kept beside what is asked for, for whoever looks at images
  // Whether rows of parts are taken while others are measured. Not told: where the detector is on a device,
  // which has work the while; on a CPU at the end, when the memory of a network is free again. The numbers
  // are equal.
  std::optional<bool> rows_meanwhile = {};
  std::optional<SeededImages> seeded = {};
};

// Rows that the side will have, known before any work; 0 when only statistics are stored.
std::int64_t count_rows(const FeatureInput& input, const SideOptions& options);

// Bytes that measure_side holds: the rows that are kept, three matrices [D,D] for statistics, thirteen for
// the blocks of the jackknife. `detector` as below.
double side_memory(const FeatureInput& input, const SideRequest& request, const Detector* detector,
                   const SideOptions& options);

// The kept features of `images`, which are those of the file `source`, in options.cache: known again by the
// files' bytes. Ranks go on together, or not at all. Errors: of FeatureParts; a rank that sees other images.
FeatureParts open_stored_parts(const ImageSource& source, const StoredImages& images,
                               const Detector& detector, const SideOptions& options);

// Error: of images something is wanted that the detector does not give.
void check_detector(const Detector& detector, const SideRequest& request);

// `detector` may be null when needs_detector() is false. Of several processes each measures its share, and
// only the leader's side has anything in it. Errors: fewer than two images or rows; classes that are asked
// for and not known; more memory than is allowed; what extract_features, measure_parts and load_statistics
// refuse. Throws Stopped.
Side measure_side(const FeatureInput& input, const SideRequest& request, const Detector* detector,
                  const SideOptions& options);

}  // namespace gdd
