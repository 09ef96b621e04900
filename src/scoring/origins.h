// What of the inputs was made before, and by what: before scores are computed, a mix is refused and what is
// not known is said.
#pragma once

#include <string>
#include <vector>

#include "detectors/detector.h"
#include "gdd/report.h"
#include "measurement/feature_input.h"
#include "measurement/measure_side.h"
#include "measurement/provenance.h"

namespace gdd {

class Origins {
 public:
  // `input` outlives this. Files that do not say where they come from are a warning, and so is a choice among
  // several kinds of data (choice_among).
  void add(const FeatureInput& input, const SideRequest& request, Report& report);

  // Of the first that says it, and not by its name alone beside a TorchScript network's; else Inception.
  Family family() const;

  // Error, naming both: one was made by another network than the other, or the one in use, or from images
  // prepared in another way. `detector` is null where none is in use.
  void check(const std::string& protocol, const Detector* detector, Report& report) const;

 private:
  struct Known {
    const FeatureInput* input;
    Provenance made;
  };
  std::vector<Known> known_;
};

}  // namespace gdd
