#include "report/plot_frame.h"

#include <utility>

#include "base/number_text.h"

namespace gdd {

std::string PlotFrame::place(double value) { return number_text("%.1f", value); }

PlotFrame::PlotFrame(PlotAxis x, PlotAxis y, const std::string& across, const std::string& up,
                     const char* kind)
    : x_(std::move(x)), y_(std::move(y)) {
  svg_ = "<svg viewBox=\"0 0 640 320\" role=\"img\" aria-label=\"" + up + " against " + across + "\"" +
         (*kind ? " class=\"" + std::string(kind) + "\"" : "") + ">";
  const std::string right = place(kWidth - kRight), left = place(kLeft);
  for (const double mark : y_.marks) {
    const double height = this->up(mark);
    svg_ += "<path class=\"grid\" d=\"M" + left + " " + place(height) + "H" + right + "\"/>";
    draw_text(kLeft - 6, height + 4, "end", number_text("%.6g", mark));
  }
  draw_text((kLeft + kWidth - kRight) / 2, kHeight - 10, "middle", across);
  draw_text(4, 12, "start", up);
}

void PlotFrame::mark_across(double x, const std::string& text) {
  svg_ += "<path class=\"grid\" d=\"M" + place(across(x)) + " " + place(kHeight - kBottom) + "V" +
          place(kTop) + "\"/>";
  draw_text(across(x), kHeight - kBottom + 16, "middle", text);
}

void PlotFrame::draw_text(double x, double y, const char* anchor, const std::string& text) {
  svg_ += "<text x=\"" + place(x) + "\" y=\"" + place(y) + "\" text-anchor=\"" + anchor + "\">" + text +
          "</text>";
}

void PlotFrame::draw_name(std::size_t number, const std::string& name) {
  draw_text(kWidth - kRight - 4, kTop + 16 * static_cast<double>(number + 1), "end", name);
}

}  // namespace gdd
