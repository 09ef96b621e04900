#include "networks/state_dict_tree.h"

#include "base/limits.h"
#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

struct Kind {
  bool (*is)(const StateDict& tensors);
  StateDictTree (*tree)(const StateDict& tensors, const std::string& path, Assumptions& assumed);
};
// An encoder and a decoder, a layer of which has some twenty: forty for each layer of a stack.
constexpr std::size_t kMostTensors = 40 * limits::kMaxStackLayers;
constexpr std::size_t kShownOfName = 40;  // bytes of a name that is too long
constexpr Kind kKinds[] = {{is_edm_state, tree_of_edm_state}, {is_openai_state, tree_of_openai_state}};

}  // namespace

StateDictTree tree_of_state_dict(const StateDict& tensors, const std::string& path, Assumptions& assumed) {
  if (tensors.size() > kMostTensors)
    throw Error(path, "expected at most " + std::to_string(kMostTensors) + " tensors, found " +
                          std::to_string(tensors.size()));
  for (const auto& [name, view] : tensors)
    if (name.size() > limits::kMaxTensorName)
      throw Error(path, "expected names of tensors of at most " + std::to_string(limits::kMaxTensorName) +
                            " bytes, found " + std::to_string(name.size()) + ": " +
                            gdd::quoted(name.substr(0, kShownOfName)) + "...");
  for (const Kind& kind : kKinds)
    if (kind.is(tensors)) return kind.tree(tensors, path, assumed);
  throw Error(
      path,
      tensors.empty()
          ? "a state dict without tensors"
          : "a state dict of no network that is known: it begins with " + gdd::quoted(tensors.front().first),
      "known are DMD2's pytorch_model.bin and OpenAI's consistency models; of others give the snapshot: "
      "network-snapshot-*.pkl");
}

}  // namespace gdd
