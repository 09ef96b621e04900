// Opens any weight file that users have, recognised by content, without executing anything in it:
//   - network snapshots and NVIDIA's detectors (*.pkl: a pickle of persistent objects)   -> modules
//   - torch.save files, zip and legacy (*.pth)                                           -> a state dict
//   - safetensors                                                                        -> a state dict
//   - TorchScript archives of others (*.pt)                                              -> a state dict of
//   its parameters
// The file stays mapped as long as the Checkpoint lives; tensors of modules that are not read are never
// touched.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "checkpoints/module_tree.h"

namespace gdd {

// The first bytes of a zip, of a pickle of protocol 2 or later, or of safetensors.
bool looks_like_checkpoint(Bytes start_of_file);

class Checkpoint {
 public:
  // Errors (all gdd::Error, with file and byte where known): not a known container, truncated, a global that
  // is not on the list of known ones (named), limits exceeded.
  static Checkpoint open(const std::string& path);
  static Checkpoint open(SharedFile file);
  // Over memory that outlives the Checkpoint and its views (a fuzzer's input); `name` is for messages.
  static Checkpoint open(Bytes bytes, const std::string& name);

  enum class Format { kPickle, kTorchZip, kTorchLegacy, kTorchScript, kSafetensors };
  Format format() const;
  const std::string& path() const;
  Bytes bytes() const;  // of the whole file

  // Names of the dict entries that hold modules: {"net", "ema", "augment_pipe"}; {""} for a file that is a
  // bare module.
  std::vector<std::string> module_names() const;
  // Resolves one of them. A module is built when asked for, so `net` costs nothing when `ema` is wanted.
  // Error: absent (the names present are listed), or damaged.
  ModuleTree module(const std::string& name) const;

  // What else stands in the dict beside the modules, inert, for people: ("augment_pipe", "None"), and
  // methods that objects keep, as names: ("ECMLoss", "its method 't_to_r_sigmoid'").
  std::vector<std::pair<std::string, std::string>> beside() const;

  // Error: the file holds modules and no flat dict of tensors.
  StateDict state_dict() const;

  // Every global the file names ("torch_utils.persistence _reconstruct_persistent_obj"), sorted, for
  // gdd-convert --show.
  std::vector<std::string> globals() const;
  // Every (class_name, SHA-256 of its module_src) among the persistent objects, sorted, without repetition.
  std::vector<std::pair<std::string, std::string>> sources() const;

 private:
  struct Content;
  Checkpoint() = default;
  static Checkpoint open(Bytes bytes, const std::string& name, SharedFile keep);
  std::shared_ptr<const Content> content_;
};

}  // namespace gdd
