// Scores of a sample that still grows: what the first 1 000, 2 000, 5 000, 10 000, ... images would give.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "gdd/metrics/statistics.h"
#include "measurement/feature_parts.h"
#include "measurement/measure_side.h"
#include "scoring/kept_reference.h"

namespace gdd {

struct RunningScore {
  std::string name = "fid";  // or inception_score, which is told when all images are there
  std::string protocol;
  std::int64_t images = 0;
  double value = 0;
};

// The counts of images: 1 000, 2 000, 5 000, 10 000, ...
inline constexpr std::int64_t kFirstRunningCount = 1000;
std::int64_t running_count_after(std::int64_t count);

class RunningFid {
 public:
  // By the statistics of `reference`, which lives longer, as `kept` does, whatever route the score of all
  // images takes. `tell` hears of each count, once, on the caller's thread. `beside`: distances are computed
  // on another one, where the caller's work is a device's; nothing else may use `kept` until finish().
  RunningFid(const Side& reference, KeptReference& kept, std::string protocol, bool beside,
             std::function<void(const RunningScore&)> tell)
      : reference_(reference),
        kept_(kept),
        protocol_(std::move(protocol)),
        beside_(beside),
        tell_(std::move(tell)) {}

  // Takes the parts that are whole behind those that it has. Memory does not grow with them.
  void advance(const FeatureParts& kept, Observer& observer);
  // After the last part: all counts are told when it returns.
  void finish() { tell(); }

 private:
  struct Count {
    std::int64_t images;
    std::future<double> fid;
  };

  void add(FeaturesF64 rows);
  void take(FeaturesF64 rows);  // up to the next count
  void begin();                 // the distance of what was taken
  void tell();                  // of the count that was begun, if there is one

  const Side& reference_;
  KeptReference& kept_;
  std::string protocol_;
  bool beside_;
  std::function<void(const RunningScore&)> tell_;
  std::optional<Count> count_;  // that is not told yet
  StreamingStatistics statistics_;
  std::int64_t parts_ = 0, taken_ = 0, next_ = kFirstRunningCount;
};

}  // namespace gdd
