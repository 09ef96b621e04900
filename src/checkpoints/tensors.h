// Tensors as a pickle describes them (torch._utils._rebuild_tensor_v2 and its like), made into checked views.
#pragma once

#include <set>
#include <string>
#include <unordered_map>

#include "checkpoints/storages.h"
#include "checkpoints/tensor_view.h"
#include "checkpoints/torch_legacy.h"
#include "pickle/pickle.h"

namespace gdd {

// A tensor or a parameter.
bool is_tensor(const pickle::Value& value);

class TensorReader {
 public:
  // Both outlive this.
  TensorReader(const pickle::Pickle& pickle, const StorageSource& storages)
      : pickle_(pickle), storages_(storages) {}

  // `what` names the tensor in errors ("ema.model.enc.32x32_conv.weight"). Errors: not a tensor, negative
  // sizes, more than limits.h allows, elements beyond the storage, elements that overlap each other.
  TensorView read(const pickle::Value& value, const std::string& what);
  // The globals that the storages inside the pickle (kLoadFromBytes) name.
  std::set<std::string> embedded_globals() const;

 private:
  Bytes embedded_bytes(const pickle::Value& value) const;
  LegacyArchive embedded_archive(const pickle::Value& value) const;
  Storage storage(const pickle::Value& value, const std::string& what);
  void check(const pickle::Value& value, const TensorView& view, const std::string& what) const;

  const pickle::Pickle& pickle_;
  const StorageSource& storages_;
  // Archives in byte strings already read, by their first byte: however often the memo brings one, it is read
  // once.
  std::unordered_map<const std::byte*, Storage> embedded_;
};

}  // namespace gdd
