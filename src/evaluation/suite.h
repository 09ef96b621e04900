// A list of checkpoints with what is published of them, as data: all_ckpt/published.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace gdd {

// A number that somebody published; never one that was measured here.
struct PublishedScore {
  std::string evaluation, score;  // "fid", "fid"
  double value = 0;
  std::string where;  // "the paper's abstract"
};

// One way in which a checkpoint is scored. Files by their names alone.
struct SuiteEvaluation {
  std::string name;  // "fid", "is_pr"
  std::string protocol;
  std::vector<std::string> metrics;
  std::string reference, reference_images;  // empty: none
};

struct SuiteCheckpoint {
  std::string name, file, seeds;
  std::string detector;  // empty: Inception v3; "demo"
  std::string flags;     // how its authors sample it, as gdd-sample's; empty: as the program's flags say
  std::string gnet;      // the file of its guide; empty: none
  std::string vae;       // the file that decodes its latents; empty: it makes pixels
  std::vector<SuiteEvaluation> evaluations;
  std::vector<PublishedScore> published;
};

// Where files are had, for those who lack them; "detector" stands for Inception's weights.
struct SuiteSource {
  std::vector<std::string> files;
  std::string from, licence;
};

struct Suite {
  std::vector<SuiteCheckpoint> checkpoints;
  std::optional<SuiteCheckpoint> demo;  // evaluated where none of the others is there
  std::vector<SuiteSource> sources;
};

// Error: no JSON of this form, with the place in it.
Suite read_suite(const std::string& path);

}  // namespace gdd
