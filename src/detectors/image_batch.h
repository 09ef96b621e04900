// From decoded images to what a network takes. Internal to this room.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>

#include "images/image.h"

namespace gdd {

// Resizes and scales as the protocol has it: edm, adm, torch-fidelity, pytorch-fid, clean.
// Returns [N, 3, size, size] float32 in [-1, 1], channels_last, on the CPU. Usage error: unknown protocol.
at::Tensor prepare_images(std::span<const Image> images, const std::string& protocol, std::int64_t size);

}  // namespace gdd
