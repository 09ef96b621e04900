// A short measurement: how fast this machine does what an evaluation consists of.
#pragma once

#include "evaluation/evaluate.h"
#include "evaluation/predict.h"

namespace gdd {

// Some ten seconds, twenty at most unless one image takes longer: the real network and detector at their real
// batches, or smaller ones where these would take too long; the first images of the references; and a product
// of matrices. Nothing is written. What `work` does not need is not measured; start_seconds is the caller's
// to say. Throws Stopped. Errors: of what is run.
Pace measure_pace(const Network& network, const Detector& detector, const EvaluateOptions& options,
                  const Workload& work, Observer& observer);

}  // namespace gdd
