// What an axis of a plot covers, and where it is marked. Internal to this room.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

namespace gdd {

struct PlotAxis {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::vector<double> marks;

  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  double share(double value) const { return (value - low) / (high - low); }
  // Whether there is anything to show, within what can be drawn.
  bool is_drawable() const { return low <= high && high - low < 1e300; }
  // Steps of 1, 2 or 5 times a power of ten, some five of them; the axis ends at one.
  void choose_marks();
};

}  // namespace gdd
