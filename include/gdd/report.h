// What a run found out, as a value; printers are separate (src/report). The JSON contract: names never change
// meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gdd {

struct Score {
  std::string name;  // fid sfid kid inception_score precision recall density coverage ...
  double value = 0;
  std::string protocol;          // "edm", "adm", ...
  std::int64_t num_samples = 0;  // images or rows on the sample side
  std::optional<double> std;     // where the protocol defines one
  std::optional<std::pair<double, double>> interval;
  std::vector<std::pair<std::string, std::string>>
      notes;             // "features": "demo ...", "route": "eigenvalues", ...
  std::int64_t run = 0;  // 1, 2, ... of several with other seeds; 0: there is one
};

// A score of the first images of a sample that grew.
struct SeriesPoint {
  std::string name;      // fid
  std::string protocol;  // as a Score's
  std::int64_t num_samples = 0;
  double value = 0;
  std::int64_t run = 0;  // as a Score's
};

// One score over several runs; `std` with n - 1.
struct Summary {
  std::string name, protocol;
  std::int64_t runs = 0;
  double mean = 0, std = 0, lowest = 0, highest = 0;
};

// Text value or number; printed in this order.
struct ProvenanceEntry {
  std::string key;  // "versions.torch", "device", "threads", "hashes.ref", ...: dots nest objects in the JSON
  std::string value;
  bool is_number = false;
};

struct Report {
  std::vector<Score> scores;
  std::vector<ProvenanceEntry> provenance;
  std::vector<std::string> warnings;
  std::vector<SeriesPoint> series = {};
  std::vector<Summary> summaries = {};
};

// Of scores of several runs, in the order of their names and protocols; none of one run.
std::vector<Summary> summarise_runs(const std::vector<Score>& scores);

std::string to_json(const Report& report);  // numbers with 17 significant digits
std::string to_text(const Report& report);  // for people
// A line a protocol, a column a score: for people who compare protocols.
std::string to_table(const Report& report);

}  // namespace gdd
