#include "checkpoints/tensors.h"

#include <algorithm>
#include <unordered_set>

#include "base/limits.h"
#include "base/shape_text.h"
#include "checkpoints/known_globals.h"

namespace gdd {
namespace {

using pickle::List;
using pickle::Pickle;
using pickle::Value;

bool is_parameter(const Value& value) {
  return value.is_made_by("torch._utils _rebuild_parameter") ||
         value.is_made_by("torch._utils _rebuild_parameter_with_state");
}

bool is_plain_tensor(const Value& value) {
  return value.is_made_by("torch._utils _rebuild_tensor_v2") ||
         value.is_made_by("torch._utils _rebuild_tensor_v3") ||
         value.is_made_by("torch._utils _rebuild_tensor");
}

std::vector<std::int64_t> read_sizes(const Pickle& pickle, const Value& value, const std::string& what) {
  const Value* tuple = &value;
  if (value.is_made_by("torch Size"))
    tuple = pickle.sequence(*value.object()->arguments, "the arguments of torch.Size", 1)[0];
  const List& items = pickle.sequence(*tuple, what);
  if (items.size() > limits::kMaxTensorDims)
    pickle.fail(value, "expected at most " + std::to_string(limits::kMaxTensorDims) + " dimensions for " +
                           what + ", found " + std::to_string(items.size()));
  std::vector<std::int64_t> sizes;
  for (const Value* item : items) sizes.push_back(pickle.integer(*item, what));
  return sizes;
}

}  // namespace

bool is_tensor(const Value& value) { return is_parameter(value) || is_plain_tensor(value); }

TensorView TensorReader::read(const Value& value, const std::string& what) {
  const Value* tensor = &value;
  if (is_parameter(value))
    tensor = pickle_.sequence(*value.object()->arguments, "the arguments of a parameter", 1)[0];
  if (!is_plain_tensor(*tensor)) pickle_.fail(value, "expected " + what + " to be a tensor");
  // (storage, offset, size, stride, requires_grad, backward_hooks[, dtype, ...])
  const List& arguments = pickle_.sequence(*tensor->object()->arguments, "the arguments of a tensor", 4);
  const Storage source = storage(*arguments[0], what);
  TensorView view;
  view.dtype = source.dtype;
  view.storage = source.data;
  if (tensor->is_made_by("torch._utils _rebuild_tensor_v3")) {
    const Value& dtype = *pickle_.sequence(*tensor->object()->arguments, "the arguments of a tensor", 7)[6];
    const DType* known = dtype.global() ? torch_dtype(*dtype.global()) : nullptr;
    if (!known) pickle_.fail(dtype, "expected a known dtype for " + what);
    view.dtype = *known;
  }
  view.offset = pickle_.integer(*arguments[1], "the offset of " + what);
  view.shape = read_sizes(pickle_, *arguments[2], "the shape of " + what);
  view.strides = read_sizes(pickle_, *arguments[3], "the strides of " + what);
  check(*tensor, view, what);
  return view;
}

Storage TensorReader::storage(const Value& value, const std::string& what) {
  if (value.persistent_id()) return storages_.find(pickle_, value);
  if (!value.is_made_by(kLoadFromBytes)) pickle_.fail(value, "expected the storage of " + what);
  const Bytes bytes = embedded_bytes(value);
  if (const auto known = embedded_.find(bytes.data()); known != embedded_.end()) return known->second;
  const LegacyArchive archive = embedded_archive(value);
  const Value& root = archive.pickle.root();
  if (!root.persistent_id()) archive.pickle.fail(root, "expected the storage of " + what);
  return embedded_[bytes.data()] = archive.storages.find(archive.pickle, root);
}

Bytes TensorReader::embedded_bytes(const Value& value) const {
  const List& arguments = pickle_.sequence(*value.object()->arguments, "the arguments of a storage", 1);
  if (arguments[0]->kind != pickle::Kind::kBytes) pickle_.fail(value, "expected a storage as bytes");
  return *arguments[0]->bytes();
}

LegacyArchive TensorReader::embedded_archive(const Value& value) const {
  return read_torch_legacy(embedded_bytes(value),
                           pickle_.name() + ": byte " + std::to_string(value.position) + ": storage");
}

std::set<std::string> TensorReader::embedded_globals() const {
  std::set<std::string> names;
  std::unordered_set<const std::byte*> seen;
  for (const Value& value : pickle_.values())
    if (value.is_made_by(kLoadFromBytes) && seen.insert(embedded_bytes(value).data()).second)
      for (const std::string& name : embedded_archive(value).pickle.globals()) names.insert(name);
  return names;
}

void TensorReader::check(const Value& value, const TensorView& view, const std::string& what) const {
  const auto expect = [&](bool holds, const std::string& problem) {
    if (!holds)
      pickle_.fail(value, what + " of shape " + shape_text(view.shape) + ", strides " +
                              shape_text(view.strides) + ", offset " + std::to_string(view.offset) + ": " +
                              problem);
  };
  expect(view.shape.size() == view.strides.size(), "expected as many strides as sizes");
  const auto available = static_cast<std::int64_t>(view.storage.size() / item_size(view.dtype));
  expect(view.offset >= 0 && view.offset <= available, "the offset lies outside its storage");
  std::int64_t count = 1, last = view.offset;
  bool overflow = false, empty = false;
  for (std::size_t d = 0; d < view.shape.size(); ++d) {
    expect(view.shape[d] >= 0 && view.strides[d] >= 0, "a size or stride is negative");
    std::int64_t reach = 0;
    // An empty tensor reaches nothing, but its other sizes must not overflow either: not here, and not in the
    // strides that torch gives to a tensor of this shape.
    empty |= view.shape[d] == 0;
    overflow |= __builtin_mul_overflow(count, std::max<std::int64_t>(view.shape[d], 1), &count);
    overflow |= view.shape[d] > 0 && (__builtin_mul_overflow(view.shape[d] - 1, view.strides[d], &reach) ||
                                      __builtin_add_overflow(last, reach, &last));
  }
  expect(!overflow && static_cast<std::uint64_t>(count) <= limits::kMaxTensorElements, "too many elements");
  if (empty) return;
  expect(last < available, "it reaches beyond its storage of " + std::to_string(available) + " elements");
  expect(count <= available, "its elements overlap");
}

}  // namespace gdd
