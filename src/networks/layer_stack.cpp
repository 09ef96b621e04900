#include "networks/layer_stack.h"

#include "base/limits.h"
#include "base/shape_text.h"
#include "gdd/error.h"

namespace gdd {
namespace {

std::string extent_text(const Extent& extent) {
  return shape_text({extent.channels, extent.side, extent.side});
}

// Names become TorchScript source, so only upstream's alphabet may pass.
void check_layer_name(const ModuleTree& stack, const std::string& name) {
  constexpr const char* kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789_";
  if (name.empty() || name.size() > 64 || name.find_first_not_of(kAlphabet) != std::string::npos)
    throw Error(stack.path, "expected a layer name such as '32x32_block0', found another");
}

}  // namespace

double bytes_of(const Extent& extent) {
  return sizeof(float) * static_cast<double>(extent.channels) * static_cast<double>(extent.side) *
         static_cast<double>(extent.side);
}

void expect_extent(const ModuleTree& layer, const Extent& expected, const Extent& found) {
  if (expected != found)
    throw Error(layer.path, "expected an image of " + extent_text(expected) + ", gets " + extent_text(found),
                "the layers do not fit each other: the file is damaged");
}

std::string with_layer(std::string lines, const std::string& name) {
  constexpr std::string_view kPlace = "LAYER";
  return lines.replace(lines.find(kPlace), kPlace.size(), "getattr(self, \"" + name + "\")");
}

void check_stack(const ModuleTree& stack, NetworkParts& parts) {
  if (stack.children.size() > limits::kMaxStackLayers)
    throw Error(stack.path, "expected at most " + std::to_string(limits::kMaxStackLayers) +
                                " layers, found " + std::to_string(stack.children.size()));
  expect_class(stack, {"torch.nn.modules.container.ModuleDict"});
  parts.weights.parameters(stack, {});
  parts.weights.buffers(stack, {});
  if (stack.children.empty()) throw Error(stack.path, "expected layers, found none");
  for (const auto& [name, layer] : stack.children) check_layer_name(stack, name);
}

std::int64_t doubled(const ModuleTree& layer, std::int64_t side, std::int64_t most) {
  if (side <= most / 2) return 2 * side;
  throw Error(layer.path,
              "expected an image of at most " + std::to_string(most) + " a side, gets one of " +
                  std::to_string(side) + " to double",
              "no network of this family looks at its image larger than it is");
}

std::int64_t halved(const ModuleTree& layer, std::int64_t side) {
  if (side % 2 != 0) throw Error(layer.path, "expected an even side to halve, gets " + std::to_string(side));
  return side / 2;
}

}  // namespace gdd
