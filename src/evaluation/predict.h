// What an evaluation has to do, and how fast this machine is -> seconds and memory of each of its stages.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gdd/report.h"
#include "scoring/score_cost.h"

namespace gdd {

// What of an evaluation is not done yet, of all its runs.
struct Workload {
  struct Reference {
    std::string path, protocol;
    std::int64_t images = 0;  // to be decoded and measured; 0: statistics or rows, or all are cached
  };
  struct Scoring {
    std::string name, work;  // "fid", "50 000 rows, 2048 dimensions"
    Cost cost;               // of all protocols and runs
    double bytes = 0;        // of both sides and the score
  };
  std::int64_t images = 0, all_images = 0;  // that the network has to make; that the scores are of
  std::int64_t batch = 1;                   // of the network, at most
  double batch_bytes = 0;                   // what a batch takes in the network; 0: of a device's own memory
  std::map<std::string, std::int64_t>
      features;  // images to be measured, by protocol, one of each preparation
  std::int64_t detector_batch = 1;
  std::vector<Reference> references;
  std::vector<Scoring> scores;
  std::int64_t processes = 1;  // that share sampling and measuring; scores are one's work
};

// What this machine does, as measured; what was not needed is 0 or absent.
struct Pace {
  double start_seconds = 0, start_bytes = 0;      // until network and detector are there, and what they take
  double image_seconds = 0;                       // of the network, an image
  std::map<std::string, double> feature_seconds;  // of the detector, an image of the network's, by protocol
  // Decoding and the detector, an image, by path and protocol.
  std::map<std::pair<std::string, std::string>, double> reference_seconds;
  double detector_bytes = 0;  // the process at most, with a batch in the detector
  double network_bytes = 0;   // the process at most, with a batch in the network
  Rates rates;
};

struct Stage {
  std::string name, work;  // "sampling", "2 000 of 2 000 images"
  double seconds = 0;
  double bytes = 0;  // that the process holds at most in this stage, weights and all
};

struct Prediction {
  std::vector<Stage> stages;

  double seconds() const;  // of all stages
  double bytes() const;    // of the largest
};

// Start-up, sampling, features (a stage a preparation), the references, the scores: each asked-for metric is
// a stage.
Prediction predict(const Workload& work, const Pace& pace);

std::string count_text(std::int64_t count);  // "50 000"

// A line a stage and a last one with the total in hours and minutes.
std::string prediction_table(const Prediction& prediction);
// {"prediction": {"seconds", "memory_bytes", "stages": [...]}, "provenance": as of a report}.
std::string prediction_json(const Prediction& prediction, const std::vector<ProvenanceEntry>& provenance);

}  // namespace gdd
