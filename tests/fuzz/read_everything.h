// Opens a checkpoint and reads all that it offers.
#pragma once

#include <vector>

#include "checkpoints/checkpoint.h"

inline void read_tensor(const gdd::TensorView& tensor) {
  std::vector<std::byte> raw(static_cast<std::size_t>(tensor.numel()) * gdd::item_size(tensor.dtype));
  tensor.copy_raw(raw.data());
  std::vector<float> elements(static_cast<std::size_t>(tensor.numel()));
  tensor.copy_as_float32(elements.data());
}

inline void read_module(const gdd::ModuleTree& module) {
  for (const auto* tensors : {&module.parameters, &module.buffers})
    for (const auto& [name, tensor] : *tensors)
      if (tensor) read_tensor(*tensor);
  for (const auto& [name, child] : module.children) read_module(child);
}

inline void read_everything(gdd::Bytes bytes) {
  const gdd::Checkpoint checkpoint = gdd::Checkpoint::open(bytes, "fuzz");
  checkpoint.globals();
  checkpoint.sources();
  const std::vector<std::string> names = checkpoint.module_names();
  for (const std::string& name : names) read_module(checkpoint.module(name));
  for (const auto& [name, tensor] : checkpoint.state_dict()) read_tensor(tensor);
}
