#include "networks/reduced_layers.h"

#include <ATen/ATen.h>

#include "compute/compute_scope.h"
#include "networks/edm2_layers.h"
#include "networks/layers.h"
#include "networks/preconds.h"

namespace gdd {
namespace {

// Convolutions, and on a GPU, whose kernel takes one type alone, normalisation.
bool is_cast(const at::Tensor& weight, const torch::jit::Module& module) {
  return weight.dim() == 4 || (module.hasattr(kWideNorm) && !weight.is_cpu());
}

// The kernel of scaled_dot_product_attention multiplies bfloat16 by MKL's routine unless the CPU has AMX.
// That one widens to float32; oneDNN's plain product takes AVX512-BF16 and is 2.3 times as fast, softmax
// included.
bool attends_by_products(const Compute& compute) {
  return compute.device.is_cpu() && compute.layers == at::kBFloat16 &&
         bfloat16_instructions() == "avx512_bf16";
}

// The output channels of an attention's qkv, for each head and channel query, key and value, are sorted into
// all queries, all keys and all values: each is then read in one piece.
void sort_channels(torch::jit::Module qkv, std::int64_t heads) {
  for (const char* name : {"weight", "bias"}) {
    const at::Tensor given = qkv.attr(name).toTensor();
    const at::Tensor order =
        at::arange(given.size(0), given.device()).reshape({heads, -1, 3}).permute({2, 0, 1});
    qkv.setattr(name, given.index_select(0, order.flatten()));
  }
}

// Where qkv is of several groups, each of which reads inputs of its own, attention stays as upstream's.
void reduce_attention(torch::jit::Module& block, const Compute& compute) {
  const torch::jit::Module qkv = block.attr("qkv").toModule();
  if (qkv.attr("groups").toInt() != 1) return;
  if (!block.attr(kReduced).toBool()) sort_channels(qkv, block.attr("num_heads").toInt());
  block.setattr(kReduced, true);
  block.setattr(kByProducts, attends_by_products(compute));
}

}  // namespace

at::MemoryFormat format_of_reduced(const c10::Device& device) {
  return device.is_cpu() ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

void fold_weights(torch::jit::Module& network) {
  const at::NoGradGuard no_grad;
  const ComputeScope as_written({.optimize_scripts = false});
  for (torch::jit::Module module : network.modules()) {
    if (!module.hasattr(kFolded) || module.attr(kFolded).toBool()) continue;
    const at::Tensor weight = module.attr("weight").toTensor(),
                     scaled = module.get_method(kScaledWeight)({}).toTensor();
    if (weight.scalar_type() == scaled.scalar_type())
      weight.copy_(scaled);
    else
      module.setattr("weight", scaled);
    module.setattr(kFolded, true);
  }
}

void reduce_layers(torch::jit::Module& network, const Compute& compute) {
  const at::NoGradGuard no_grad;
  for (torch::jit::Module module : network.modules()) {
    if (module.hasattr(kByProducts))
      reduce_attention(module, compute);
    else if (module.hasattr(kReduced))
      module.setattr(kReduced, true);
    if (!module.hasattr("weight") || !is_cast(module.attr("weight").toTensor(), module)) continue;
    for (const char* name : {"weight", "bias"}) {
      if (!module.hasattr(name)) continue;
      const at::Tensor narrow = module.attr(name).toTensor().to(compute.layers);
      module.setattr(name, narrow.dim() == 4 ? narrow.contiguous(format_of_reduced(compute.device)) : narrow);
    }
  }
  network.setattr(kHalfType, static_cast<std::int64_t>(compute.layers));
}

}  // namespace gdd
