// What of an evaluation is still to be done, found without making or writing anything.
#pragma once

#include "evaluation/evaluate.h"
#include "evaluation/predict.h"

namespace gdd {

// Reads headers, records of finished parts, and the bytes of reference images where some are cached. Whether
// a finished part is still whole is not looked at. A folder that holds a run with other settings is warned
// of. Errors: those of evaluate() that need no work to be found. `processes` share the work.
Workload count_work(const NetworkInfo& info, const Detector& detector, const EvaluateOptions& options,
                    std::int64_t processes, Observer& observer);

}  // namespace gdd
