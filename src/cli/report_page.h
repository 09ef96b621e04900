// The report of a run as a page to look at.
#pragma once

#include <string>

#include "gdd/report.h"

namespace gdd {

// A page with the command that repeats it.
void write_page(const std::string& path, const Report& report, const std::string& title);

// Where it stands in the folder of an evaluation: OUTDIR/report.html, or OUTDIR/report-WHAT.html.
std::string page_in(const std::string& outdir, const std::string& what = "");

}  // namespace gdd
