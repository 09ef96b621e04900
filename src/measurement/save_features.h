// Images -> files: the features of every image, or their mean and covariance as a reference.
#pragma once

#include <optional>
#include <string>

#include "base/observer.h"
#include "batches/batch_source.h"
#include "detectors/detector.h"
#include "images/labels.h"
#include "measurement/extract_features.h"
#include "measurement/measure_side.h"
#include "measurement/provenance.h"

namespace gdd {

// The features of the images at first <= i < last, in that order, as FeatureWriter writes them. `part`: which
// of several files this is. `labels`: those of these images, or none. Errors: of extract_features and
// AtomicFile. Throws Stopped.
ExtractSummary save_features(ImageSet& images, std::int64_t first, std::int64_t last,
                             const Detector& detector, const ExtractOptions& options, Observer& observer,
                             const std::string& dest, const std::optional<FilePart>& part = {},
                             const Labels& labels = {});

// Writes `mu` [D] and `sigma` [D,D] float64 as EDM's `fid.py ref`, and `mu_s`, `sigma_s` of the spatial
// features when the side has them; and the provenance, if it is known.
void save_reference(const Side& side, const std::string& dest);

}  // namespace gdd
