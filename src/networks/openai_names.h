// OpenAI's names of the tensors of a UNetModel (guided-diffusion) to EDM's of a DhariwalUNet, whose layers
// they are.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "checkpoints/module_tree.h"
#include "networks/dhariwal_state.h"

namespace gdd {

// The tensors of a file, each of which must find its place. Both arguments live longer.
class UnplacedTensors {
 public:
  UnplacedTensors(const StateDict& tensors, const std::string& path);

  bool has(const std::string& name) const { return views_.contains(name); }
  // Error: it is not there, or was taken.
  const TensorView& take(const std::string& name);
  // Error: some were not.
  void expect_all_taken() const;
  const std::string& path() const { return path_; }

 private:
  std::map<std::string, const TensorView*> views_;
  const std::string& path_;
};

// Takes all of them: "model.enc.64x64_conv.weight" and so on, rows of attention in EDM's order. `levels` of
// so many `blocks` each. Errors: as above; channels that are no multiple of the heads in `facts`.
StateDict edm_names_of_openai(UnplacedTensors& tensors, const DhariwalFacts& facts, std::int64_t levels,
                              std::int64_t blocks);

}  // namespace gdd
