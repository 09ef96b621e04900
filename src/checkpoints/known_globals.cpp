#include "checkpoints/known_globals.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/limits.h"

namespace gdd {
namespace {

using pickle::GlobalUse;

constexpr std::string_view kCallables[] = {
    kPersistentObject,
    kLoadFromBytes,
    kOrderedDict,
    kEasyDict,
    "_codecs encode",
    "numpy dtype",
    "numpy.core.multiarray _reconstruct",
    "numpy._core.multiarray _reconstruct",
    "numpy.core.multiarray scalar",
    "numpy._core.multiarray scalar",
    "numpy.core.numeric _frombuffer",
    "numpy._core.numeric _frombuffer",
    "torch Size",
    "torch device",
    "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_parameter_with_state",
    "torch._utils _rebuild_tensor",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_tensor_v3",
};

// TorchScript tags lists with these; they carry no weights.
constexpr std::string_view kTorchScriptCallables[] = {
    "torch.jit._pickle build_boollist",   "torch.jit._pickle build_doublelist",
    "torch.jit._pickle build_intlist",    "torch.jit._pickle build_tensorlist",
    "torch.jit._pickle restore_type_tag",
};

constexpr std::string_view kNames[] = {"numpy ndarray"};

constexpr std::string_view kTorchModuleClasses[] = {
    "torch.nn.modules.activation ReLU",
    "torch.nn.modules.activation SiLU",
    "torch.nn.modules.batchnorm BatchNorm2d",
    "torch.nn.modules.container ModuleDict",
    "torch.nn.modules.container ModuleList",
    "torch.nn.modules.container ParameterDict",
    "torch.nn.modules.container ParameterList",
    "torch.nn.modules.container Sequential",
    "torch.nn.modules.conv Conv2d",
    "torch.nn.modules.dropout Dropout",
    "torch.nn.modules.linear Identity",
    "torch.nn.modules.linear Linear",
    "torch.nn.modules.module Module",
    "torch.nn.modules.normalization GroupNorm",
    "torch.nn.modules.normalization LayerNorm",
    "torch.nn.modules.pooling AdaptiveAvgPool2d",
    "torch.nn.modules.pooling AvgPool2d",
    "torch.nn.modules.pooling MaxPool2d",
};

struct NamedDType {
  std::string_view global;
  DType dtype;
};

constexpr NamedDType kStorageDTypes[] = {
    {"torch HalfStorage", DType::kFloat16},  {"torch BFloat16Storage", DType::kBFloat16},
    {"torch FloatStorage", DType::kFloat32}, {"torch DoubleStorage", DType::kFloat64},
    {"torch ByteStorage", DType::kUint8},    {"torch CharStorage", DType::kInt8},
    {"torch ShortStorage", DType::kInt16},   {"torch IntStorage", DType::kInt32},
    {"torch LongStorage", DType::kInt64},    {"torch BoolStorage", DType::kBool},
    {"torch UntypedStorage", DType::kUint8}, {"torch.storage UntypedStorage", DType::kUint8},
};

constexpr NamedDType kTorchDTypes[] = {
    {"torch float16", DType::kFloat16}, {"torch bfloat16", DType::kBFloat16},
    {"torch float32", DType::kFloat32}, {"torch float64", DType::kFloat64},
    {"torch uint8", DType::kUint8},     {"torch int8", DType::kInt8},
    {"torch int16", DType::kInt16},     {"torch int32", DType::kInt32},
    {"torch int64", DType::kInt64},     {"torch bool", DType::kBool},
};

bool contains(const auto& names, std::string_view global) {
  return std::find(std::begin(names), std::end(names), global) != std::end(names);
}

// An identifier that does not begin with an underscore, as methods of a class that is kept; or the hook that
// every layer of SiDA's EDM2 networks keeps, which trained them.
bool is_method_name(const pickle::Value& value) {
  if (value.is_text("_apply_forced_weight_normalization")) return true;
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  const std::string_view* const name = value.text();
  return name && !name->empty() && name->size() <= limits::kMaxStorageKey && name->front() != '_' &&
         name->find_first_not_of(kAlphabet) == std::string_view::npos;
}

bool is_bound_method(const pickle::Object& object) {
  const pickle::List& arguments = *object.arguments->items();
  return arguments.size() == 2 && arguments[0]->is_made_by(kPersistentObject) &&
         is_method_name(*arguments[1]) && !object.keywords && !object.state && object.items.empty() &&
         object.entries.empty();
}

const DType* find_dtype(const auto& rows, std::string_view global) {
  for (const NamedDType& row : rows)
    if (row.global == global) return &row.dtype;
  return nullptr;
}

}  // namespace

pickle::GlobalUse known_global(std::string_view module, std::string_view name) {
  const std::string global = std::string(module) + ' ' + std::string(name);
  if (contains(kCallables, global) || contains(kTorchModuleClasses, global)) return GlobalUse::kCallable;
  if (contains(kNames, global) || storage_dtype(global) || torch_dtype(global)) return GlobalUse::kNameOnly;
  return GlobalUse::kUnknown;
}

pickle::GlobalUse known_snapshot_global(std::string_view module, std::string_view name) {
  if (std::string(module) + ' ' + std::string(name) == kBoundMethod) return GlobalUse::kCallable;
  return known_global(module, name);
}

void check_bound_methods(const pickle::Pickle& pickle) {
  for (const pickle::Value& value : pickle.values())
    if (value.is_made_by(kBoundMethod) && !is_bound_method(*value.object()))
      pickle.fail(value, "calls 'builtins getattr' for something else than a method of an object in the file",
                  "a file of weights never needs it: it may be malicious");
}

pickle::GlobalUse known_torchscript_global(std::string_view module, std::string_view name) {
  if (module == "__torch__" || module.starts_with("__torch__.")) return GlobalUse::kCallable;
  if (contains(kTorchScriptCallables, std::string(module) + ' ' + std::string(name)))
    return GlobalUse::kCallable;
  return known_global(module, name);
}

const DType* storage_dtype(std::string_view global) { return find_dtype(kStorageDTypes, global); }
const DType* torch_dtype(std::string_view global) { return find_dtype(kTorchDTypes, global); }
bool is_torch_module_class(std::string_view global) { return contains(kTorchModuleClasses, global); }

}  // namespace gdd
