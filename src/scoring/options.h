// What is asked of a comparison.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gdd/metrics/frechet_infinity.h"
#include "gdd/metrics/kernel.h"
#include "gdd/report.h"
#include "measurement/feature_input.h"
#include "measurement/measure_side.h"
#include "scoring/kept_reference.h"
#include "scoring/running_score.h"

namespace gdd {

struct MindSettings {
  std::int64_t directions = 1000;
  std::uint64_t seed = 2020;  // of torch's generator on the CPU
};

struct DistanceOptions {
  // Empty: what protocol_in_force() says. Or kAllProtocols: all of them, one pass for each way to resize.
  std::string protocol;
  std::vector<std::string> metrics = {"fid"};        // names of metric_table.cpp
  SideOptions sample, reference, train;              // their protocols are set from `protocol`
  std::shared_ptr<const FeatureInput> training_set;  // authpct: what the network was trained on

  bool per_class = false;          // --per-class: per_class too, whatever metrics are named
  bool confidence = false;         // fid: jackknife of the sample's rows, its error and 95 % interval
  InfinityOptions infinity;        // fid_infinity: 15 sizes from N / 10, seed 0
  KernelOptions kid;               // torch-fidelity's defaults: 100 subsets of 1000, seed 2020
  MindSettings mind;               // torch-fidelity's
  std::int64_t split_size = 5000;  // is: images in a block; torch-fidelity always takes 10 shuffled splits
  std::int64_t k = 0;              // pr, prdc, clipped: nearest neighbours; 0: 3, 5 and 5
  bool float16 = false;            // pr: distances as guided-diffusion's evaluator rounds them
  // pr, prdc, clipped, authpct: multiplies rows (device_products.h); empty: BLAS. Scores are the same. Where
  // a detector is opened that is not on the CPU, its device does.
  std::optional<c10::Device> device;
  // So many rows of either side, evenly spaced, are looked at for a page (look_at_images.h); 0: none.
  std::int64_t shown_rows = 0;
  // In small, the images from seeds at these positions, in that order; empty: they cannot be shown.
  std::function<std::vector<Picture>(const std::vector<std::int64_t>& positions)> pictures;
  // How a score that becomes known while the sample grows is heard of; may be empty. Of images from seeds.
  std::function<void(const RunningScore& score)> running;
  // Shared by copies of these options, as those of several runs are; for one thread at a time.
  std::shared_ptr<KeptReference> kept = std::make_shared<KeptReference>();
};

}  // namespace gdd
