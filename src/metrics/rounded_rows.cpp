#include "metrics/rounded_rows.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "gdd/error.h"

namespace gdd {
namespace {

Eigen::Map<const Eigen::ArrayXf> array(std::span<const float> row) {
  return {row.data(), static_cast<Eigen::Index>(row.size())};
}

struct Moments {
  Eigen::ArrayXd sum;
  double squares = 0;  // sum over rows of |x|^2
  double largest = 0;  // of |x|^2
};

void add(FeaturesF32 set, Moments& moments) {
  for (std::int64_t i = 0; i < set.rows; ++i) {
    const Eigen::ArrayXd row = array(set.row(i)).cast<double>();
    const double square = row.square().sum();
    if (!std::isfinite(square))
      throw Error("features: row " + std::to_string(i), "expected finite numbers, found NaN or infinity");
    moments.sum += row;
    moments.squares += square;
    moments.largest = std::max(moments.largest, square);
  }
}

// The largest power of two that takes numbers up to `largest` to 1 or less.
double scale_for(double largest) { return std::exp2(-std::ceil(std::log2(largest))); }

}  // namespace

Frame choose_frame(FeaturesF32 first, FeaturesF32 second) {
  Moments moments{Eigen::ArrayXd::Zero(first.columns)};
  add(first, moments);
  add(second, moments);
  Frame frame;
  const auto rows = static_cast<double>(first.rows + second.rows);
  const Eigen::ArrayXd mean = moments.sum / rows;
  if (mean.square().sum() * rows > 0.75 * moments.squares) {  // norms of a quarter, or less
    frame.centre.resize(static_cast<std::size_t>(first.columns));
    std::transform(mean.begin(), mean.end(), frame.centre.begin(),
                   [](double x) { return static_cast<float>(x); });
  }
  // Products of rows within these norms neither overflow nor lose to underflow what the slack does not hold.
  if (moments.largest > 0 && (moments.largest < 1e-20 || moments.largest > 1e30))
    frame.scale = scale_for(2 * std::sqrt(moments.largest));  // the centre is no longer than the longest row
  return frame;
}

RoundedRows::RoundedRows(FeaturesF32 rows, const Frame& frame)
    : original_(rows), rows_(rows), squared_scale_(frame.scale * frame.scale) {
  if (frame.changes()) move_into(frame);
  measure();
}

void RoundedRows::move_into(const Frame& frame) {
  moved_.resize(static_cast<std::size_t>(original_.rows * original_.columns));
  float* out = moved_.data();
  for (std::int64_t i = 0; i < original_.rows; ++i)
    for (std::int64_t d = 0; d < original_.columns; ++d) {
      const auto column = static_cast<std::size_t>(d);
      const double centre = frame.centre.empty() ? 0 : static_cast<double>(frame.centre[column]);
      *out++ = static_cast<float>((static_cast<double>(original_.row(i)[column]) - centre) * frame.scale);
    }
  rows_.data = moved_.data();
}

void RoundedRows::measure() {
  const auto d = static_cast<double>(rows_.columns);
  constexpr double kUnit = 0x1p-24;
  const double gamma =
      d * kUnit < 0.5 ? d * kUnit / (1 - d * kUnit) : std::numeric_limits<double>::infinity();
  const double lost_to_underflow = d * 0x1p-119;
  for (std::int64_t i = 0; i < rows_.rows; ++i) {
    const double norm = array(rows_.row(i)).cast<double>().square().sum();
    norms_.push_back(static_cast<float>(norm));
    const double slack = norm > 0 ? (gamma + 16 * kUnit) * norm : 0;  // no inf * 0
    slacks_.push_back(static_cast<float>((slack + lost_to_underflow) * (1 + 2 * kUnit)));
  }
}

FeaturesF32 RoundedRows::block(std::int64_t first, std::int64_t rows) const {
  return {rows_.data + first * rows_.columns, rows, rows_.columns};
}

}  // namespace gdd
