// Dicts with text keys and plain attributes of foreign objects.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoints/budget.h"
#include "checkpoints/module_tree.h"
#include "pickle/pickle.h"

namespace gdd {

// A dict, collections.OrderedDict or dnnlib.util.EasyDict.
bool is_dict(const pickle::Value& value);
// Key, value, key, value ... of what is_dict(); empty for anything else.
const pickle::List& dict_entries(const pickle::Value& value);

using NamedValue = std::pair<std::string_view, const pickle::Value*>;
// Its entries in file order. Errors: not a dict, a key that is not text or is repeated.
std::vector<NamedValue> named_entries(const pickle::Pickle& pickle, const pickle::Value& value,
                                      const std::string& what, Budget& budget);

// nullopt for what is not plain (module_tree.h says what is). numpy scalars become bool, int or float.
// Error: lists nested deeper than limits::kMaxAttributeDepth.
std::optional<Attribute> plain_value(const pickle::Pickle& pickle, const pickle::Value& value,
                                     Budget& budget);

// A numpy array of one dimension as a list of floats; else nullopt, and in `what` what it is: of a dtype that
// is not supported, of other dimensions, of more than limits::kMaxPlainArray numbers, damaged. `array`
// is_numpy_array().
std::optional<Attribute> plain_array(const pickle::Pickle& pickle, const pickle::Value& array, Budget& budget,
                                     std::string& what);

// All plain ones among `entries`.
std::vector<std::pair<std::string, Attribute>> plain_values(const pickle::Pickle& pickle,
                                                            const std::vector<NamedValue>& entries,
                                                            Budget& budget);

}  // namespace gdd
