#include "evaluation/predict.h"

#include <algorithm>

namespace gdd {
namespace {

// 0 where nothing of the kind is to be done, and so nothing was measured.
template <class Map, class Key>
double found(const Map& map, const Key& key) {
  const auto place = map.find(key);
  return place == map.end() ? 0 : place->second;
}

std::string images_text(std::int64_t left, std::int64_t all) {
  return count_text(left) + " of " + count_text(all) + " images";
}

Stage sampling(const Workload& work, const Pace& pace) {
  const auto images = static_cast<double>(work.images);
  return {
      "sampling", images_text(work.images, work.all_images),
      images * pace.image_seconds / static_cast<double>(work.processes),
      work.images > 0 ? std::max(pace.start_bytes + work.batch_bytes, pace.network_bytes) : pace.start_bytes};
}

void add_features(const Workload& work, const Pace& pace, Prediction& prediction) {
  for (const auto& [protocol, images] : work.features)
    prediction.stages.push_back({"features", images_text(images, work.all_images) + ", as " + protocol,
                                 static_cast<double>(images) * found(pace.feature_seconds, protocol) /
                                     static_cast<double>(work.processes),
                                 std::max(pace.start_bytes, images > 0 ? pace.detector_bytes : 0)});
}

void add_references(const Workload& work, const Pace& pace, Prediction& prediction) {
  for (const Workload::Reference& each : work.references) {
    const std::string images =
        each.images > 0 ? count_text(each.images) + " images of " + each.path + ", as " + each.protocol
                        : each.path + ": nothing to measure";
    const double seconds = found(pace.reference_seconds, std::pair(each.path, each.protocol));
    prediction.stages.push_back(
        {"reference", images,
         static_cast<double>(each.images) * seconds / static_cast<double>(work.processes),
         std::max(pace.start_bytes, each.images > 0 ? pace.detector_bytes : 0)});
  }
}

}  // namespace

double Prediction::seconds() const {
  double sum = 0;
  for (const Stage& stage : stages) sum += stage.seconds;
  return sum;
}

double Prediction::bytes() const {
  double most = 0;
  for (const Stage& stage : stages) most = std::max(most, stage.bytes);
  return most;
}

Prediction predict(const Workload& work, const Pace& pace) {
  Prediction prediction;
  prediction.stages.push_back({"start-up", "network and detector", pace.start_seconds, pace.start_bytes});
  prediction.stages.push_back(sampling(work, pace));
  add_features(work, pace, prediction);
  add_references(work, pace, prediction);
  for (const Workload::Scoring& each : work.scores)
    prediction.stages.push_back(
        {each.name, each.work, seconds_of(each.cost, pace.rates), pace.start_bytes + each.bytes});
  return prediction;
}

}  // namespace gdd
