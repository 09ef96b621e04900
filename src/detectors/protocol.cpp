#include "detectors/protocol.h"

#include <algorithm>
#include <iterator>

#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using enum InceptionSplits;
using enum Family;

constexpr Scaling kMiddle128{1, {128, 128, 128}, {128, 128, 128}};
// pytorch-fid's 2 (x / 255) - 1 is (x - 127.5) / 127.5: white is 1 there and 0.992 elsewhere.
constexpr Scaling kMiddle127{1, {127.5f, 127.5f, 127.5f}, {127.5f, 127.5f, 127.5f}};
// clip.py, _transform.
constexpr Scaling kClipScaling{
    255, {0.48145466f, 0.4578275f, 0.40821073f}, {0.26862954f, 0.26130258f, 0.27577711f}};
constexpr Scaling kImageNet{255, {0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};

// EDM's fid.py (num_expected), clean-fid's tables, dgm-eval (--nsample) and EDM2's statistics take 50 000
// images. CLIP as clean-fid: clip.py's own Resize and CenterCrop of the PIL image. dgm-eval: dinov2.py,
// without and with --clean_resize. EDM2: calculate_metrics.py, resize_mode 'torch'.
constexpr Protocol kProtocols[] = {
    {"edm", kInception, "tf1-bilinear", false, kMiddle128, true, 50'000, kBlocks, "edm"},
    {"adm", kInception, "tf1-bilinear", false, kMiddle128, true, 0, kBlocks, "adm"},
    {"pytorch-fid", kInception, "half-pixel-bilinear", false, kMiddle127, false, 0, kBlocks, "pytorch-fid"},
    {"clean", kInception, "pil-bicubic", false, kMiddle128, false, 50'000, kBlocks, "clean"},
    {"torch-fidelity", kInception, "tf1-bilinear", false, kMiddle128, true, 0, kShuffled, "torch-fidelity"},
    {"clean", kClip, "pil-bicubic-uint8", true, kClipScaling, false, 50'000, kBlocks, "clean"},
    {"torch-fidelity", kClip, "tf1-bilinear", false, kClipScaling, true, 0, kBlocks, "torch-fidelity"},
    {"dgm-eval", kDinov2, "pil-bicubic-uint8", false, kImageNet, false, 50'000, kBlocks, "dgm-eval"},
    {"dgm-eval-clean", kDinov2, "pil-bicubic", false, kImageNet, false, 50'000, kBlocks, "dgm-eval-clean"},
    {"edm2", kDinov2, "torch-bicubic", false, kImageNet, false, 50'000, kBlocks, "edm2"},
};
constexpr Protocol kPrdc = {"prdc", kInception, "tf1-bilinear", false, kMiddle128, true, 0, kBlocks, "adm"};

constexpr const char* kFamilies[] = {"Inception", "CLIP", "DINOv2"};

void list(std::string& names, const std::string& name) { names += (names.empty() ? "" : ", ") + name; }

// "edm, adm, ..." of those that `wanted` takes, each once.
std::string names_of(auto wanted) {
  std::string names;
  std::vector<std::string> seen;
  for (const Protocol& protocol : kProtocols)
    if (wanted(protocol) && std::ranges::count(seen, protocol.name) == 0)
      list(names, seen.emplace_back(protocol.name));
  return names;
}

// "Inception and CLIP": whose protocol that is; empty: nobody's.
std::string owners(const std::string& name) {
  if (name == kPrdc.name) return family_name(kPrdc.family);
  std::string text;
  for (const Protocol& protocol : kProtocols)
    if (name == protocol.name)
      text += (text.empty() ? "" : " and ") + std::string(family_name(protocol.family));
  return text;
}

}  // namespace

const char* family_name(Family family) { return kFamilies[static_cast<std::size_t>(family)]; }

std::optional<Family> find_family(const std::string& name) {
  const auto* const found = std::find(std::begin(kFamilies), std::end(kFamilies), name);
  if (found == std::end(kFamilies)) return std::nullopt;
  return static_cast<Family>(found - std::begin(kFamilies));
}

std::vector<const Protocol*> all_protocols(Family family) {
  std::vector<const Protocol*> protocols;
  for (const Protocol& protocol : kProtocols)
    if (protocol.family == family) protocols.push_back(&protocol);
  return protocols;
}

std::vector<std::string> protocol_names() {
  std::vector<std::string> names;
  for (const Protocol& protocol : kProtocols)
    if (std::ranges::count(names, protocol.name) == 0) names.emplace_back(protocol.name);
  return names;
}

const Protocol& default_protocol(Family family) { return *all_protocols(family).front(); }

const Protocol& find_protocol(Family family, const std::string& name) {
  if (family == kPrdc.family && name == kPrdc.name) return kPrdc;
  for (const Protocol* protocol : all_protocols(family))
    if (name == protocol->name) return *protocol;
  find_protocol(name);  // refuses what nobody has
  throw Error::usage(
      "--protocol",
      gdd::quoted(name) + " is " + owners(name) + "'s, the detector is of " + family_name(family),
      "give one of " + names_of([&](const Protocol& each) { return each.family == family; }));
}

const Protocol& find_protocol(const std::string& name) {
  if (name == kPrdc.name) return kPrdc;
  for (const Protocol& protocol : kProtocols)
    if (name == protocol.name) return protocol;
  throw Error::usage("--protocol", gdd::quoted(name) + " is not known",
                     "known: " + names_of([](const Protocol&) { return true; }));
}

}  // namespace gdd
