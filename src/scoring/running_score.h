// Scores of a sample that still grows: what the first 1 000, 2 000, 5 000, 10 000, ... images would give.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
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
             std::function<void(const RunningScore&)> tell);
  // Waits for a distance that is being computed and drops those that wait.
  ~RunningFid() { dropped_ = true; }
  RunningFid(const RunningFid&) = delete;
  RunningFid& operator=(const RunningFid&) = delete;

  // Takes the parts that are whole behind those that it has. A count that waits for its distance holds a
  // matrix [D,D]; up to 50 000 images there are six counts.
  void advance(const FeatureParts& kept, Observer& observer);
  // After the last part: all counts are told when it returns.
  void finish();

 private:
  struct Count {
    std::int64_t images;
    std::shared_future<double> fid;
  };

  void add(FeaturesF64 rows);
  void take(FeaturesF64 rows);  // up to the next count
  void begin();                 // the distance of what was taken, behind those that were begun
  double distance(const Statistics& sample) const;
  void tell();  // of the first that was begun

  const Side& reference_;
  KeptReference& kept_;
  std::string protocol_;
  bool beside_;
  // Of a distance. Beside the caller's sums, which take all, a quarter: threads of two products that wait for
  // each other on one core slow both down.
  std::atomic<int> threads_;
  std::function<void(const RunningScore&)> tell_;
  std::atomic<bool> dropped_ = false;
  std::deque<Count> counts_;  // that are not told yet
  StreamingStatistics statistics_;
  std::int64_t parts_ = 0, taken_ = 0, next_ = kFirstRunningCount;
};

}  // namespace gdd
