// Which of the data that an input holds answer for what is wanted of it.
#pragma once

#include <cstdint>
#include <string>

#include "measurement/feature_input.h"
#include "measurement/load_reference.h"

namespace gdd {

// What is wanted of a side. Statistics take O(D^2) memory whatever N; the others keep every row.
struct SideRequest {
  bool statistics = false;          // mean and covariance of pool3
  bool spatial_statistics = false;  // of the spatial features
  bool features = false;            // all rows of pool3, as float32 (a float64 array is rounded)
  bool exact_features = false;      // all rows of pool3, as float64
  bool probabilities = false;       // all rows of class probabilities
  bool labels = false;              // the class of every row
  bool blocks = false;              // pool3 in blocks for the jackknife: 20 D^2 / 2 float64, whatever N
  // Of a file with finished statistics beside rows or images: those are measured and the statistics left
  // alone. Else statistics come first where they answer, as in guided-diffusion's evaluator.
  bool rows_first = false;

  bool operator==(const SideRequest&) const = default;
};

// Where each part of a request comes from. Finished statistics come first, as in guided-diffusion's
// evaluator, unless rows_first is set; then arrays of features, then images.
struct SidePlan {
  bool stored_statistics = false, stored_spatial = false;
  bool array_features = false, array_spatial = false, array_probabilities = false;
  SideRequest from_images;

  bool uses_images() const {
    return from_images.statistics || from_images.spatial_statistics || from_images.features ||
           from_images.exact_features || from_images.probabilities || from_images.blocks;
  }
};
SidePlan plan_side(const FeatureInput& input, const SideRequest& request);

// What of `request` the stored arrays do not answer, so that images must go through a detector. Error: it
// needs images and there are none (what is missing and what was found is named).
bool needs_detector(const FeatureInput& input, const SideRequest& request);

// Of the file itself something is used, not only its images.
bool uses_arrays(const FeatureInput& input, const SideRequest& request);

// Finished statistics answer for this request.
bool uses_statistics(const FeatureInput& input, const SideRequest& request, StatisticsKind kind);

// Where a file holds images, rows and statistics, or two of them: what is taken for what, as a warning.
// Empty: it holds one kind.
std::string choice_among(const FeatureInput& input, const SideRequest& request);

// Dimension of pool3 or spatial features as far as a file tells it; 0 for images.
std::int64_t stored_dim(const FeatureInput& input, const SideRequest& request, StatisticsKind kind);

}  // namespace gdd
