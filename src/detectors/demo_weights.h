// The weights of the demo detector, which every program carries: tests/data/demo/detector.py trained them.
// Internal to this room.
#pragma once

#include "base/bytes.h"

namespace gdd {

// An npz: conv0.weight [out,in,3,3], conv0.bias, ..., strides [5], classes.weight [10,64],
// classes.bias; all float32 but strides, int64.
Bytes demo_weights();

}  // namespace gdd
