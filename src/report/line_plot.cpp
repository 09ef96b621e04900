#include "report/line_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/number_text.h"

namespace gdd {
namespace {

constexpr double kWidth = 640, kHeight = 320, kLeft = 70, kRight = 20, kTop = 16, kBottom = 48;

std::string place(double value) { return number_text("%.1f", value); }

// What an axis covers, and its marks.
struct Axis {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::vector<double> marks;

  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  double share(double value) const { return (value - low) / (high - low); }
};

// Steps of 1, 2 or 5 times a power of ten, some five of them.
void choose_marks(Axis& axis) {
  if (axis.low == axis.high) {
    const double around = axis.low == 0 ? 1 : 0.1 * std::abs(axis.low);
    axis.low -= around;
    axis.high += around;
  }
  const double rough = (axis.high - axis.low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
  const double step = power * (rough / power < 2 ? 2 : rough / power < 5 ? 5 : 10);
  axis.low = std::floor(axis.low / step) * step;
  axis.high = std::ceil(axis.high / step) * step;
  const auto steps = static_cast<int>(std::lround((axis.high - axis.low) / step));
  for (int i = 0; i <= steps; ++i) {
    const double mark = axis.low + i * step;
    axis.marks.push_back(std::abs(mark) < step / 2 ? 0 : mark);
  }
}

class Drawing {
 public:
  explicit Drawing(const Plot& plot) : plot_(plot) {
    for (const PlotLine& line : plot.lines)
      for (const auto& [x, y] : line.points) {
        x_.take(std::log10(x));
        y_.take(y);
        if (std::ranges::find(x_.marks, x) == x_.marks.end() && !line.dashed) x_.marks.push_back(x);
      }
    if (x_.low == x_.high) x_.low -= 0.5, x_.high += 0.5;
    choose_marks(y_);
  }

  std::string text() {
    svg_ = "<svg viewBox=\"0 0 640 320\" role=\"img\" aria-label=\"" + plot_.up + " against " + plot_.across +
           "\">";
    draw_grid();
    for (std::size_t i = 0; i < plot_.lines.size(); ++i) draw_line(plot_.lines[i], i);
    return svg_ + "</svg>\n";
  }

 private:
  double across(double x) const { return kLeft + x_.share(std::log10(x)) * (kWidth - kLeft - kRight); }
  double up(double y) const { return kHeight - kBottom - y_.share(y) * (kHeight - kTop - kBottom); }

  void draw_text(double x, double y, const char* anchor, const std::string& text) {
    svg_ += "<text x=\"" + place(x) + "\" y=\"" + place(y) + "\" text-anchor=\"" + anchor + "\">" + text +
            "</text>";
  }
  void draw_grid() {
    const std::string right = place(kWidth - kRight), left = place(kLeft), bottom = place(kHeight - kBottom),
                      top = place(kTop);
    for (const double mark : y_.marks) {
      svg_ += "<path class=\"grid\" d=\"M" + left + " " + place(up(mark)) + "H" + right + "\"/>";
      draw_text(kLeft - 6, up(mark) + 4, "end", number_text("%.6g", mark));
    }
    for (const double mark : x_.marks) {
      svg_ += "<path class=\"grid\" d=\"M" + place(across(mark)) + " " + bottom + "V" + top + "\"/>";
      draw_text(across(mark), kHeight - kBottom + 16, "middle", number_text("%.0f", mark));
    }
    draw_text((kLeft + kWidth - kRight) / 2, kHeight - 10, "middle", plot_.across);
    draw_text(kLeft, kTop - 4, "middle", plot_.up);
  }
  void draw_line(const PlotLine& line, std::size_t number) {
    const std::string colour =
        " class=\"line" + std::to_string(number % 4) + (line.dashed ? " dashed\"" : "\"");
    std::string path;
    for (const auto& [x, y] : line.points)
      path += (path.empty() ? "M" : "L") + place(across(x)) + " " + place(up(y));
    svg_ += "<g" + colour + "><path class=\"curve\" d=\"" + path + "\"/>";
    if (!line.dashed)
      for (const auto& [x, y] : line.points)
        svg_ += "<circle cx=\"" + place(across(x)) + "\" cy=\"" + place(up(y)) + "\" r=\"3\"><title>" +
                number_text("%.0f", x) + ": " + number_text("%.8g", y) + "</title></circle>";
    draw_text(kWidth - kRight - 4, kTop + 16 * static_cast<double>(number + 1), "end", line.name);
    svg_ += "</g>";
  }

  const Plot& plot_;
  Axis x_, y_;
  std::string svg_;
};

}  // namespace

std::string draw_svg(const Plot& plot) {
  const bool any = std::ranges::any_of(plot.lines, [](const PlotLine& line) { return !line.points.empty(); });
  return any ? Drawing(plot).text() : "";
}

}  // namespace gdd
