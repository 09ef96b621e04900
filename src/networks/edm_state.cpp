// DMD2 (arXiv:2405.14867): the state dict of EDM's EDMPrecond over DhariwalUNet, without map_augment.
#include <algorithm>
#include <charconv>
#include <limits>

#include "gdd/error.h"
#include "networks/dhariwal_state.h"
#include "networks/state_dict_tree.h"

namespace gdd {
namespace {

constexpr const char* kEncoder = "model.enc.";
constexpr std::int64_t kHeadChannels = 64;  // DhariwalUNet's own, which no script changes
constexpr std::int64_t kMost = 4096;

}  // namespace

bool is_edm_state(const StateDict& tensors) {
  return find_tensor(tensors, "model.map_layer0.weight") && find_tensor(tensors, "model.out_conv.weight");
}

StateDictTree tree_of_edm_state(const StateDict& tensors, const std::string& path, Assumptions& assumed) {
  DhariwalFacts facts;
  for (const auto& [name, view] : tensors) {  // the largest side that a layer is named after
    if (!name.starts_with(kEncoder)) continue;
    std::int64_t side = 0;
    const std::size_t length = std::string(kEncoder).size();
    std::from_chars(name.data() + length, name.data() + name.size(), side);
    facts.resolution = std::max(facts.resolution, side);
  }
  const auto given = assumed.take_count("num_head_channels", kMost);
  facts.head_channels = given.value_or(kHeadChannels);
  StateDictTree result;
  try {
    result.tree = precond_tree("EDMPrecond", "", dhariwal_tree(tensors, facts), facts, 0,
                               std::numeric_limits<double>::infinity());
  } catch (const Error& error) {
    throw Error(path, error.what());
  }
  result.family = "DMD2";
  result.assumed = "num_head_channels=" + std::to_string(facts.head_channels);
  if (!given)
    result.warnings.push_back(path + ": guessed, as no tensor tells it: " + result.assumed +
                              " (DMD2's own); --assume KEY=VALUE says otherwise");
  return result;
}

}  // namespace gdd
