#include "report/training_page.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>

#include "base/number_text.h"
#include "report/html_markup.h"
#include "report/line_plot.h"

namespace gdd {
namespace {

using Key = std::pair<std::string, std::string>;  // a score and its protocol

// In the order in which they are first met.
std::vector<Key> scores_of(const std::vector<TrainingPoint>& points) {
  std::vector<Key> keys;
  for (const TrainingPoint& point : points)
    for (const PlainScore& score : plain_scores(*point.report))
      if (std::ranges::find(keys, Key(score.name, score.protocol)) == keys.end())
        keys.emplace_back(score.name, score.protocol);
  return keys;
}

std::optional<double> value_of(const TrainingPoint& point, const Key& key) {
  for (const PlainScore& score : plain_scores(*point.report))
    if (Key(score.name, score.protocol) == key) return score.value;
  return std::nullopt;
}

std::string name_of(const Key& key) {
  return key.first + (key.second.empty() ? "" : " (" + key.second + ")");
}

std::string plot_of(const std::vector<TrainingPoint>& points, const Key& key, const std::string& across) {
  std::map<std::string, PlotLine> series;
  for (const TrainingPoint& point : points)
    if (const auto value = value_of(point, key); value && point.number) {
      PlotLine& line = series[point.series];
      line.name = html::escaped(point.series);
      line.points.emplace_back(static_cast<double>(*point.number), *value);
    }
  Plot plot{html::escaped(across), html::escaped(key.first), {}, false};
  for (auto& [name, line] : series) {
    std::ranges::stable_sort(line.points, {}, [](const auto& each) { return each.first; });
    plot.lines.push_back(std::move(line));
  }
  const std::string svg = draw_svg(plot);
  return svg.empty() ? "" : "<h3>" + html::escaped(name_of(key)) + "</h3>\n" + svg;
}

// "2026-11-26 19:40:05 UTC"
std::string date_text(double timestamp) {
  const auto seconds = static_cast<std::time_t>(timestamp);
  std::tm parts{};
  char text[40] = "";
  if (::gmtime_r(&seconds, &parts)) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

std::string table_of(const std::vector<TrainingPoint>& points, const std::string& across) {
  const std::vector<Key> keys = scores_of(points);
  std::vector<std::string> heads{"snapshot", across}, rows;
  for (const Key& key : keys) heads.push_back(name_of(key));
  heads.insert(heads.end(), {"N", "scored"});
  for (const TrainingPoint& point : points) {
    std::string row = point.page.empty() ? html::cell(point.name) : html::link_cell(point.name, point.page);
    row += point.number ? html::cell(static_cast<double>(*point.number), "%.0f") : html::cell("");
    for (const Key& key : keys) {
      const std::optional<double> value = value_of(point, key);
      row += value ? html::cell(*value) : html::cell("");
    }
    const bool counted = !point.report->scores.empty();
    row += counted ? html::cell(static_cast<double>(point.report->scores.front().num_samples), "%.0f")
                   : html::cell("");
    rows.push_back(row + html::cell(date_text(point.timestamp)));
  }
  return html::table(heads, rows);
}

std::string best_text(const std::vector<TrainingPoint>& points) {
  const std::optional<std::size_t> best = best_of(points);
  if (!best) return "";
  const PlainScore first = plain_scores(*points[*best].report).front();
  return "<p>Best: <strong>" + html::escaped(points[*best].name) + "</strong>, " +
         html::escaped(name_of({first.name, first.protocol})) + " " + number_text("%.6g", first.value) +
         ", of " + std::to_string(points.size()) + (points.size() == 1 ? " snapshot" : " snapshots") +
         ".</p>\n";
}

}  // namespace

std::vector<PlainScore> plain_scores(const Report& report) {
  std::vector<PlainScore> scores;
  for (const Score& score : report.scores) {
    const auto same = [&](const auto& each) {
      return each.name == score.name && each.protocol == score.protocol;
    };
    if (std::ranges::any_of(scores, same)) continue;
    const auto summary = std::ranges::find_if(report.summaries, same);
    scores.push_back(
        {score.name, score.protocol, summary == report.summaries.end() ? score.value : summary->mean});
  }
  return scores;
}

bool less_is_better(const std::string& score) {
  constexpr const char* kDistances[] = {"fid", "fid_infinity", "sfid", "kid", "mind"};
  return std::ranges::find(kDistances, score) != std::end(kDistances);
}

std::optional<std::size_t> best_of(const std::vector<TrainingPoint>& points) {
  std::optional<std::size_t> best;
  std::optional<PlainScore> of_best;
  for (std::size_t i = points.size(); i-- > 0;) {
    const std::vector<PlainScore> scores = plain_scores(*points[i].report);
    if (scores.empty()) continue;
    const PlainScore& score = scores.front();
    const bool comparable = !of_best || (score.name == of_best->name && score.protocol == of_best->protocol);
    if (!comparable) continue;
    if (of_best && (less_is_better(score.name) ? score.value > of_best->value : score.value < of_best->value))
      continue;
    best = i;
    of_best = score;
  }
  return best;
}

std::string to_html(const std::vector<TrainingPoint>& points, const std::string& across,
                    const HtmlPage& page) {
  std::string plots, warnings;
  for (const Key& key : scores_of(points)) plots += plot_of(points, key, across);
  if (!points.empty())
    for (const std::string& warning : points.back().report->warnings)
      warnings += "<p class=\"warning\">" + html::escaped(points.back().name + ": " + warning) + "</p>\n";
  std::string text = best_text(points);
  text += html::section("Against the training", plots);
  text += html::section("Snapshots", table_of(points, across));
  text += html::section("Warnings", warnings);
  if (!page.command.empty())
    text += html::section("To go on", "<pre>" + html::escaped(page.command) + "</pre>\n");
  return html::page(page.title, text);
}

}  // namespace gdd
