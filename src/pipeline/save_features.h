// Images -> files: the features of every image, or their mean and covariance as a reference.
#pragma once

#include <optional>
#include <string>

#include "detectors/detector.h"
#include "pipeline/accumulate_statistics.h"
#include "pipeline/feature_input.h"
#include "pipeline/provenance.h"

namespace gdd {

// Writes `features` [N,D] float32, and where options.request asks for them `spatial` and `probabilities`, in
// the order of the indices; the summary, and the provenance. The file appears whole or not at all; memory
// does not grow with N (the second and third array wait in temporary files beside it). `part`: which of
// several files this is.
ExtractSummary save_features(const ImageSource& images, const std::vector<std::int64_t>& indices,
                             const Detector& detector, const ExtractOptions& options, const std::string& dest,
                             const std::optional<FilePart>& part = {});

// The same of the images that options.selection chooses. Error: the input has no images.
ExtractSummary save_features(const FeatureInput& input, const Detector& detector, const SideOptions& options,
                             const std::string& dest);

// One file from files of features, their rows in that order, as if it had been made at once. Errors: one has
// not the arrays and columns of the first, or was made by another network or preparation (both are named); a
// part of several is missing, there twice, out of order, or of other images. Files that do not say where they
// come from are a warning, and so are two of the same images.
ExtractSummary merge_features(const std::vector<std::string>& paths, const std::string& dest,
                              const Warn& warn = {});

// The summary that save_features left in its file. Error: it is not there, or not of these rows.
ExtractSummary read_summary(const FeatureInput& file);

// Writes `mu` [D] and `sigma` [D,D] float64 as EDM's `fid.py ref`, and `mu_s`, `sigma_s` of the spatial
// features when the side has them; and the provenance, if it is known.
void save_reference(const Side& side, const std::string& dest);

}  // namespace gdd
