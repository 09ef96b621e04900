// The only loop from a source of batches to its sinks.
#pragma once

#include <functional>
#include <vector>

#include "base/observer.h"
#include "batches/batch_sink.h"
#include "batches/batch_source.h"

namespace gdd {

// Takes every batch of `source` to every sink, in order, and finishes the sinks; writing goes on beside the
// source's work, one batch behind, so that memory is that of two. `told` (may be empty) hears of each batch
// when it has been made. False: observer.stop() ended it, between two batches, and no sink was finished.
bool run_flow(BatchSource& source, const std::vector<BatchSink*>& sinks, Observer& observer,
              const std::function<void(const ImageBatch&)>& told = {});

}  // namespace gdd
