#include "report/plot_axis.h"

#include <cmath>

namespace gdd {

void PlotAxis::choose_marks() {
  if (low == high) {
    const double around = low == 0 ? 1 : 0.1 * std::abs(low);
    low -= around;
    high += around;
  }
  const double rough = (high - low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
  const double step = power * (rough / power < 2 ? 2 : rough / power < 5 ? 5 : 10);
  low = std::floor(low / step) * step;
  high = std::ceil(high / step) * step;
  const auto steps = static_cast<int>(std::lround((high - low) / step));
  for (int i = 0; i <= steps; ++i) {
    const double mark = low + i * step;
    marks.push_back(std::abs(mark) < step / 2 ? 0 : mark);
  }
}

}  // namespace gdd
