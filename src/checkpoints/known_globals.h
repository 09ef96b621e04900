// The globals that files of weights may name. Everything else is refused by name before anything is read
// further.
#pragma once

#include <string_view>

#include "checkpoints/tensor_view.h"
#include "pickle/pickle.h"

namespace gdd {

// Globals the readers ask about, as pickle::Value::is_made_by spells them.
inline constexpr std::string_view kPersistentObject = "torch_utils.persistence _reconstruct_persistent_obj";
inline constexpr std::string_view kLoadFromBytes = "torch.storage _load_from_bytes";
inline constexpr std::string_view kOrderedDict = "collections OrderedDict";
inline constexpr std::string_view kEasyDict = "dnnlib.util EasyDict";
inline constexpr std::string_view kBoundMethod = "builtins getattr";

// For torch.save files and pickles of numpy arrays.
pickle::GlobalUse known_global(std::string_view module, std::string_view name);
// known_global, and kBoundMethod: a snapshot's loss may keep one of its own methods (ECT's does), or a layer
// one that ran before it in training (SiDA's over EDM2), which pickle writes as getattr(the object, 'name').
// Whoever reads the pickle passes it through check_bound_methods.
pickle::GlobalUse known_snapshot_global(std::string_view module, std::string_view name);
// Error: a kBoundMethod of anything but a persistent object of the same file and a plain name.
void check_bound_methods(const pickle::Pickle& pickle);
// known_global, and the classes that a TorchScript archive defines itself (`__torch__...`).
pickle::GlobalUse known_torchscript_global(std::string_view module, std::string_view name);

// "torch FloatStorage" and its like; nullptr for any other global. UntypedStorage counts as uint8.
const DType* storage_dtype(std::string_view global);
// "torch float32" and its like; nullptr for any other global.
const DType* torch_dtype(std::string_view global);
// A class of torch.nn that is built by NEWOBJ and BUILD.
bool is_torch_module_class(std::string_view global);

}  // namespace gdd
