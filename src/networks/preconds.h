// Preconditioning (EDM, arXiv:2206.00364, table 1): the outermost module, which turns a U-Net into a denoiser
// and tells the range of noise levels it was trained for.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "checkpoints/module_tree.h"
#include "networks/assumptions.h"
#include "networks/weights.h"

namespace gdd {

// The attribute that tells the dtype of forward_half, as TorchScript numbers them.
inline constexpr const char* kHalfType = "half_dtype";

// Makes of a snapshot's tree the one that a network is built from and stored as: without what training alone
// needs, and told which class it is where several have one name. What the file leaves open is taken from
// `assumed`. `doubt` (optional) receives a line for the user where which class it is was guessed. Errors:
// class unknown (known ones are listed), or which of several it is.
void settle_network(ModuleTree& precond, Assumptions& assumed, std::string* doubt = nullptr);

// The network as TorchScript:
//   forward(x [N,C,R,R], sigma [N], class_labels [N,label_dim] or None, augment_labels [N,9] or None)
//     = upstream's net(x, sigma, class_labels, augment_labels=..., force_fp32=True), same dtype
//   forward_half(the same): the U-Net in float16 or bfloat16, as upstream does on CUDA with use_fp16
//   round_sigma(sigma)
//   attributes img_resolution img_channels label_dim use_fp16 sigma_min sigma_max sigma_data
// Errors: as settle_network, and those of layers.h and unet_stack.h.
// `activation_bytes` (optional) receives an estimate of the memory that one image takes on its way.
torch::jit::Module build_precond(const ModuleTree& module, Weights& weights,
                                 double* activation_bytes = nullptr);

bool is_known_precond(const std::string& class_name);
// The U-Net inside; nullptr where there is none.
const ModuleTree* unet_of(const ModuleTree& precond);
// Whether its authors' one-step script leaves half precision to the network, as edm2's sampler does.
bool leaves_precision(const ModuleTree& precond);
// "ect" or "tcm" of an ECMPrecond; empty where a name means one class.
std::string variant_of(const ModuleTree& precond);

}  // namespace gdd
