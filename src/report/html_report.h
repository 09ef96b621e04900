// A report as a page that people look at: one file, no network, no script from elsewhere; in dark and light,
// and on paper.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "gdd/report.h"

namespace gdd {

struct HtmlPicture {
  std::string title;
  std::vector<std::byte> png;
};

struct HtmlPage {
  std::string title;
  std::string command;  // that repeats it; empty: not said
  std::vector<HtmlPicture> pictures = {};
};

// Scores with their deviations, intervals and protocols; what several runs sum up to; pictures; running
// scores against N, with a line in 1/N through their last points, whose value at 1/N = 0 is the score of
// infinitely many images (Chong & Forsyth 2020, arXiv:1911.07023); provenance; warnings. Every text is
// escaped, whoever wrote it. Tables sort where a head is clicked.
std::string to_html(const Report& report, const HtmlPage& page);

}  // namespace gdd
