#include "networks/layers_source.h"
#include "networks/unet_mapping.h"
#include "networks/unet_stack.h"
#include "networks/unets.h"

namespace gdd {
namespace {

constexpr const char* kForward = R"(
def forward(self, x: Tensor, noise_labels: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor]) -> Tensor:
    emb = self.map_noise.forward(noise_labels)
    emb = emb.reshape([emb.size(0), 2, -1]).flip([1]).reshape(emb.size())
    emb = self.add_label(emb, class_labels)
    emb = self.add_augment(emb, augment_labels)
    emb = torch.silu(self.map_layer0.forward(emb))
    emb = torch.silu(self.map_layer1.forward(emb))
    return self.dec.forward(self.enc.forward(x, emb), emb)
)";

// The same with TCM's emb_norm.
constexpr const char* kForwardNormalised = R"(
def forward(self, x: Tensor, noise_labels: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor]) -> Tensor:
    emb = self.map_noise.forward(noise_labels)
    emb = emb.reshape([emb.size(0), 2, -1]).flip([1]).reshape(emb.size())
    emb = self.add_label(self.normalise(emb, [1]), class_labels)
    emb = self.add_augment(emb, augment_labels)
    emb = self.normalise(torch.silu(self.map_layer0.forward(emb)), [1])
    emb = self.normalise(torch.silu(self.map_layer1.forward(emb)), [1])
    return self.dec.forward(self.enc.forward(x, emb), emb)
)";

constexpr const char* kLabel = R"(
def add_label(self, emb: Tensor, class_labels: Optional[Tensor]) -> Tensor:
    if class_labels is not None:
        emb = emb + self.map_label.forward(class_labels * torch.sqrt(self.label_dim))
    return emb
)";

}  // namespace

torch::jit::Module build_song_unet(const ModuleTree& module, NetworkParts& parts,
                                   const UNetInterface& interface) {
  expect_children(module, {"map_noise", "map_layer0", "map_layer1", "enc", "dec"},
                  {"map_label", "map_augment"});
  parts.weights.parameters(module, {});
  parts.weights.buffers(module, {});
  parts.normalise_embedding = module.get_bool("emb_norm", false);
  const NoiseEmbedding map_noise = build_noise_embedding(*module.child("map_noise"), parts);
  const ModuleTree &layer0 = *module.child("map_layer0"), &layer1 = *module.child("map_layer1");
  const std::int64_t emb_channels = int_in_range(layer0, "out_features", 1, kMaxChannels);
  const UNetStack stack =
      build_unet_stack(module, parts, interface.in_channels, interface.resolution, emb_channels);
  check_out_channels(module, interface.out_channels, stack.out_channels);

  Fields fields{module_field("map_noise", map_noise.module),
                module_field("map_layer0", build_linear(layer0, parts, map_noise.channels, emb_channels)),
                module_field("map_layer1", build_linear(layer1, parts, emb_channels, emb_channels)),
                module_field("enc", stack.enc), module_field("dec", stack.dec)};
  std::string source =
      parts.normalise_embedding ? std::string(kForwardNormalised) + source::kNormalise : kForward;
  source +=
      add_label_map(module, parts, interface.label_dim, map_noise.channels, /*bias=*/true, kLabel, fields);
  source += add_augment_map(module, parts, map_noise.channels, fields);
  return parts.script.make("SongUNet", fields, source);
}

}  // namespace gdd
