#include "checkpoints/numpy_values.h"

#include <limits>

#include "base/limits.h"
#include "pickle/text_values.h"

namespace gdd {
namespace {

using pickle::Kind;
using pickle::List;
using pickle::Pickle;
using pickle::quoted;
using pickle::Value;

// numpy 2 renamed the module.
bool is_made_by_numpy(const Value& value, const std::string& name) {
  return value.is_made_by("numpy.core." + name) || value.is_made_by("numpy._core." + name);
}

// numpy.dtype('f8', False, True) with the state (3, '<', None, None, None, -1, -1, 0).
NpyHeader read_dtype(const Pickle& pickle, const Value& value) {
  if (!value.is_made_by("numpy dtype")) pickle.fail(value, "expected a numpy dtype");
  const List& arguments = pickle.sequence(*value.object()->arguments, "the arguments of a dtype", 1);
  const std::string_view text = pickle.text(*arguments[0], "the name of a dtype");
  static constexpr std::string_view kKnown[] = {"f2", "f4", "f8", "i1", "i2", "i4",
                                                "i8", "u1", "u2", "u4", "u8", "b1"};
  NpyHeader header;
  header.item_size = 0;
  for (const std::string_view known : kKnown)
    if (text == known) header.kind = known[0], header.item_size = known[1] - '0';
  if (header.item_size == 0) pickle.fail(value, "numpy dtype " + quoted(text) + " is not supported");
  if (value.object()->state)
    header.big_endian = pickle.sequence(*value.object()->state, "the state of a dtype", 2)[1]->is_text(">");
  return header;
}

// The bytes of an array: bytes, or in protocol 2 _codecs.encode(text, 'latin1').
std::vector<std::byte> read_data(const Pickle& pickle, const Value& value) {
  if (value.kind == Kind::kBytes) return {value.bytes()->begin(), value.bytes()->end()};
  const Value* text = &value;
  if (value.is_made_by("_codecs encode"))
    text = pickle.sequence(*value.object()->arguments, "the arguments of encode", 2)[0];
  const auto encoded = pickle::encode_latin1(pickle.text(*text, "the data of an array"));
  if (!encoded) pickle.fail(value, "expected the data of an array as latin-1 text");
  const Bytes bytes = as_bytes(*encoded);
  return {bytes.begin(), bytes.end()};
}

void read_shape(const Pickle& pickle, const Value& value, NpyHeader& header) {
  const List& sizes = pickle.sequence(value, "the shape of an array");
  if (sizes.size() > limits::kMaxNpyDims) pickle.fail(value, "an array has too many dimensions");
  std::int64_t count = 1;
  for (const Value* size : sizes) {
    header.shape.push_back(pickle.integer(*size, "a size of an array"));
    if (header.shape.back() < 0 || __builtin_mul_overflow(count, header.shape.back(), &count))
      pickle.fail(value, "an array has an impossible shape");
  }
}

void check_size(const Pickle& pickle, const Value& value, const NpyArray& array) {
  const auto count = static_cast<std::uint64_t>(array.header.numel());
  const auto item = static_cast<std::uint64_t>(array.header.item_size);
  if (array.data.size() % item != 0 || array.data.size() / item != count)
    pickle.fail(value, "expected " + std::to_string(count) + " elements of " + std::to_string(item) +
                           " bytes, found " + std::to_string(array.data.size()) + " bytes");
}

}  // namespace

bool is_numpy_scalar(const Value& value) { return is_made_by_numpy(value, "multiarray scalar"); }

Attribute numpy_scalar(const Pickle& pickle, const Value& value) {
  const List& arguments = pickle.sequence(*value.object()->arguments, "the arguments of a numpy scalar", 2);
  NpyArray array{"a numpy scalar", read_dtype(pickle, *arguments[0]), read_data(pickle, *arguments[1])};
  check_size(pickle, value, array);
  switch (array.header.kind) {
    case 'f':
      return {array.as_float64().at(0)};
    case 'b':
      return {array.as_int64().at(0) != 0};
    default:
      return {array.as_int64().at(0)};
  }
}

bool is_numpy_array(const Value& value) {
  return is_made_by_numpy(value, "multiarray _reconstruct") || is_made_by_numpy(value, "numeric _frombuffer");
}

NpyArray numpy_array(const Pickle& pickle, const Value& value, const std::string& name) {
  NpyArray array;
  array.name = name;
  if (is_made_by_numpy(value, "numeric _frombuffer")) {
    // Protocol 5: _frombuffer(bytes, dtype, shape, order)
    const List& arguments = pickle.sequence(*value.object()->arguments, "the arguments of _frombuffer", 4);
    array.header = read_dtype(pickle, *arguments[1]);
    array.header.fortran_order = arguments[3]->is_text("F");
    read_shape(pickle, *arguments[2], array.header);
    array.data = read_data(pickle, *arguments[0]);
  } else {
    // BUILD brought (version, shape, dtype, is Fortran-ordered, bytes).
    if (!value.object()->state) pickle.fail(value, "an array has no state");
    const List& state = pickle.sequence(*value.object()->state, "the state of an array", 5);
    array.header = read_dtype(pickle, *state[2]);
    array.header.fortran_order = state[3]->boolean() && *state[3]->boolean();
    read_shape(pickle, *state[1], array.header);
    array.data = read_data(pickle, *state[4]);
  }
  check_size(pickle, value, array);
  return array;
}

}  // namespace gdd
