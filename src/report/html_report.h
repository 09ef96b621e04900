// A report as a page that people look at: one file, no network, no script from elsewhere; in dark and light,
// and on paper.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gdd/report.h"

namespace gdd {

struct HtmlPage {
  std::string title;
  std::string command;  // that repeats it; empty: not said
};

// Scores with their deviations, intervals and protocols; what several runs sum up to; classes; galleries;
// running scores, what intervals are made of, and the map as plots (html_plots.h); provenance; warnings.
// Every text is escaped, whoever wrote it. Tables sort where a head is clicked.
std::string to_html(const Report& report, const HtmlPage& page);

// Reports that stand beside each other, and what each is called; one alone may have no name.
using NamedReports = std::vector<std::pair<std::string, const Report*>>;

// The same of several: a line each that can be sorted by any score, their running scores in one plot,
// classes, and in which of all that is known of them they differ. No pictures.
std::string to_html(const NamedReports& reports, const HtmlPage& page);

}  // namespace gdd
