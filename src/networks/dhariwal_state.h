// From the names and shapes of a DhariwalUNet's tensors to the module tree of one.
#pragma once

#include <cstdint>
#include <string>

#include "checkpoints/module_tree.h"

namespace gdd {

// What shapes do not tell.
struct DhariwalFacts {
  std::int64_t resolution = 0;
  std::int64_t head_channels = 64;  // channels of an attention head
  std::int64_t heads = 0;           // where not 0: heads of every attention, whatever its channels
  std::int64_t most_groups = 32, least_group_channels = 4;  // of GroupNorm: min(most, channels / least)
  bool as_openai = false;                                   // layers compute as OpenAI's code does
};

// `tensors` have EDM's names, "model.enc.64x64_conv.weight", in any order. The tree of the U-Net, its class
// and the attributes of all its modules as EDM's own snapshots have them. What does not fit is left for the
// builder to refuse. Error: a name that is no path of a network.
ModuleTree dhariwal_tree(const StateDict& tensors, const DhariwalFacts& facts);

// nullptr if absent.
const TensorView* find_tensor(const StateDict& tensors, const std::string& name);
// Of a tensor's shape; 0 where it lacks that dimension or is not there.
std::int64_t size_of(const TensorView* view, std::size_t dimension);

// The preconditioning around a U-Net, of that class and variant, with EDM's attributes.
ModuleTree precond_tree(const std::string& class_name, const std::string& variant, ModuleTree unet,
                        const DhariwalFacts& facts, double sigma_min, double sigma_max);

}  // namespace gdd
