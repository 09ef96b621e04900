// A set of rows for products in float32, with the bound of what their rounding does to a squared distance.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gdd/metrics/features.h"

namespace gdd {

// What float32 products of two sets are taken of: the rows less `centre`, times `scale`. Distances times
// scale^2 do not change by it, but products are rounded less when a mean that is large beside the deviations
// is taken away, and do not overflow or vanish.
struct Frame {
  std::vector<float> centre;  // [D]; empty: nothing is taken away
  double scale = 1;           // a power of two
  bool changes() const { return !centre.empty() || scale != 1; }
};

// Moves rows only where that matters, for it takes a copy of them. Errors: NaN or infinity.
Frame choose_frame(FeaturesF32 first, FeaturesF32 second);

// With v = norm(i) + norm(j) - 2 p, all in float32, of a product p = <row i, row j> in float32:
// |v - scale^2 |x_i - x_j|^2| <= slack(i) + slack(j). The bound holds for any order of the sum, with or
// without fused multiply-add (Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1:
// gamma_D = D u / (1 - D u) times |x||y|, u = 2^-24), and for the rounding of the norms, of v and of the
// frame (16 u).
class RoundedRows {
 public:
  // `rows` outlive this. They are copied only when the frame changes them.
  RoundedRows(FeaturesF32 rows, const Frame& frame);
  RoundedRows(const RoundedRows&) = delete;
  RoundedRows& operator=(const RoundedRows&) = delete;

  std::int64_t count() const { return original_.rows; }
  FeaturesF32 block(std::int64_t first, std::int64_t rows) const;
  FeaturesF32 original() const { return original_; }
  double squared_scale() const { return squared_scale_; }
  float norm(std::int64_t i) const { return norms_[static_cast<std::size_t>(i)]; }    // |x|^2
  float slack(std::int64_t i) const { return slacks_[static_cast<std::size_t>(i)]; }  // rounded up
  const float* norms() const { return norms_.data(); }
  const float* slacks() const { return slacks_.data(); }

 private:
  void move_into(const Frame& frame);
  void measure();

  FeaturesF32 original_, rows_;
  double squared_scale_;
  std::vector<float> moved_, norms_, slacks_;
};

}  // namespace gdd
