// Which device a flag names. The programs link only torch's CPU library; CUDA's is opened when it is asked
// for.
#pragma once

#include <c10/core/Device.h>

#include <optional>
#include <string>

namespace gdd {

// "cpu", "cuda", "cuda:N", or "auto": CUDA where it works, else the CPU. Of several processes on one machine
// each has a `local_rank`, and "cuda" and "auto" give it a device of its own, in turn: where a launcher or a
// container shows a process one GPU alone, that is cuda:0 whatever its rank. Errors: an unknown spelling
// (usage); CUDA asked for where there is none, or no device N.
c10::Device resolve_device(const std::string& name, std::optional<int> local_rank = {});

// "NVIDIA H100 80GB HBM3", as its driver says; empty on a CPU, or where the driver says nothing.
std::string device_model(const c10::Device& device);

// The device of `local_rank` where `count` (at least 1) are seen.
int local_device(std::optional<int> local_rank, int count);

}  // namespace gdd
