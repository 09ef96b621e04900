#include "report/line_plot.h"

#include <algorithm>
#include <cmath>

#include "base/number_text.h"
#include "report/plot_frame.h"

namespace gdd {
namespace {

double place_of(double x, bool logarithmic) { return logarithmic ? std::log10(x) : x; }

void draw_line(const PlotLine& line, std::size_t number, bool logarithmic, PlotFrame& frame) {
  std::string path, circles;
  for (const auto& [x, y] : line.points) {
    const std::string across = PlotFrame::place(frame.across(place_of(x, logarithmic))),
                      up = PlotFrame::place(frame.up(y));
    path += (path.empty() ? "M" : "L") + across + " " + up;
    circles += "<circle cx=\"" + across + "\" cy=\"" + up + "\" r=\"3\"><title>" + number_text("%.0f", x) +
               ": " + number_text("%.8g", y) + "</title></circle>";
  }
  frame.draw("<g class=\"line" + std::to_string(number % 4) + (line.dashed ? " dashed" : "") +
             "\"><path class=\"curve\" d=\"" + path + "\"/>" + (line.dashed ? "" : circles));
  frame.draw_name(number, line.name);
  frame.draw("</g>");
}

}  // namespace

std::string draw_svg(const Plot& plot) {
  PlotAxis x, y;
  for (const PlotLine& line : plot.lines)
    for (const auto& [n, value] : line.points) {
      x.take(place_of(n, plot.logarithmic));
      y.take(value);
      if (plot.logarithmic && std::ranges::find(x.marks, n) == x.marks.end() && !line.dashed)
        x.marks.push_back(n);
    }
  if (!x.is_drawable() || !y.is_drawable()) return "";
  if (!plot.logarithmic)
    x.choose_marks();
  else if (x.low == x.high)
    x.low -= 0.5, x.high += 0.5;
  y.choose_marks();
  PlotFrame frame(x, y, plot.across, plot.up);
  for (const double mark : x.marks)
    frame.mark_across(place_of(mark, plot.logarithmic), number_text("%.10g", mark));
  for (std::size_t i = 0; i < plot.lines.size(); ++i) draw_line(plot.lines[i], i, plot.logarithmic, frame);
  return frame.finish();
}

}  // namespace gdd
