#include "report/html_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/base64.h"
#include "base/number_text.h"
#include "base/printable.h"
#include "report/line_plot.h"

namespace gdd {
namespace {

constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --faint: #d8dbe0; --note: #5c6470;
  --line0: #1b6ca8; --line1: #c2571a; --line2: #3a7d44; --line3: #7b4fa3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6ea; --paper: #16181c; --faint: #363b44; --note: #9aa3af;
  --line0: #6cb3e8; --line1: #f0975f; --line2: #7fc98b; --line3: #b99adf; } }
@media print { :root { --ink: #000; --paper: #fff; --faint: #ccc; --note: #444; } section { break-inside: avoid; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--faint); }
th, td:not(:last-child) { white-space: nowrap; } td:last-child { overflow-wrap: anywhere; }
th { cursor: pointer; user-select: none; } td.number { text-align: right; }
.note { color: var(--note); } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.warning { border-left: 4px solid var(--line1); padding-left: .8rem; }
img { max-width: 100%; min-width: 50%; image-rendering: pixelated; } svg { width: 100%; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } .grid { stroke: var(--faint); fill: none; }
.curve { fill: none; stroke-width: 2; } .dashed .curve { stroke-dasharray: 6 4; }
.line0 { stroke: var(--line0); } .line1 { stroke: var(--line1); } .line2 { stroke: var(--line2); } .line3 { stroke: var(--line3); }
svg .line0 text { fill: var(--line0); stroke: none; } svg .line1 text { fill: var(--line1); stroke: none; }
svg .line2 text { fill: var(--line2); stroke: none; } svg .line3 text { fill: var(--line3); stroke: none; }
circle { fill: var(--paper); stroke-width: 2; }
</style>
)";

// Numbers by their value, all else by its letters; a second click turns the order around.
constexpr const char* kScript = R"(<script>
for (const table of document.querySelectorAll('table'))
  table.querySelectorAll('th').forEach((head, column) => head.addEventListener('click', () => {
    const body = table.tBodies[0], key = row => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const turn = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    table.querySelectorAll('th').forEach(other => other.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', turn === 1 ? 'ascending' : 'descending');
    const compare = (a, b) => a !== '' && b !== '' && !isNaN(a) && !isNaN(b) ? a - b : a.localeCompare(b);
    [...body.rows].sort((a, b) => turn * compare(key(a), key(b))).forEach(row => body.append(row));
  }));
</script>
)";

constexpr std::size_t kLongest = std::size_t{1} << 20;  // bytes of one text

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : printable(text, kLongest)) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else if (c == '\'')
      safe += "&#39;";
    else
      safe += c;
  }
  return safe;
}

std::string section(const std::string& title, const std::string& content) {
  return content.empty() ? "" : "<section><h2>" + escaped(title) + "</h2>\n" + content + "</section>\n";
}

std::string cell(const std::string& text) { return "<td>" + escaped(text) + "</td>"; }
std::string cell(double value, const char* format = "%.6g") {
  return "<td class=\"number\" data-value=\"" + number_text("%.17g", value) + "\">" +
         number_text(format, value) + "</td>";
}

std::string table(const std::vector<std::string>& heads, const std::vector<std::string>& rows) {
  if (rows.empty()) return "";
  std::string text = "<table><thead><tr>";
  for (const std::string& head : heads) text += "<th scope=\"col\">" + escaped(head) + "</th>";
  text += "</tr></thead><tbody>\n";
  for (const std::string& row : rows) text += "<tr>" + row + "</tr>\n";
  return text + "</tbody></table>\n";
}

std::string notes_of(const Score& score) {
  std::string text;
  for (const auto& [key, value] : score.notes) text += (text.empty() ? "" : "; ") + key + ": " + value;
  return text;
}

std::string scores_table(const Report& report) {
  std::vector<std::string> rows;
  for (const Score& score : report.scores)
    rows.push_back(cell(score.name + (score.run > 0 ? ", run " + std::to_string(score.run) : "")) +
                   cell(score.value) + (score.std ? cell(*score.std, "%.4g") : cell(std::string())) +
                   cell(score.interval ? number_text("%.6g", score.interval->first) + " to " +
                                             number_text("%.6g", score.interval->second)
                                       : "") +
                   cell(score.protocol) + cell(static_cast<double>(score.num_samples), "%.0f") +
                   cell(notes_of(score)));
  return table({"score", "value", "deviation", "95 % interval", "protocol", "N", "how"}, rows);
}

std::string summaries_table(const Report& report) {
  std::vector<std::string> rows;
  for (const Summary& each : report.summaries)
    rows.push_back(cell(each.name) + cell(static_cast<double>(each.runs), "%.0f") + cell(each.mean) +
                   cell(each.std, "%.4g") + cell(each.lowest) + cell(each.highest) + cell(each.protocol));
  return table({"score", "runs", "mean", "deviation", "lowest", "highest", "protocol"}, rows);
}

std::string picture(const HtmlPicture& picture) {
  return "<img alt=\"" + escaped(picture.title) + "\" src=\"data:image/png;base64," + base64(picture.png) +
         "\">\n";
}

// value = a + b / N by least squares: a, b. At least two points of different N.
std::pair<double, double> line_in_inverse(const std::vector<std::pair<double, double>>& points) {
  double x = 0, y = 0, xx = 0, xy = 0;
  const auto count = static_cast<double>(points.size());
  for (const auto& [n, value] : points) {
    x += 1 / n / count;
    y += value / count;
  }
  for (const auto& [n, value] : points) {
    xx += (1 / n - x) * (1 / n - x);
    xy += (1 / n - x) * (value - y);
  }
  return {y - xy / xx * x, xy / xx};
}

// Through the last three points; fewer say nothing of a line.
void add_extrapolation(const PlotLine& line, Plot& plot, std::string& said) {
  constexpr std::size_t kPoints = 3;
  constexpr int kSteps = 40;  // of the curve that a line in 1/N is here
  if (line.points.size() < kPoints) return;
  const std::vector<std::pair<double, double>> last(line.points.end() - kPoints, line.points.end());
  const auto [limit, slope] = line_in_inverse(last);
  PlotLine fit{line.name + ": line in 1/N", {}, true};
  const double first = line.points.front().first, growth = line.points.back().first / first;
  for (int i = 0; i <= kSteps; ++i) {
    const double n = first * std::pow(growth, static_cast<double>(i) / kSteps);
    fit.points.emplace_back(n, limit + slope / n);
  }
  plot.lines.push_back(std::move(fit));
  said += line.name + ": " + number_text("%.6g", limit) + " where the line through the last " +
          std::to_string(kPoints) + " points meets infinitely many images. ";
}

std::string running_scores(const Report& report) {
  std::map<std::pair<std::string, std::string>, std::map<std::int64_t, PlotLine>> lines;
  for (const SeriesPoint& point : report.series) {
    PlotLine& line = lines[{point.name, point.protocol}][point.run];
    line.name = escaped(point.name + (point.run > 0 ? ", run " + std::to_string(point.run) : ""));
    line.points.emplace_back(static_cast<double>(point.num_samples), point.value);
  }
  std::string text;
  for (const auto& [what, runs] : lines) {
    Plot plot{"images", escaped(what.first), {}};
    std::string said;
    for (const auto& [unused, line] : runs) plot.lines.push_back(line);
    for (const auto& [unused, line] : runs) add_extrapolation(line, plot, said);
    text += "<h3>" + escaped(what.first + ", protocol " + what.second) + "</h3>\n" + draw_svg(plot);
    if (!said.empty()) text += "<p class=\"note\">" + said + "</p>\n";
  }
  return text;
}

std::string provenance_table(const Report& report) {
  std::vector<std::string> rows;
  for (const ProvenanceEntry& entry : report.provenance) rows.push_back(cell(entry.key) + cell(entry.value));
  return table({"what", "value"}, rows);
}

}  // namespace

std::string to_html(const Report& report, const HtmlPage& page) {
  std::string text = kHead + ("<title>" + escaped(page.title) + "</title></head><body>\n<h1>") +
                     escaped(page.title) + "</h1>\n";
  for (const std::string& warning : report.warnings)
    text += "<p class=\"warning\">" + escaped(warning) + "</p>\n";
  text += section("Scores", scores_table(report));
  text += section("Several runs", summaries_table(report));
  for (const HtmlPicture& each : page.pictures)
    if (!each.png.empty()) text += section(each.title, picture(each));
  text += section("Against the number of images", running_scores(report));
  text += section("Where it comes from", provenance_table(report));
  if (!page.command.empty()) text += section("To repeat it", "<pre>" + escaped(page.command) + "</pre>\n");
  return text + kScript + "</body></html>\n";
}

}  // namespace gdd
