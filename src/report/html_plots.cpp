#include "report/html_plots.h"

#include <cmath>
#include <map>

#include "base/number_text.h"
#include "report/html_markup.h"
#include "report/line_plot.h"
#include "report/point_plot.h"

namespace gdd {
namespace {

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
  if (last.front().first >= last.back().first) return;
  const auto [limit, slope] = line_in_inverse(last);
  if (!std::isfinite(limit) || !std::isfinite(slope)) return;
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

}  // namespace

std::string running_scores(const NamedReports& reports) {
  using Lines = std::map<std::pair<std::size_t, std::int64_t>, PlotLine>;  // by report and run
  std::map<std::pair<std::string, std::string>, Lines> plots;
  for (std::size_t i = 0; i < reports.size(); ++i)
    for (const SeriesPoint& point : reports[i].second->series) {
      PlotLine& line = plots[{point.name, point.protocol}][{i, point.run}];
      line.name = html::escaped((reports[i].first.empty() ? point.name : reports[i].first) +
                                (point.run > 0 ? ", run " + std::to_string(point.run) : ""));
      line.points.emplace_back(static_cast<double>(point.num_samples), point.value);
    }
  std::string text;
  for (const auto& [what, lines] : plots) {
    Plot plot{"images", html::escaped(what.first), {}};
    std::string said;
    for (const auto& [unused, line] : lines) plot.lines.push_back(line);
    if (what.first == "fid")
      for (const auto& [unused, line] : lines) add_extrapolation(line, plot, said);
    text += "<h3>" + html::escaped(what.first + ", protocol " + what.second) + "</h3>\n" + draw_svg(plot);
    if (!said.empty()) text += "<p class=\"note\">" + said + "</p>\n";
  }
  return text;
}

std::string jackknife_plots(const Report& report) {
  std::string text;
  for (const Score& score : report.scores) {
    if (score.without_block.empty() || !score.interval) continue;
    PointPlot plot{
        "block left out",
        html::escaped(score.name),
        {{"without a block", {}}},
        {{"all images", score.value}, {"95 %", score.interval->first}, {"95 %", score.interval->second}}};
    for (std::size_t block = 0; block < score.without_block.size(); ++block)
      plot.sets[0].points.push_back({static_cast<double>(block + 1), score.without_block[block]});
    text += "<h3>" +
            html::escaped(score.name + ", protocol " + score.protocol +
                          (score.run > 0 ? ", run " + std::to_string(score.run) : "")) +
            "</h3>\n" + draw_svg(plot);
  }
  return text;
}

std::string map_plot(const Report& report) {
  if (!report.map) return "";
  PointPlot plot{"first component", "second", {}, {}};
  if (!report.map->reference.empty()) plot.sets.push_back({"references", report.map->reference});
  plot.sets.push_back({"samples", report.map->sample});
  return draw_svg(plot) + html::note(report.map->note);
}

}  // namespace gdd
