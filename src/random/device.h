// Where to compute, from --device. The programs link only torch's CPU library; CUDA's is opened when it is
// asked for.
#pragma once

#include <c10/core/Device.h>

#include <string>

namespace gdd {

// "cpu", "cuda", "cuda:N", or "auto": CUDA where it works, else the CPU.
// Errors: an unknown spelling (usage); CUDA asked for where there is none, or no device N.
c10::Device resolve_device(const std::string& name);

}  // namespace gdd
