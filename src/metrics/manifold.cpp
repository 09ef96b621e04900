#include "gdd/metrics/manifold.h"

#include "metrics/distance_rows.h"

namespace gdd {
namespace {

class Steps {
 public:
  Steps(const ManifoldOptions& options, std::int64_t total) : options_(options), total_(total) {}
  void add(std::int64_t rows) {
    done_ += rows;
    if (options_.progress) options_.progress(done_, total_);
  }

 private:
  const ManifoldOptions& options_;
  std::int64_t total_, done_ = 0;
};

// Exact squared distance of row i to its k-th nearest neighbour: rank k when the row itself, at distance 0,
// has rank 0.
double exact_radius(const DistanceRows& rows, const double* distances, std::int64_t n, std::int64_t i,
                    std::int64_t k, std::vector<double>& scratch) {
  scratch.assign(distances, distances + n);
  std::nth_element(scratch.begin(), scratch.begin() + k, scratch.end());
  const double approximate = scratch[static_cast<std::size_t>(k)];
  double widest = 0;
  for (std::int64_t j = 0; j < n; ++j) widest = std::max(widest, rows.rounding(i, j));
  scratch.clear();
  for (std::int64_t j = 0; j < n; ++j)
    if (distances[j] <= approximate + 2 * widest) scratch.push_back(rows.exact(i, j));
  std::nth_element(scratch.begin(), scratch.begin() + k, scratch.end());
  return scratch[static_cast<std::size_t>(k)];
}

std::vector<double> radii(FeaturesF32 set, const ManifoldOptions& options, Steps& steps) {
  DistanceRows rows(set, set, options.float16);
  std::vector<double> result, scratch;
  for (std::int64_t first = 0; first < set.rows; first += kDistanceRows) {
    const std::int64_t count = std::min(kDistanceRows, set.rows - first);
    const std::vector<double>& distances = rows.compute(first, count);
    for (std::int64_t i = 0; i < count; ++i)
      result.push_back(exact_radius(rows, distances.data() + i * set.rows, set.rows, i, options.k, scratch));
    steps.add(count);
  }
  return result;
}

void check(FeaturesF32 sample, FeaturesF32 reference, const ManifoldOptions& options) {
  if (sample.columns != reference.columns)
    throw Error("features", "expected two sets of one dimension, found " + std::to_string(sample.columns) +
                                " and " + std::to_string(reference.columns));
  const std::int64_t fewest = std::min(sample.rows, reference.rows);
  if (options.k < 1 || options.k >= fewest)
    throw Error::usage("--k", "expected 1 to " + std::to_string(fewest - 1) + " for sets of " +
                                  std::to_string(sample.rows) + " and " + std::to_string(reference.rows) +
                                  ", found " + std::to_string(options.k));
}

// Which pairs lie inside whose ball, counted over blocks of samples against all references.
class Pairs {
 public:
  Pairs(FeaturesF32 sample, FeaturesF32 reference, const ManifoldOptions& options,
        std::vector<double> sample_radii, std::vector<double> reference_radii)
      : rows_(sample, reference, options.float16),
        n_(sample.rows),
        m_(reference.rows),
        strict_(options.strict),
        sample_radii_(std::move(sample_radii)),
        reference_radii_(std::move(reference_radii)),
        recalled_(static_cast<std::size_t>(m_)),
        covered_(static_cast<std::size_t>(m_)) {}

  void count(std::int64_t first, std::int64_t size) {
    const std::vector<double>& distances = rows_.compute(first, size);
    for (std::int64_t i = 0; i < size; ++i) {
      std::int64_t balls = 0;
      for (std::int64_t j = 0; j < m_; ++j) {
        const double distance = distances[static_cast<std::size_t>(i * m_ + j)];
        const auto column = static_cast<std::size_t>(j);
        if (inside(distance, reference_radii_[column], i, j)) {
          ++balls;
          covered_[column] = 1;
        }
        if (!recalled_[column] && inside(distance, sample_radii_[static_cast<std::size_t>(first + i)], i, j))
          recalled_[column] = 1;
      }
      inside_ += balls > 0 ? 1 : 0;
      balls_ += balls;
    }
  }

  ManifoldScores scores(std::int64_t k) const {
    const auto share = [](const std::vector<char>& flags) {
      return static_cast<double>(std::count(flags.begin(), flags.end(), 1)) /
             static_cast<double>(flags.size());
    };
    const auto n = static_cast<double>(n_);
    return {static_cast<double>(inside_) / n, share(recalled_),
            static_cast<double>(balls_) / (static_cast<double>(k) * n), share(covered_)};
  }

 private:
  bool inside(double distance, double radius, std::int64_t i, std::int64_t j) const {
    if (std::abs(distance - radius) <= rows_.rounding(i, j)) distance = rows_.exact(i, j);
    return strict_ ? distance < radius : distance <= radius;
  }

  DistanceRows rows_;
  std::int64_t n_, m_;
  bool strict_;
  std::vector<double> sample_radii_, reference_radii_;
  std::vector<char> recalled_, covered_;
  std::int64_t inside_ = 0, balls_ = 0;
};

}  // namespace

ManifoldScores manifold_scores(FeaturesF32 sample, FeaturesF32 reference, const ManifoldOptions& options) {
  check(sample, reference, options);
  Steps steps(options, 2 * sample.rows + reference.rows);
  std::vector<double> reference_radii = radii(reference, options, steps),
                      sample_radii = radii(sample, options, steps);
  Pairs pairs(sample, reference, options, std::move(sample_radii), std::move(reference_radii));
  for (std::int64_t first = 0; first < sample.rows; first += kDistanceRows) {
    const std::int64_t count = std::min(kDistanceRows, sample.rows - first);
    pairs.count(first, count);
    steps.add(count);
  }
  return pairs.scores(options.k);
}

}  // namespace gdd
