// numpy's scalars, dtypes and arrays as pickles describe them.
#pragma once

#include "archive/npy.h"
#include "checkpoints/module_tree.h"
#include "pickle/pickle.h"

namespace gdd {

bool is_numpy_scalar(const pickle::Value& value);
// A bool, int or float. Errors: another dtype, too few bytes.
Attribute numpy_scalar(const pickle::Pickle& pickle, const pickle::Value& value);

bool is_numpy_array(const pickle::Value& value);
// A copy of the array; `name` is for messages. Errors: object dtype, sizes that do not fit the bytes.
NpyArray numpy_array(const pickle::Pickle& pickle, const pickle::Value& value, const std::string& name);

}  // namespace gdd
