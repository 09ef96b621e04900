#include "networks/unet_mapping.h"

#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::int64_t kMaxAugmentLabels = 1 << 16;

constexpr const char* kNoLabel = R"(
def add_label(self, emb: Tensor, class_labels: Optional[Tensor]) -> Tensor:
    return emb
)";

constexpr const char* kAugment = R"(
def add_augment(self, emb: Tensor, augment_labels: Optional[Tensor]) -> Tensor:
    if augment_labels is not None:
        emb = emb + self.map_augment.forward(augment_labels)
    return emb
)";

constexpr const char* kNoAugment = R"(
def add_augment(self, emb: Tensor, augment_labels: Optional[Tensor]) -> Tensor:
    return emb
)";

}  // namespace

std::string add_label_map(const ModuleTree& module, NetworkParts& parts, std::int64_t label_dim,
                          std::int64_t channels, bool bias, const char* with_label, Fields& fields) {
  const ModuleTree* map = module.child("map_label");
  if ((map != nullptr) != (label_dim > 0))
    throw Error(module.path, "label_dim is " + std::to_string(label_dim) + " but the network has " +
                                 (map ? "a" : "no") + " map_label");
  if (!map) return kNoLabel;
  fields.push_back(module_field("map_label", build_linear(*map, parts, label_dim, channels, bias)));
  fields.push_back(int_field("label_dim", label_dim));
  return with_label;
}

std::string add_augment_map(const ModuleTree& module, NetworkParts& parts, std::int64_t channels,
                            Fields& fields) {
  const ModuleTree* map = module.child("map_augment");
  if (!map) return kNoAugment;
  const std::int64_t augment_dim = int_in_range(*map, "in_features", 1, kMaxAugmentLabels);
  fields.push_back(
      module_field("map_augment", build_linear(*map, parts, augment_dim, channels, /*bias=*/false)));
  return kAugment;
}

void check_out_channels(const ModuleTree& module, std::int64_t expected, std::int64_t found) {
  if (found != expected)
    throw Error(module.path,
                "expected " + std::to_string(expected) + " output channels, found " + std::to_string(found));
}

}  // namespace gdd
