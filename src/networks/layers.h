// The layers of EDM's networks as TorchScript modules, each built from its part of a module tree.
// Errors of all of them, naming the module: a class other than expected, hyperparameters missing or out of
// range, channels that do not fit, tensors as in weights.h, children missing or unused.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "checkpoints/module_tree.h"
#include "networks/script_builder.h"
#include "networks/weights.h"

namespace gdd {

// What the layers of one network share while it is built.
struct NetworkParts {
  ScriptBuilder& script;
  Weights& weights;
  // GDD's revision of the layers normalises in float32 also in a half-precision run; EDM's does not.
  bool normalise_in_float32 = true;
  // Layers compute as OpenAI's code does (openai_layers_source.h).
  bool as_openai = false;
  // TCM's emb_norm: every block brings what it is told of the noise level and class to unit magnitude.
  bool normalise_embedding = false;
  double activation_bytes = 0;  // of one image at the widest place, as far as it is built; an estimate
};

// Attribute of every GroupNorm: whether it normalises in float32 whatever its input is.
inline constexpr const char* kWideNorm = "wide";
// Attribute of every layer that computes in another way where layers are reduced (Network::to).
inline constexpr const char* kReduced = "reduced";
// Attribute of every attention of EDM's and OpenAI's blocks: whether reduced layers take it by plain products
// (layers_source.cpp).
inline constexpr const char* kByProducts = "by_products";

// The remedy in errors about a network that is none of the family.
inline constexpr const char* kUseOfTheFamily =
    "use a snapshot of GDD, D2O, EDM, SiD, SiDA, ECT, TCM, EDM2 or DDO, or a state dict of DMD2 or OpenAI";

inline constexpr std::int64_t kMaxChannels = 1 << 16;

// Attribute `name` of `module`, in [low, high].
std::int64_t int_in_range(const ModuleTree& module, const std::string& name, std::int64_t low,
                          std::int64_t high);
double finite_number(const ModuleTree& module, const std::string& name);

// Error unless `module` is of one of the classes, which are listed.
void expect_class(const ModuleTree& module, std::initializer_list<const char*> classes);
// Error: a child that is not in either list, or one of the first that is absent.
void expect_children(const ModuleTree& module, const std::vector<std::string>& required,
                     const std::vector<std::string>& optional = {});

// x [N,in] -> [N,out].
torch::jit::Module build_linear(const ModuleTree& module, NetworkParts& parts, std::int64_t in,
                                std::int64_t out, bool bias = true);

// x [N,in,H,W] -> [N,out,H',W'], H' = H, 2H or H/2. kernel 0: no weight, it only resamples.
torch::jit::Module build_conv2d(const ModuleTree& module, NetworkParts& parts, std::int64_t in,
                                std::int64_t out, std::int64_t kernel);

// x [N,channels,H,W] -> the same.
torch::jit::Module build_group_norm(const ModuleTree& module, NetworkParts& parts, std::int64_t channels);

// noise_labels [N] -> [N,channels].
struct NoiseEmbedding {
  torch::jit::Module module;
  std::int64_t channels = 0;
};
NoiseEmbedding build_noise_embedding(const ModuleTree& module, NetworkParts& parts);

// x [N,in_channels,H,W], emb [N,emb_channels] -> [N,out_channels,H',W'].
torch::jit::Module build_block(const ModuleTree& module, NetworkParts& parts, std::int64_t emb_channels);

}  // namespace gdd
