#include "networks/tree_marks.h"
#include "networks/unet_mapping.h"
#include "networks/unet_stack.h"
#include "networks/unets.h"

namespace gdd {
namespace {

constexpr const char* kForward = R"(
def forward(self, x: Tensor, noise_labels: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor]) -> Tensor:
    emb = self.map_noise.forward(noise_labels)
    emb = self.add_augment(emb, augment_labels)
    emb = torch.silu(self.map_layer0.forward(emb))
    emb = self.map_layer1.forward(emb)
    emb = torch.silu(self.add_label(emb, class_labels))
    x = self.dec.forward(self.enc.forward(x, emb), emb)
    return self.out_conv.forward(torch.silu_(self.out_norm.forward(x)))
)";

constexpr const char* kLabel = R"(
def add_label(self, emb: Tensor, class_labels: Optional[Tensor]) -> Tensor:
    if class_labels is not None:
        emb = emb + self.map_label.forward(class_labels)
    return emb
)";

}  // namespace

torch::jit::Module build_dhariwal_unet(const ModuleTree& module, NetworkParts& parts,
                                       const UNetInterface& interface) {
  expect_children(module, {"map_noise", "map_layer0", "map_layer1", "enc", "dec", "out_norm", "out_conv"},
                  {"map_label", "map_augment"});
  parts.weights.parameters(module, {});
  parts.weights.buffers(module, {});
  parts.as_openai = module.get_bool(kAsOpenAI, false);
  const NoiseEmbedding map_noise = build_noise_embedding(*module.child("map_noise"), parts);
  const ModuleTree &layer0 = *module.child("map_layer0"), &layer1 = *module.child("map_layer1");
  const std::int64_t emb_channels = int_in_range(layer0, "out_features", 1, kMaxChannels);
  const UNetStack stack =
      build_unet_stack(module, parts, interface.in_channels, interface.resolution, emb_channels);
  const ModuleTree& out_conv = *module.child("out_conv");

  Fields fields{
      module_field("map_noise", map_noise.module),
      module_field("map_layer0", build_linear(layer0, parts, map_noise.channels, emb_channels)),
      module_field("map_layer1", build_linear(layer1, parts, emb_channels, emb_channels)),
      module_field("enc", stack.enc),
      module_field("dec", stack.dec),
      module_field("out_norm", build_group_norm(*module.child("out_norm"), parts, stack.out_channels)),
      module_field("out_conv", build_conv2d(out_conv, parts, stack.out_channels, interface.out_channels,
                                            /*kernel=*/3))};
  std::string source = kForward;
  source += add_label_map(module, parts, interface.label_dim, emb_channels, /*bias=*/false, kLabel, fields);
  source += add_augment_map(module, parts, map_noise.channels, fields);
  return parts.script.make("DhariwalUNet", fields, source);
}

}  // namespace gdd
