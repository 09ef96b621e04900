#include "measurement/part_rows.h"

#include <string>
#include <utility>

#include "detectors/protocol.h"
#include "gdd/error.h"
#include "measurement/summary_members.h"

namespace gdd {

PartRows::PartRows(const FeatureParts& kept, const SideRequest& request, std::optional<bool> meanwhile,
                   Collector& collector)
    : kept_(kept),
      request_(request),
      meanwhile_(meanwhile.value_or(!kept.detector().device().is_cpu())),
      collector_(collector) {}

void PartRows::advance() {
  while (meanwhile_ && next_ < kept_.parts() && kept_.is_known(next_)) take(next_++);
}

ExtractSummary PartRows::finish(const FeatureInput& input, std::int64_t images, Observer& observer) {
  while (next_ < kept_.parts()) take(next_++);
  if (summary_.images != images)
    throw Error(input.spec(),
                "expected the features of " + std::to_string(images) + " images, found those of " +
                    std::to_string(summary_.images),
                "the same command again makes them");
  check_equal_sizes(summary_, input.spec(),
                    find_protocol(kept_.detector().family(), kept_.request().protocol));
  warn_about_images(summary_, input.spec(), observer);
  return summary_;
}

// All arrays that are asked for must be there, as many rows in each.
void PartRows::take(std::int64_t number) {
  const FeatureInput part(kept_.path(number));
  needs_detector(part, request_);  // refuses what is not there
  const ExtractSummary summary = read_summary(part);
  const SidePlan plan = plan_side(part, request_);
  for (const auto& [planned, array] : {std::pair(plan.array_spatial, part.spatial()),
                                       std::pair(plan.array_probabilities, part.probabilities())})
    if (planned && array->rows != summary.images)
      throw Error(
          part.path() + ":" + array->member,
          "expected " + std::to_string(summary.images) + " rows, found " + std::to_string(array->rows),
          "remove the file; the same command makes it again");
  collector_.add_arrays(part, plan, {});
  summary_.append(summary);
}

}  // namespace gdd
