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
  std::string name;  // fid sfid kid inception_score precision recall density coverage
  double value = 0;
  std::string protocol;          // "edm", "adm", ...
  std::int64_t num_samples = 0;  // images or rows on the sample side
  std::optional<double> std;     // where the protocol defines one
  std::optional<std::pair<double, double>> interval;
  std::vector<std::pair<std::string, std::string>>
      notes;  // "features": "demo ...", "route": "eigenvalues", ...
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
};

std::string to_json(const Report& report);  // numbers with 17 significant digits
std::string to_text(const Report& report);  // for people
// A line a protocol, a column a score: for people who compare protocols.
std::string to_table(const Report& report);

}  // namespace gdd
