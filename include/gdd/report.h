// What a run found out, as a value; printers are separate (src/report). The JSON contract: names never change
// meaning.
#pragma once

#include <array>
#include <cstddef>
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
      notes;                               // "features": "demo ...", "route": "eigenvalues", ...
  std::int64_t run = 0;                    // 1, 2, ... of several with other seeds; 0: there is one
  std::vector<double> without_block = {};  // of the jackknife: the score less each of the sample's blocks
  std::string metric = {};                 // which of --metrics it is of: "pr" of a precision; may be empty
};

// The scores of the samples of one class against the references of the same.
struct ClassScores {
  std::int64_t label = 0;
  std::string name = {};      // of the folder that its references lie in; may be empty
  std::string protocol = {};  // as a Score's
  std::int64_t num_samples = 0, num_references = 0;
  double sample_share = 0, reference_share = 0;  // of all images of that side
  // Nothing: it has too few images on a side.
  std::optional<double> fid = {}, kid = {}, mean_distance = {}, precision = {}, recall = {}, density = {},
                        coverage = {};
  std::int64_t run = 0;  // as a Score's
};

// An image in small, to be shown.
struct Picture {
  std::string name;            // "seed 12", "00000/img00000012.png"
  std::string caption;         // what is said of it: "class 3", "0.61 radii"; may be empty
  std::vector<std::byte> png;  // empty: there are features of it, and no image
};

// Pictures with something in common: "The least realistic". Those of a group stand side by side.
struct Gallery {
  std::string name;   // for programs: "first", "nearest_to_reference", "furthest_from_reference", ...
  std::string title;  // for people
  std::string note;   // how they were found
  std::vector<std::vector<Picture>> groups;
};

// Rows of features on a plane; their two axes' share of the variance.
struct PointMap {
  std::string note;
  std::vector<std::array<double, 2>> sample, reference;
  std::array<double, 2> share{};
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
  std::vector<ClassScores> classes = {};
  std::vector<Gallery> galleries = {};  // the JSON has names and captions
  std::optional<PointMap> map = {};     // not in the JSON
};

// Of scores of several runs, in the order of their names and protocols; none of one run.
std::vector<Summary> summarise_runs(const std::vector<Score>& scores);

std::string to_json(const Report& report);  // numbers with 17 significant digits
std::string to_text(const Report& report);  // for people
// A line a class, under its protocol where there are several; empty: there is none.
std::string classes_text(const std::vector<ClassScores>& classes);
// A line a protocol, a column a score: for people who compare protocols.
std::string to_table(const Report& report);

}  // namespace gdd
