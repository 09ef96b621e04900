#include "checkpoints/torch_legacy.h"
#include "expect_error.h"
#include "read_everything.h"

// The archive itself, as snapshots hold one per storage; the fuzzer need not find the magic number first.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    const gdd::LegacyArchive archive = gdd::read_torch_legacy(bytes, "fuzz");
    const gdd::pickle::Value& root = archive.pickle.root();
    if (root.persistent_id()) archive.storages.find(archive.pickle, root);
    read_everything(bytes);
  });
}
