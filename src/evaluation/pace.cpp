#include "evaluation/pace.h"

#include <ATen/ATen.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <numeric>

#include "batches/stored_batches.h"
#include "compute/compute_scope.h"
#include "gdd/error.h"
#include "generation/generated_images.h"
#include "measurement/extract_features.h"

namespace gdd {
namespace {

// For the network, for all preparations in the detector, and for all references.
constexpr double kNetworkSeconds = 3, kDetectorSeconds = 5, kReferenceSeconds = 3;

double seconds_for(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Seconds an item of `work`, which does so many at once: `most`, by way of smaller numbers, or as many as
// about `budget` seconds allow, twice that at most. A batch has a price of its own, large where the machine
// has other work, so that few at once say little of many.
double seconds_each(std::int64_t most, double budget, const std::function<void(std::int64_t)>& work) {
  constexpr std::int64_t kStep = 4;
  double spent = 0;
  const auto take = [&](std::int64_t count) {
    const double seconds = seconds_for([&] { work(count); });
    spent += seconds;
    return seconds;
  };
  double last = take(1);  // and what is done once alone
  std::int64_t taken = 1;
  for (std::int64_t count = 1; spent + last <= budget; count = std::min(most, kStep * count)) {
    last = take(taken = count);
    if (count == most) break;
  }
  if (spent + last <= budget) last = (last + take(taken)) / 2;
  return last / static_cast<double>(taken);
}

// Of this process, in bytes: now, and the most so far.
double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}
double peak_bytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

class Measurement {
 public:
  Measurement(const Network& network, const Detector& detector, const EvaluateOptions& options,
              const Workload& work, Observer& observer)
      : network_(network), detector_(detector), options_(options), work_(work), observer_(observer) {}

  // The detector first: the network takes more memory, and would hide what the detector takes.
  Pace measure() {
    pace_.start_bytes = resident_bytes();
    for (const auto& [protocol, images] : work_.features)
      if (images > 0) pace_.feature_seconds[protocol] = feature_seconds(protocol);
    for (const Workload::Reference& each : work_.references)
      if (each.images > 0) pace_.reference_seconds[{each.path, each.protocol}] = reference_seconds(each);
    pace_.detector_bytes = peak_bytes();
    if (work_.images > 0) measure_network();
    measure_rates();
    return pace_;
  }

 private:
  void look_for_stop() const {
    if (observer_.stop()) throw Stopped();
  }

  ExtractOptions extract_options(const std::string& protocol, std::int64_t batch) const {
    ExtractOptions extract;
    extract.request = {protocol, detector_.spatial_dim() > 0, detector_.probability_dim() > 0};
    extract.batch = batch;
    return extract;
  }

  // Noise takes as long as any image of this size.
  double feature_seconds(const std::string& protocol) {
    look_for_stop();
    const ImageSize size = image_size(options_.generate, network_.info());
    GeneratedImages images(network_, options_.generate, options_.network, nullptr, false, nobody());
    return seconds_each(
        work_.detector_batch, kDetectorSeconds / static_cast<double>(work_.features.size()),
        [&](std::int64_t count) {
          FeatureSink sink(images, detector_, extract_options(protocol, count).request,
                           [](const FeatureBlock&) {});
          ImageBatch batch;
          batch.pixels = at::randint(0, 256, {count, size.side, size.side, size.channels}, at::kByte);
          sink.take(batch);
          sink.finish();
        });
  }

  double reference_seconds(const Workload::Reference& reference) {
    look_for_stop();
    const FeatureInput input(reference.path);
    std::vector<std::int64_t> all(static_cast<std::size_t>(input.num_images()));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    StoredImages images(*input.images(), all);
    const auto extract = [&](std::int64_t count) {
      extract_features(images, 0, count, detector_, extract_options(reference.protocol, count), nobody(),
                       [](const FeatureBlock&) {});
    };
    const std::int64_t most = std::min(options_.distances.reference.extract.batch, images.size());
    try {
      return seconds_each(most, kReferenceSeconds / static_cast<double>(work_.references.size()), extract);
    } catch (const Error&) {  // one of the first is damaged
      if (options_.distances.reference.selection.skip_corrupt == 0) throw;
      return feature_seconds(reference.protocol);
    }
  }

  // What a batch that was smaller than the run's took more than was held before grows with the batch.
  void measure_network() {
    look_for_stop();
    GenerateOptions some = options_.generate;
    std::int64_t largest = 1;
    const double before = peak_bytes();
    pace_.image_seconds = seconds_each(work_.batch, kNetworkSeconds, [&](std::int64_t count) {
      largest = std::max(largest, some.batch = count);
      some.seeds.assign(options_.generate.seeds.begin(), options_.generate.seeds.begin() + count);
      GeneratedBatches(network_, some, every_batch(1)).make(0);
    });
    const double share = static_cast<double>(work_.batch) / static_cast<double>(largest);
    pace_.network_bytes = before + (peak_bytes() - before) * share;
  }

  void measure_rates() {
    look_for_stop();
    pace_.rates.float32 = product_rate(at::kFloat);
    pace_.rates.float64 = product_rate(at::kDouble);
    constexpr int kVisits = 1'000'000;
    volatile double sum = 0;
    const double seconds = seconds_for([&] {
      for (int i = 1; i <= kVisits; ++i) sum = sum + std::log(static_cast<double>(i));
    });
    pace_.rates.visits = kVisits / seconds;
  }

  static double product_rate(at::ScalarType type) {
    constexpr std::int64_t kSize = 1024;
    const at::Tensor a = at::ones({kSize, kSize}, type);
    at::mm(a, a);
    constexpr int kTimes = 4;
    const double seconds = seconds_for([&] {
      for (int i = 0; i < kTimes; ++i) at::mm(a, a);
    });
    return kTimes * 2.0 * kSize * kSize * kSize / seconds;
  }

  const Network& network_;
  const Detector& detector_;
  const EvaluateOptions& options_;
  const Workload& work_;
  Observer& observer_;
  Pace pace_;
};

}  // namespace

Pace measure_pace(const Network& network, const Detector& detector, const EvaluateOptions& options,
                  const Workload& work, Observer& observer) {
  const ComputeScope scope({.threads = options.generate.compute.threads});
  return Measurement(network, detector, options, work, observer).measure();
}

}  // namespace gdd
