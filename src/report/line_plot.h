// A plot as SVG, of plain markup: it stands inside a page, takes its colours from the page's style, and
// prints. Internal to this room.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace gdd {

struct PlotLine {
  std::string name;  // in the legend; text of the page, escaped by whoever has it
  std::vector<std::pair<double, double>> points;  // finite, in rising order of x
  bool dashed = false;
};

struct Plot {
  std::string across, up;  // what the axes say
  std::vector<PlotLine> lines;
  bool logarithmic = true;  // in x, which is above 0 then
};

// Empty where no line has a point.
std::string draw_svg(const Plot& plot);

}  // namespace gdd
