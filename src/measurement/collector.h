// Rows, of arrays or of images that were measured -> one side.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "batches/choose_images.h"
#include "detectors/detector.h"
#include "gdd/metrics/features.h"
#include "gdd/metrics/statistics.h"
#include "measurement/feature_input.h"
#include "measurement/measure_side.h"
#include "measurement/side_plan.h"

namespace gdd {

// Takes blocks of rows in order and keeps what was asked for. Errors: rows of another length than those
// before them; features beyond the range of float32 where they are kept so; of StreamingStatistics and
// BlockStatistics, with the name of `input` in front.
class Collector {
 public:
  // `rows`: how many will come; the blocks of the jackknife depend on it. Of these `shown_rows`, evenly
  // spaced, are kept beside what is asked for. `input` lives longer.
  Collector(const FeatureInput& input, const SideRequest& request, std::int64_t rows, std::int64_t shown_rows)
      : input_(input), request_(request), rows_(rows), shown_rows_(shown_rows) {}
  void expect_rows(std::int64_t rows) { rows_ = rows; }
  // Of which images of a file they are.
  void name_images(std::vector<std::int64_t> images) { side_.images = std::move(images); }

  void add(const FeatureBlock& block);
  // The arrays of `file` that `plan` names; of each all rows, or the seeded subset of them. Errors: numbers
  // that are not finite, with their place; no rows, or fewer than are chosen.
  void add_arrays(const FeatureInput& file, const SidePlan& plan, const Selection& selection);

  // Once, when all rows are there.
  Side finish();

 private:
  template <class T>
  void add_features(MatrixView<T> rows);
  template <class T>
  void keep_shown(MatrixView<T> rows);
  template <class T>
  void add_spatial(MatrixView<T> rows);
  template <class T>
  void add_probabilities(MatrixView<T> rows);
  template <class T>
  void reserve(std::vector<T>& kept, std::int64_t columns) const;

  const FeatureInput& input_;
  SideRequest request_;
  std::int64_t rows_, shown_rows_;
  Side side_;
  StreamingStatistics statistics_, spatial_;
  std::int64_t feature_rows_ = 0, probability_rows_ = 0;
};

}  // namespace gdd
