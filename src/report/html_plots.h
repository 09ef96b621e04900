// The plots of a page. Internal to this room.
#pragma once

#include <string>

#include "gdd/report.h"
#include "report/html_report.h"

namespace gdd {

// Running scores against N, a plot a score and protocol; of fid with a line in 1/N through its last points,
// whose value at 1/N = 0 is that of infinitely many images (Chong & Forsyth 2020, arXiv:1911.07023).
std::string running_scores(const NamedReports& reports);

// What each interval of the jackknife is made of: the score without each block, one plot a score.
std::string jackknife_plots(const Report& report);

std::string map_plot(const Report& report);

}  // namespace gdd
