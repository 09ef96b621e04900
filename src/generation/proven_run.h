// Whether images are what a run of gdd-sample or gdd-eval made: its records tell every file's hash.
#pragma once

#include <string>

#include "images/run_settings.h"

namespace gdd {

struct ProvenRun {
  RunSettings settings;  // of the run; empty: the images are not known to be of one
  std::string doubt;     // why not, where records stand beside them; else empty
};

// Of the images at `path`: a folder with .gdd-run, all of whose images are there with the hashes that their
// records name, or the image_pack.npz or zip that the run wrote and recorded. What lies beneath such a folder
// proves nothing. Reads every file once more.
ProvenRun prove_run(const std::string& path);

}  // namespace gdd
