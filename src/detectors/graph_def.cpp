#include "detectors/graph_def.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "base/printable.h"
#include "detectors/wire_format.h"

namespace gdd {
namespace {

using Type = WireField::Type;

// TensorShapeProto: dim = 2, each a Dim whose size = 1.
std::vector<std::int64_t> parse_shape(Bytes bytes, const std::string& name) {
  ByteReader message(bytes, name);
  std::vector<std::int64_t> shape;
  std::uint64_t elements = 1;
  while (const auto field = next_field(message)) {
    if (field->number != 2 || field->type != Type::kLengthDelimited) continue;
    ByteReader dim(field->bytes, name);
    std::uint64_t size = 0;
    while (const auto entry = next_field(dim))
      if (entry->number == 1 && entry->type == Type::kVarint) size = entry->value;
    // A size of 0 must not hide the others.
    if (size > limits::kMaxTensorElements ||
        elements > limits::kMaxTensorElements / std::max<std::uint64_t>(size, 1) ||
        shape.size() == limits::kMaxTensorDims)
      message.fail("a tensor shape beyond the limits", "the file is damaged");
    elements *= std::max<std::uint64_t>(size, 1);
    shape.push_back(static_cast<std::int64_t>(size));
  }
  return shape;
}

// Packed float32, little-endian as everything on the wire.
void append_floats(Bytes bytes, const std::string& name, std::vector<float>& values) {
  static_assert(std::endian::native == std::endian::little);
  if (bytes.size() % sizeof(float) != 0)
    ByteReader(bytes, name).fail(std::to_string(bytes.size()) + " bytes are no whole number of floats");
  const std::size_t before = values.size();
  values.resize(before + bytes.size() / sizeof(float));
  if (!bytes.empty()) std::memcpy(values.data() + before, bytes.data(), bytes.size());
}

// TensorProto: dtype = 1, tensor_shape = 2, tensor_content = 4, float_val = 5.
GraphTensor parse_tensor(Bytes bytes, const std::string& name) {
  ByteReader message(bytes, name);
  GraphTensor tensor;
  tensor.dtype = 0;
  Bytes content;
  while (const auto field = next_field(message)) {
    if (field->number == 1 && field->type == Type::kVarint) tensor.dtype = field->value;
    if (field->number == 2 && field->type == Type::kLengthDelimited)
      tensor.shape = parse_shape(field->bytes, name);
    if (field->number == 4 && field->type == Type::kLengthDelimited) content = field->bytes;
    if (field->number == 5 && field->type == Type::kLengthDelimited)
      append_floats(field->bytes, name, tensor.values);
    if (field->number == 5 && field->type == Type::kFixed32)
      tensor.values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(field->value)));
  }
  if (tensor.dtype != GraphTensor::kFloat) {
    tensor.values.clear();
    return tensor;
  }
  append_floats(content, name, tensor.values);
  if (tensor.values.size() != 1 && static_cast<std::int64_t>(tensor.values.size()) != tensor.numel())
    message.fail("the tensor has " + std::to_string(tensor.values.size()) + " values, its shape asks for " +
                     std::to_string(tensor.numel()),
                 "the file is damaged");
  return tensor;
}

// What a node says about itself: NodeDef name = 1, op = 2, attr = 5 (a map: key = 1, value = 2).
struct Node {
  std::string name, op;
  std::map<std::string, Bytes> attributes;  // AttrValue messages
};

Node parse_node(Bytes bytes, const std::string& path) {
  ByteReader message(bytes, path);
  Node node;
  while (const auto field = next_field(message)) {
    if (field->type != Type::kLengthDelimited) continue;
    if (field->number == 1) node.name = as_text(field->bytes);
    if (field->number == 2) node.op = as_text(field->bytes);
    if (field->number != 5) continue;
    ByteReader entry(field->bytes, path);
    std::string key;
    Bytes value;
    while (const auto part = next_field(entry)) {
      if (part->number == 1) key = as_text(part->bytes);
      if (part->number == 2) value = part->bytes;
    }
    node.attributes[key] = value;
  }
  return node;
}

// AttrValue: tensor = 8, b = 5.
std::optional<WireField> attribute_field(const Node& node, const std::string& key, std::uint32_t number,
                                         const std::string& path) {
  const auto found = node.attributes.find(key);
  if (found == node.attributes.end()) return std::nullopt;
  ByteReader message(found->second, path + ":" + printable(node.name, 200));
  while (const auto field = next_field(message))
    if (field->number == number) return field;
  return std::nullopt;
}

void add_node(const Node& node, GraphDef& graph) {
  if (node.op == "Const") {
    if (const auto value = attribute_field(node, "value", 8, graph.path))
      graph.constants[node.name] = parse_tensor(value->bytes, graph.path + ":" + printable(node.name, 200));
  } else if (node.op == "BatchNormWithGlobalNormalization") {
    const auto scale = attribute_field(node, "scale_after_normalization", 5, graph.path);
    graph.scales[node.name] = scale && scale->value != 0;
  }
}

}  // namespace

std::int64_t GraphTensor::numel() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

bool looks_like_graph_def(Bytes start_of_file) {
  // 0x0a: field 1, length-delimited (a node); inside it again 0x0a (its name). The length between is a
  // varint.
  if (start_of_file.size() < 4 || start_of_file[0] != std::byte{0x0a}) return false;
  std::size_t i = 1;
  while (i < 10 && i + 1 < start_of_file.size() && (start_of_file[i] & std::byte{0x80}) != std::byte{0}) ++i;
  return i + 1 < start_of_file.size() && start_of_file[i + 1] == std::byte{0x0a};
}

GraphDef parse_graph_def(Bytes file, const std::string& path) {
  GraphDef graph;
  graph.path = path;
  ByteReader message(file, path);
  std::uint64_t nodes = 0;
  while (const auto field = next_field(message)) {
    if (field->number != 1 || field->type != Type::kLengthDelimited) continue;
    if (++nodes > limits::kMaxTensors) message.fail("too many nodes", "the file is damaged");
    add_node(parse_node(field->bytes, path), graph);
  }
  return graph;
}

}  // namespace gdd
