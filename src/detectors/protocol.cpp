#include "detectors/protocol.h"

#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using enum InceptionSplits;

// EDM's fid.py (num_expected) and clean-fid's tables take 50 000 images. pytorch-fid's 2 (x / 255) - 1 is
// (x - 127.5) / 127.5: white is 1 there and 0.992 elsewhere.
constexpr Protocol kProtocols[] = {
    {"edm", "tf1-bilinear", 128.0f, true, 50'000, kBlocks, "edm"},
    {"adm", "tf1-bilinear", 128.0f, true, 0, kBlocks, "adm"},
    {"pytorch-fid", "half-pixel-bilinear", 127.5f, false, 0, kBlocks, "pytorch-fid"},
    {"clean", "pil-bicubic", 128.0f, false, 50'000, kBlocks, "clean"},
    {"torch-fidelity", "tf1-bilinear", 128.0f, true, 0, kShuffled, "torch-fidelity"},
};
constexpr Protocol kPrdc = {"prdc", "tf1-bilinear", 128.0f, true, 0, kBlocks, "adm"};

}  // namespace

std::span<const Protocol> all_protocols() { return kProtocols; }

const Protocol& find_protocol(const std::string& name) {
  if (name == kPrdc.name) return kPrdc;
  std::string known;
  for (const Protocol& protocol : kProtocols) {
    if (name == protocol.name) return protocol;
    known += (known.empty() ? "" : ", ") + std::string(protocol.name);
  }
  throw Error::usage("--protocol", gdd::quoted(name) + " is not known", "known: " + known);
}

}  // namespace gdd
