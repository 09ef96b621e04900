#include "measurement/label_members.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/limits.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr const char* kLabels = "labels";
constexpr const char* kNames = "label_names";

std::vector<std::string> read_names(const NpzReader& npz, const std::string& path) {
  if (!npz.has(kNames)) return {};
  const NpyHeader header = npz.header(kNames);
  if (header.shape.size() != 1) return {};
  if (header.shape[0] > limits::kMaxLabelNames)
    throw Error(path + ":" + kNames, "expected at most " + std::to_string(limits::kMaxLabelNames) +
                                         " bytes, found " + std::to_string(header.shape[0]));
  std::vector<std::string> names;
  std::string name;
  for (const std::uint8_t letter : npz.read(kNames).as_uint8()) {
    if (letter != 0) {
      name += static_cast<char>(letter);
      continue;
    }
    names.push_back(std::move(name));
    name.clear();
  }
  return names;
}

}  // namespace

void add_labels(NpzWriter& npz, const Labels& labels) {
  if (labels.classes.empty()) return;
  npz.add(kLabels, {std::ssize(labels.classes)}, std::span<const std::int64_t>(labels.classes));
  if (labels.names.empty()) return;
  std::string text;
  for (const std::string& name : labels.names) text += name + '\0';
  npz.begin(kNames, "|u1", {std::ssize(text)});
  npz.append(as_bytes(text));
}

Labels read_labels(const NpzReader& npz, const std::string& path, std::int64_t rows) {
  if (!npz.has(kLabels)) return {};
  const NpyHeader header = npz.header(kLabels);
  if (header.kind == 'f' || header.shape != std::vector<std::int64_t>{rows}) return {};
  Labels labels{npz.read(kLabels).as_int64(), read_names(npz, path)};
  check_labels(labels.classes, path + ":" + kLabels);
  if (!labels.names.empty() && !labels.classes.empty() &&
      std::ranges::max(labels.classes) >= std::ssize(labels.names))
    throw Error(path + ":" + kNames, "expected a name of class " +
                                         std::to_string(std::ranges::max(labels.classes)) + ", found " +
                                         std::to_string(labels.names.size()) + " names");
  return labels;
}

}  // namespace gdd
