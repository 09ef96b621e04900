// What was in force, for every report.
#pragma once

#include <vector>

#include "compute/compute.h"
#include "gdd/report.h"

namespace gdd {

// versions.gdd, versions.torch, device, gpu (its model; empty on a CPU), threads, cpu (the instructions that
// torch's kernels use) and tf32. The precision is the program's to add: it depends on what runs.
std::vector<ProvenanceEntry> describe(const Compute& compute);

}  // namespace gdd
