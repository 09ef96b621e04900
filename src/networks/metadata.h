// gdd.json, the extra file inside a converted .pt: where the network came from and what it is. Its format is
// 2 where a variant or an assumption decides the numbers, which whoever knows only format 1 would leave out,
// and 3 where its images are latents, whose encoding whoever knows only format 2 would leave out; the tree
// then lies in modules2.json, which the former do not find. Else it is 1, with modules.json.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoints/module_tree.h"
#include "networks/network.h"

namespace gdd {

struct SnapshotFacts {
  std::string name;  // the file's own name, without folders
  std::uint64_t size = 0;
  std::string sha256;
};

// Sets info.format and info.metadata_json from the rest of `info`, the precond's module tree and the
// snapshot's facts.
void write_metadata(const ModuleTree& precond, const SnapshotFacts& snapshot, NetworkInfo& info);

// Reads precond, model, weights, latents, num_parameters and metadata_json; what the TorchScript module
// itself tells (sigma_min, ...) is left alone. Errors: not such a text, a format beyond 3; `path` is the .pt
// it lies in.
NetworkInfo read_metadata(const std::string& json, const std::string& path);

// Whether this is the SHA-256 of a text of networks.py that the TorchScript here was compared with; true also
// for the empty string, a class without source.
bool is_known_source(const std::string& sha256);

// One line for every source text among the module's persistent objects that is none of the known revisions of
// networks.py: such a class may compute something else than the class of that name which is known here.
std::vector<std::string> unknown_sources(const ModuleTree& module, const std::string& path);

}  // namespace gdd
