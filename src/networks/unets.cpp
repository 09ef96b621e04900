#include "networks/unets.h"

#include "gdd/error.h"

namespace gdd {
namespace {

struct UNetClass {
  const char* name;
  torch::jit::Module (*build)(const ModuleTree& module, NetworkParts& parts, const UNetInterface& interface);
};

// The known classes. To add one: its builder in a file of its own, and a line here.
constexpr UNetClass kClasses[] = {
    {"SongUNet", build_song_unet},
    {"DhariwalUNet", build_dhariwal_unet},
    {"SongUNet_EncoderDecoder", build_song_unet},          // SiDA: with both halves it is EDM's
    {"DhariwalUNet_EncoderDecoder", build_dhariwal_unet},  // the same
    {"UNet", build_edm2_unet},
    {"EDM2UNet", build_edm2_unet},             // TCM
    {"UNet_EncoderDecoder", build_edm2_unet},  // SiDA of EDM2: with both halves it is EDM2's
};

}  // namespace

torch::jit::Module build_unet(const ModuleTree& module, NetworkParts& parts, const UNetInterface& interface) {
  std::string known;
  for (const UNetClass& row : kClasses) {
    if (module.class_name == row.name) return row.build(module, parts, interface);
    known += (known.empty() ? "" : " ") + std::string(row.name);
  }
  throw Error(module.path,
              "class '" + module.class_name + "' is not a known network (known here: " + known + ")",
              kUseOfTheFamily);
}

}  // namespace gdd
