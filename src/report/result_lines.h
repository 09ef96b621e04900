// Results as lines of logs: one JSON object a line, as StyleGAN's metric-*.jsonl (its metrics/metric_main.py,
// report_metric), and CSV.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gdd/report.h"

namespace gdd {

// The files that results are appended to; empty: none.
struct ResultFiles {
  std::string jsonl, csv;
};

// What a line tells beside the report.
struct ResultSource {
  std::string snapshot;  // the file of the network; empty: there is none
  double timestamp = 0;  // when it was there, in seconds since 1970
  double seconds = 0;    // that all scores of the report took together
  int num_gpus = 0;
  // False: a result of the same files, with the same values, is the same one whenever it was scored.
  bool known_by_time = true;
};

// A line without its end. Its `id` stands at its end, so that one that was cut has none; the same result has
// the same one in any file of its kind.
struct ResultLine {
  std::string id, text;
};

// A line a metric, protocol and run: StyleGAN's keys (`results`, `metric`, `total_time`, `total_time_str`,
// `num_gpus`, `snapshot_pkl`, `timestamp`), and behind them `protocol`, `num_samples`, `run`, `std`,
// `interval`, `notes`, `provenance` and `id`. `results` has the scores of the metric by their names (of pr
// precision and recall). `snapshot_pkl` is as seen from the folder of the file, `folder`. What several runs
// sum up to, and scores of classes, are in no line.
std::vector<ResultLine> jsonl_lines(const Report& report, const ResultSource& source,
                                    const std::string& folder);

// A line a score. Texts are quoted as in RFC 4180 and hold no ends of lines; numbers have every digit, and a
// point in every locale. The columns never change.
std::vector<ResultLine> csv_lines(const Report& report, const ResultSource& source,
                                  const std::string& folder);
// The first line of such a file, without its end.
std::string csv_header();

// Refuses, before the work, files that hold something else: a CSV with another header, a file whose first
// line is no JSON object. Errors: these; what cannot be written.
void check_result_files(const ResultFiles& files);

// Appends all lines of a report in one write a file: all of them are there, or none. A line that another
// writer left unfinished stays what it is, and these begin on a new one. Errors: as above, and a full disk.
void append_results(const ResultFiles& files, const Report& report, const ResultSource& source);

// The same of several reports, without those lines whose `id` is there.
using SourcedReports = std::vector<std::pair<const Report*, ResultSource>>;
void append_missing_results(const ResultFiles& files, const SourcedReports& reports);

}  // namespace gdd
