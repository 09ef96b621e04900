#include "pipeline/protocol.h"

#include "gdd/error.h"

namespace gdd {
namespace {

// EDM's fid.py (num_expected) and clean-fid's tables take 50 000 images.
constexpr Protocol kProtocols[] = {
    {"edm", true, 50'000},       {"adm", true, 0}, {"pytorch-fid", false, 0}, {"clean", false, 50'000},
    {"torch-fidelity", true, 0},
};

}  // namespace

std::span<const Protocol> all_protocols() { return kProtocols; }

const Protocol& find_protocol(const std::string& name) {
  std::string known;
  for (const Protocol& protocol : kProtocols) {
    if (name == protocol.name) return protocol;
    known += (known.empty() ? "" : ", ") + std::string(protocol.name);
  }
  throw Error::usage("--protocol", "'" + name + "' is not known", "known: " + known);
}

}  // namespace gdd
