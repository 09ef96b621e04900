// Preconditioning (EDM, arXiv:2206.00364, table 1): the outermost module, which turns a U-Net into a denoiser
// and tells the range of noise levels it was trained for.
#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "checkpoints/module_tree.h"
#include "networks/weights.h"

namespace gdd {

// The attribute that tells the dtype of forward_half, as TorchScript numbers them.
inline constexpr const char* kHalfType = "half_dtype";

// The network as TorchScript:
//   forward(x [N,C,R,R], sigma [N], class_labels [N,label_dim] or None, augment_labels [N,9] or None)
//     = upstream's net(x, sigma, class_labels, augment_labels=..., force_fp32=True), same dtype
//   forward_half(the same): the U-Net in float16 or bfloat16, as upstream does on CUDA with use_fp16
//   round_sigma(sigma)
//   attributes img_resolution img_channels label_dim use_fp16 sigma_min sigma_max sigma_data
// Errors: class unknown (known ones are listed), and those of layers.h and unet_stack.h.
// `activation_bytes` (optional) receives an estimate of the memory that one image takes on its way.
torch::jit::Module build_precond(const ModuleTree& module, Weights& weights,
                                 double* activation_bytes = nullptr);

bool is_known_precond(const std::string& class_name);

}  // namespace gdd
