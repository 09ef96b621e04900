// torch's archive from before 1.6: five pickles in a row (magic number, protocol, system, the object, keys of
// storages) and then the storages themselves. Snapshots hold one such archive per storage.
#pragma once

#include <string>

#include "checkpoints/storages.h"

namespace gdd {

bool looks_like_torch_legacy(Bytes start_of_file);

struct LegacyArchive {
  pickle::Pickle pickle;    // the object
  LegacyStorages storages;  // views of the bytes given
};
// `name` is for messages. Errors: truncated, big-endian, a storage that the object does not mention or
// mentions with another size, or twice as different types.
LegacyArchive read_torch_legacy(Bytes archive, const std::string& name);

}  // namespace gdd
