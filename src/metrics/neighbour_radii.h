// The k nearest neighbours of each row of a set in this set: the radii of the balls that reach to the k-th,
// and which rows lie in such balls.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "gdd/metrics/manifold.h"
#include "metrics/candidates.h"
#include "metrics/rounded_rows.h"

namespace gdd {

class Neighbourhoods {
 public:
  // One pass over all pairs; `rows` live longer. `done` counts to rows.count().
  Neighbourhoods(const RoundedRows& rows, const ManifoldOptions& options,
                 const std::function<void(std::int64_t rows)>& done);

  // Squared distances to the k-th nearest neighbour: exact, in float64, of rows times their frame's scale;
  // the row itself does not count.
  const std::vector<double>& radii() const { return radii_; }

  // Of each row: in how many balls around other rows it lies, or on their boundary. `radii` are squared, and
  // none is larger than its row's above.
  std::vector<std::int64_t> balls_around(const std::vector<double>& radii);

 private:
  double radius_among(std::int64_t row);
  void for_rows(const std::function<void(std::int64_t row)>& settle,
                const std::function<void(std::int64_t finished)>& done = {});
  bool add_members(std::int64_t row, double radius, std::vector<std::int32_t>& members);

  const RoundedRows& rows_;
  std::int64_t k_;
  int threads_;
  std::optional<Candidates> candidates_;  // nothing: k is for whole rows of distances
  std::vector<double> radii_;
};

// The radii alone.
std::vector<double> neighbour_radii(const RoundedRows& rows, const ManifoldOptions& options,
                                    const std::function<void(std::int64_t rows)>& done);

}  // namespace gdd
