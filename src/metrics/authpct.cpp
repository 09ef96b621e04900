#include "gdd/metrics/authpct.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gdd/error.h"
#include "metrics/check_rows.h"
#include "metrics/nearest_rows.h"
#include "metrics/neighbour_radii.h"
#include "metrics/rounded_rows.h"

namespace gdd {
namespace {

void check(FeaturesF32 generated, FeaturesF32 train) {
  check_same_dim(generated.columns, train.columns);
  if (generated.rows < 1 || train.rows < 2)
    throw Error("features", "expected a generated row and two training rows, found " +
                                std::to_string(generated.rows) + " and " + std::to_string(train.rows));
}

// The training rows that are nearest to a generated one, each once, ascending.
std::vector<std::int64_t> rows_in_use(const std::vector<NearestRow>& nearest) {
  std::vector<std::int64_t> rows;
  for (const NearestRow& each : nearest) rows.push_back(each.row);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

// What training rows lie from the nearest of the others, squared [N]; of more than those asked for maybe.
class DistancesWithin {
 public:
  // Few rows are held against all; many, in half the work, all against all.
  DistancesWithin(const RoundedRows& train, const Frame& frame, const std::vector<std::int64_t>& wanted,
                  const ManifoldOptions& options, const std::function<void(std::int64_t rows)>& done)
      : distances_(static_cast<std::size_t>(train.count())) {
    if (2 * std::ssize(wanted) > train.count()) {
      distances_ = neighbour_radii(train, options, done);
      return;
    }
    const FeaturesF32 all = train.original();
    for (const std::int64_t row : wanted)
      copies_.insert(copies_.end(), all.row(row).begin(), all.row(row).end());
    const RoundedRows few({copies_.data(), std::ssize(wanted), all.columns}, frame);
    const std::vector<NearestRow> nearest = nearest_rows(few, train, wanted, options, done);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      distances_[static_cast<std::size_t>(wanted[i])] = nearest[i].distance;
  }
  double of(std::int64_t row) const { return distances_[static_cast<std::size_t>(row)]; }

 private:
  std::vector<float> copies_;
  std::vector<double> distances_;
};

}  // namespace

double authpct(FeaturesF32 generated, FeaturesF32 train, const AuthpctOptions& options) {
  check(generated, train);
  const ManifoldOptions pairs{.k = 1, .threads = options.threads, .products = options.products};
  const std::int64_t total = generated.rows + train.rows;
  const auto done = [&](std::int64_t rows) {
    if (options.progress) options.progress(rows, total);
  };
  const Frame frame = choose_frame(generated, train);
  const RoundedRows samples(generated, frame), training(train, frame);
  const std::vector<NearestRow> nearest = nearest_rows(samples, training, {}, pairs, done);
  const std::vector<std::int64_t> wanted = rows_in_use(nearest);
  const DistancesWithin within(training, frame, wanted, pairs,
                               [&](std::int64_t rows) { done(generated.rows + rows); });
  const auto authentic = std::count_if(nearest.begin(), nearest.end(), [&](const NearestRow& each) {
    return within.of(each.row) < each.distance;
  });
  done(total);
  return 100 * static_cast<double>(authentic) / static_cast<double>(generated.rows);
}

}  // namespace gdd
