// The layers of a network as they compute from now on: weights folded, and where asked in fewer bits.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include "compute/compute.h"

namespace gdd {

// Replaces weights by what their layers would compute from them in every call; where they are of its type in
// place, so that the heap does not grow by what it frees.
void fold_weights(torch::jit::Module& network);

// Casts the weights of convolutions to compute.layers and lays them out, and tells every layer that computes
// in another way then (kReduced). May be called again, for another device or type.
void reduce_layers(torch::jit::Module& network, const Compute& compute);

// How what goes into reduced layers lies. A GPU's own normalisation lays its results out as [N,C,H,W], so
// that convolutions are given that there; a CPU's goes on in channels_last, which is faster.
at::MemoryFormat format_of_reduced(const c10::Device& device);

}  // namespace gdd
