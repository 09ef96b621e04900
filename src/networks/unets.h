// The denoising networks of the family, without preconditioning.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <cstdint>

#include "checkpoints/module_tree.h"
#include "networks/layers.h"

namespace gdd {

// What the preconditioning around it demands of a network.
struct UNetInterface {
  std::int64_t in_channels = 0, out_channels = 0;
  std::int64_t resolution = 0;
  std::int64_t label_dim = 0;
};

// forward(x [N,in,R,R], noise_labels [N], class_labels [N or 1,label_dim] or None, augment_labels
// [N,augment_dim] or None) -> [N,out,R,R]. Errors as in layers.h and unet_stack.h.
//
// DDPM++ and NCSN++ of Song et al. (arXiv:2011.13456) as EDM's SongUNet has them, and TCM's options of it.
torch::jit::Module build_song_unet(const ModuleTree& module, NetworkParts& parts,
                                   const UNetInterface& interface);
// ADM of Dhariwal and Nichol (arXiv:2105.05233) as EDM's DhariwalUNet has it.
torch::jit::Module build_dhariwal_unet(const ModuleTree& module, NetworkParts& parts,
                                       const UNetInterface& interface);
// The magnitude-preserving U-Net of EDM2 (arXiv:2312.02696, configuration G), and TCM's options of it.
torch::jit::Module build_edm2_unet(const ModuleTree& module, NetworkParts& parts,
                                   const UNetInterface& interface);

// The one of them that `module.class_name` names. Error: another class.
torch::jit::Module build_unet(const ModuleTree& module, NetworkParts& parts, const UNetInterface& interface);

}  // namespace gdd
