// The report of a run as a page to look at.
#pragma once

#include <string>

#include "gdd/report.h"

namespace gdd {

// A page with the command that repeats it, and the picture at `grid` (empty: none; one that is too large for
// a page is left out).
void write_page(const std::string& path, const Report& report, const std::string& title,
                const std::string& grid = "");

// Where it stands in the folder of an evaluation: OUTDIR/report.html, or OUTDIR/report-WHAT.html.
std::string page_in(const std::string& outdir, const std::string& what = "");

}  // namespace gdd
