// The frame of a plot as SVG: its size, its grid, its letters. Internal to this room.
#pragma once

#include <string>

#include "report/plot_axis.h"

namespace gdd {

class PlotFrame {
 public:
  static constexpr double kWidth = 640, kHeight = 320, kLeft = 70, kRight = 20, kTop = 24, kBottom = 48;

  // `across` and `up` are what the axes say, text of the page.
  PlotFrame(PlotAxis x, PlotAxis y, const std::string& across, const std::string& up, const char* kind = "");

  double across(double x) const { return kLeft + x_.share(x) * (kWidth - kLeft - kRight); }
  double up(double y) const { return kHeight - kBottom - y_.share(y) * (kHeight - kTop - kBottom); }

  // A mark of the x axis, at `x`.
  void mark_across(double x, const std::string& text);
  void draw(const std::string& markup) { svg_ += markup; }
  void draw_text(double x, double y, const char* anchor, const std::string& text);
  // Line `number` of the legend.
  void draw_name(std::size_t number, const std::string& name);
  std::string finish() { return svg_ + "</svg>\n"; }

  static std::string place(double value);  // a coordinate

 private:
  PlotAxis x_, y_;
  std::string svg_;
};

}  // namespace gdd
