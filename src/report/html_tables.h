// The tables of a page, of one report or of several beside each other. Internal to this room.
#pragma once

#include <string>

#include "report/html_plots.h"

namespace gdd {

// A line a report, a column a score; empty of one report. Sorting it ranks the reports.
std::string ranking_table(const NamedReports& reports);
// A line a score, with its deviation, interval and notes.
std::string scores_table(const NamedReports& reports);
std::string summaries_table(const NamedReports& reports);
std::string classes_table(const NamedReports& reports);
// A line for what is known of any, a column a report; of several, what differs stands first.
std::string provenance_table(const NamedReports& reports);

}  // namespace gdd
