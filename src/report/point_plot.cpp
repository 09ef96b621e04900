#include "report/point_plot.h"

#include "base/number_text.h"
#include "report/plot_frame.h"

namespace gdd {

std::string draw_svg(const PointPlot& plot) {
  PlotAxis x, y;
  for (const PointSet& set : plot.sets)
    for (const auto& point : set.points) {
      x.take(point[0]);
      y.take(point[1]);
    }
  if (!x.is_drawable()) return "";
  for (const auto& [name, level] : plot.levels) y.take(level);
  if (!y.is_drawable()) return "";
  x.choose_marks();
  y.choose_marks();
  PlotFrame frame(x, y, plot.across, plot.up, "cloud");
  for (const double mark : x.marks) frame.mark_across(mark, number_text("%.6g", mark));
  for (const auto& [name, level] : plot.levels) {
    const std::string height = PlotFrame::place(frame.up(level));
    frame.draw("<path class=\"line1 curve level\" d=\"M" + PlotFrame::place(PlotFrame::kLeft) + " " + height +
               "H" + PlotFrame::place(PlotFrame::kWidth - PlotFrame::kRight) + "\"><title>" + name + ": " +
               number_text("%.8g", level) + "</title></path>");
  }
  for (std::size_t i = 0; i < plot.sets.size(); ++i) {
    std::string circles;
    for (const auto& point : plot.sets[i].points)
      circles += "<circle cx=\"" + PlotFrame::place(frame.across(point[0])) + "\" cy=\"" +
                 PlotFrame::place(frame.up(point[1])) + "\" r=\"2\"/>";
    frame.draw("<g class=\"line" + std::to_string(i % 2) + "\">" + circles);
    frame.draw_name(i, plot.sets[i].name);
    frame.draw("</g>");
  }
  return frame.finish();
}

}  // namespace gdd
