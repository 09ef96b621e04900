// An evaluation that takes more than one part of images: 700 are two, of 512 and 188.
#pragma once

#include <numeric>
#include <string>

#include "evaluation/evaluate.h"

namespace gdd::testing_support {

// The Inception Score of the tiny network, seeds 0 to 699 in batches of 64: eleven, of 63 or 64.
inline EvaluateOptions seven_hundred_images(const std::string& outdir, Observer& observer) {
  EvaluateOptions options;
  options.generate.seeds.resize(700);
  std::iota(options.generate.seeds.begin(), options.generate.seeds.end(), std::int64_t{0});
  options.network = GDD_TEST_DATA "/networks/tiny.pkl";
  options.files.outdir = outdir;
  options.distances.metrics = {"is"};
  options.distances.sample.observer = options.distances.reference.observer = &observer;
  return options;
}

}  // namespace gdd::testing_support
