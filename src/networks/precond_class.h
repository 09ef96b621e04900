// One row of the table of preconditionings: all that sets a class apart from the others. A family has a file
// of its own (preconds_*.cpp) with its rows and their TorchScript; preconds.cpp lists the families.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checkpoints/module_tree.h"
#include "networks/weights.h"

namespace gdd {

struct PrecondBuffer {
  const char* name;
  Shape (*shape)(const ModuleTree& precond);
};

struct PrecondClass {
  const char* name;                             // of the class, as a snapshot tells it
  std::string source;                           // of precond_source
  const char* variant = "";                     // where several repositories have a class of this name
  const char* unet = "model";                   // the child that is the U-Net
  std::vector<const char*> numbers = {};        // further attributes that `source` reads: floats
  std::vector<const char*> counts = {};         // the same: ints
  std::vector<PrecondBuffer> buffers = {};      // the same
  std::vector<const char*> training_only = {};  // children that sampling never asks
  std::int64_t outputs = 1;                     // channels of the U-Net's answer for each of the image's
  bool leaves_precision = false;                // its authors' one-step script asks for no float32
  bool has_sigma_range = true;                  // false: the class knows none, every noise level will do
};
using PrecondFamily = std::vector<PrecondClass>;

const PrecondFamily& edm_family();     // GDD, D2O, EDM, SiD, SiDA, VP, VE, iDDPM
const PrecondFamily& ecm_family();     // ECT and TCM
const PrecondFamily& edm2_family();    // EDM2, DDO, ECT-XL, SiDA of EDM2
const PrecondFamily& openai_family();  // OpenAI's consistency models and their teacher

// Which class of that name `precond` is by all that the file holds of it; empty where nothing tells.
std::string ecm_variant(const ModuleTree& precond);
// Where that is a guess, the words that say so; else empty. A guess gives way to an assumption.
std::string ecm_doubt(const ModuleTree& precond);

// A class's methods: forward, forward_half and prepare_labels, which all have, then its own.
// The two of it: denoise(x, sigma, class_labels, augment_labels, dtype) and round_sigma(sigma).
std::string precond_source(const char* denoise, const char* round_sigma = nullptr);

namespace source {
extern const char* const kDenoiseEDM;  // c_skip sd^2/(s^2+sd^2), c_noise ln(s)/4
}

}  // namespace gdd
