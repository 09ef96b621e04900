#include "report/html_report.h"

#include "report/html_markup.h"
#include "report/html_tables.h"

namespace gdd {
namespace {

std::string picture(const Picture& each) {
  const std::string caption = each.name + (each.caption.empty() ? "" : ", " + each.caption);
  return "<figure>" +
         (each.png.empty() ? std::string("<div class=\"empty\"></div>") : html::image(caption, each.png)) +
         "<figcaption>" + html::escaped(caption) + "</figcaption></figure>";
}

std::string gallery_section(const Gallery& gallery) {
  std::string text;
  for (const std::vector<Picture>& group : gallery.groups) {
    text += group.size() > 1 ? "<div class=\"group pair\">" : "<div class=\"group\">";
    for (const Picture& each : group) text += picture(each);
    text += "</div>\n";
  }
  if (text.empty()) return "";
  return html::section(gallery.title,
                       "<div class=\"gallery\">\n" + text + "</div>\n" + html::note(gallery.note));
}

// The first images stand before the tables of detail, what was looked for behind them.
std::string galleries(const Report& report, bool first) {
  std::string text;
  for (const Gallery& each : report.galleries)
    if ((each.name == "first") == first) text += gallery_section(each);
  return text;
}

std::string warnings(const NamedReports& reports) {
  std::string text;
  for (const auto& [name, report] : reports)
    for (const std::string& warning : report->warnings)
      text += "<p class=\"warning\">" + html::escaped((name.empty() ? "" : name + ": ") + warning) + "</p>\n";
  return text;
}

std::string page_of(const NamedReports& reports, const HtmlPage& page) {
  const Report* const only = reports.size() == 1 ? reports.front().second : nullptr;
  std::string text = warnings(reports);
  text += html::section("Side by side", ranking_table(reports));
  text += html::section("Scores", scores_table(reports));
  text += html::section("Several runs", summaries_table(reports));
  if (only) text += galleries(*only, true);
  text += html::section("Classes", classes_table(reports));
  text += html::section("Against the number of images", running_scores(reports));
  if (only) {
    text += html::section("Without each block of images", jackknife_plots(*only));
    text += galleries(*only, false);
    text += html::section("Samples and references on a plane", map_plot(*only));
  }
  text += html::section("Where it comes from", provenance_table(reports));
  if (!page.command.empty())
    text += html::section("To repeat it", "<pre>" + html::escaped(page.command) + "</pre>\n");
  return html::page(page.title, text);
}

}  // namespace

std::string to_html(const Report& report, const HtmlPage& page) { return page_of({{"", &report}}, page); }

std::string to_html(const NamedReports& reports, const HtmlPage& page) { return page_of(reports, page); }

}  // namespace gdd
