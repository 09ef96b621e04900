// A plot of points as SVG, as line_plot.h, with both axes linear. Internal to this room.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace gdd {

struct PointSet {
  std::string name;  // text of the page, as all here
  std::vector<std::array<double, 2>> points;
};

struct PointPlot {
  std::string across, up;
  std::vector<PointSet> sets;
  std::vector<std::pair<std::string, double>> levels;  // of y, drawn from side to side
};

// Empty where no set has a point.
std::string draw_svg(const PointPlot& plot);

}  // namespace gdd
