#include "cli/metric_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/number_text.h"
#include "cli/shared_flags.h"
#include "detectors/protocol.h"
#include "scoring/metric_table.h"

namespace gdd {

void add_metric_flags(CLI::App& app, DistanceOptions& options) {
  app.add_option("--metrics", options.metrics,
                 "What to compute: fid, fid_infinity, sfid, kid, is, pr, prdc, clipped, mind, authpct")
      ->delimiter(',')
      ->check(suggest(metric_names()))
      ->capture_default_str();
  app.add_flag(
      "--per-class", options.per_class,
      "The scores of each class too: labels of both sides from arr_1, dataset.json, folders of classes, "
      "or `labels` beside features");
  app.add_flag("--confidence", options.confidence, "fid: standard error and 95 % interval, by the jackknife");
  app.add_option("--kid-subsets", options.kid.subsets, "KID: number of subsets")
      ->check(whole_number(1, 100'000))
      ->capture_default_str();
  app.add_option("--kid-subset-size", options.kid.subset_size, "KID: rows in a subset")
      ->check(whole_number(2))
      ->capture_default_str();
  app.add_option("--kid-seed", options.kid.seed, "KID: seed of the subsets")->capture_default_str();
  app.add_option("--split-size", options.split_size, "Inception Score: images in a block (adm)")
      ->check(whole_number(1))
      ->capture_default_str();
  app.add_option("--k", options.k, "Neighbours  [default: pr 3, prdc and clipped 5]")->check(whole_number(1));
  app.add_option("--mind-directions", options.mind.directions, "MIND: random directions")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--mind-seed", options.mind.seed, "MIND: seed of the directions")->capture_default_str();
}

void add_train_flag(CLI::App& app, std::string& path) {
  app.add_option("--train", path, "authpct: what the network was trained on, anything --ref takes with rows")
      ->type_name("FILE");
}

std::vector<std::string> metrics_asked(const DistanceOptions& options) {
  std::vector<std::string> once;
  for (const std::string& name : options.metrics)
    if (std::ranges::find(once, name) == once.end()) once.push_back(name);
  if (options.per_class && std::ranges::find(once, kPerClass) == once.end()) once.emplace_back(kPerClass);
  return once;
}

std::string scores_text(const Report& report, const DistanceOptions& options) {
  std::string text;
  if (options.protocol == kAllProtocols && report.summaries.empty())
    text = to_table(report);
  else if (report.scores.size() > 1 || options.confidence)
    text = to_text(report);
  for (const Score& score : report.scores)
    if (score.interval)
      text += score.name + " lies between " + number_text("%.6g", score.interval->first) + " and " +
              number_text("%.6g", score.interval->second) + " (95 %)\n";
  return text + classes_text(report.classes) + bare_number(report);
}

std::string bare_number(const Report& report) {
  if (report.scores.empty()) return "";
  const double value =
      report.summaries.empty() ? report.scores.front().value : report.summaries.front().lowest;
  return number_text("%g", value) + "\n";
}

}  // namespace gdd
