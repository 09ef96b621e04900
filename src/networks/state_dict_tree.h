// Networks that are published as bare state dicts: recognised by names and shapes, and made into the tree
// that a snapshot of them would hold. The builder then accounts for every tensor.
#pragma once

#include <string>
#include <vector>

#include "checkpoints/module_tree.h"
#include "networks/assumptions.h"

namespace gdd {

struct StateDictTree {
  ModuleTree tree;
  // What shapes do not tell and where it is from: "num_head_channels=64 (DMD2's own)".
  std::string assumed;
  std::string family;                 // as authors_of
  std::vector<std::string> warnings;  // what of `assumed` is a guess
};

// `path` is the file's; what the file leaves open is said by `assumed`, by NAME.json beside it, or by what
// its publishers say of it. Errors: none of the known networks; a tensor that is missing or has no place,
// or whose name is longer than limits::kMaxTensorName; something left open that nobody says.
StateDictTree tree_of_state_dict(const StateDict& tensors, const std::string& path, Assumptions& assumed);

// Of the two kinds that are known, by their names alone.
// EDM's EDMPrecond over DhariwalUNet, with EDM's names: DMD2's pytorch_model.bin.
bool is_edm_state(const StateDict& tensors);
StateDictTree tree_of_edm_state(const StateDict& tensors, const std::string& path, Assumptions& assumed);
// guided-diffusion's UNetModel as OpenAI's consistency models have it.
bool is_openai_state(const StateDict& tensors);
StateDictTree tree_of_openai_state(const StateDict& tensors, const std::string& path, Assumptions& assumed);

}  // namespace gdd
