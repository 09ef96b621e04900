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

// For snapshots, torch.save files and pickles of numpy arrays.
pickle::GlobalUse known_global(std::string_view module, std::string_view name);
// The same, and the classes that a TorchScript archive defines itself (`__torch__...`).
pickle::GlobalUse known_torchscript_global(std::string_view module, std::string_view name);

// "torch FloatStorage" and its like; nullptr for any other global. UntypedStorage counts as uint8.
const DType* storage_dtype(std::string_view global);
// "torch float32" and its like; nullptr for any other global.
const DType* torch_dtype(std::string_view global);
// A class of torch.nn that is built by NEWOBJ and BUILD.
bool is_torch_module_class(std::string_view global);

}  // namespace gdd
