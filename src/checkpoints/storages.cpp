#include "checkpoints/storages.h"

#include "base/limits.h"
#include "checkpoints/known_globals.h"

namespace gdd {

using pickle::Pickle;
using pickle::quoted;
using pickle::Value;

StorageId parse_storage_id(const Pickle& pickle, const Value& id) {
  const auto& parts = pickle.sequence(id, "a persistent id", 5);
  if (!parts[0]->is_text("storage")) pickle.fail(id, "expected the persistent id of a storage");
  const DType* dtype = parts[1]->global() ? storage_dtype(*parts[1]->global()) : nullptr;
  if (!dtype) pickle.fail(*parts[1], "expected the class of a storage");
  const std::int64_t count = pickle.integer(*parts[4], "the number of elements of a storage");
  if (count < 0 || static_cast<std::uint64_t>(count) > limits::kMaxTensorElements)
    pickle.fail(*parts[4], "a storage of " + std::to_string(count) + " elements is out of range");
  if (parts.size() > 5 && !parts[5]->is_none())
    pickle.fail(*parts[5], "a view of another storage (torch before 0.4) is not supported", "save it again");
  const std::string_view key = pickle.text(*parts[2], "the key of a storage");
  if (key.size() > limits::kMaxStorageKey) pickle.fail(*parts[2], "the key of a storage is too long");
  return {*dtype, std::string(key), static_cast<std::uint64_t>(count) * item_size(*dtype)};
}

Storage NoStorages::find(const Pickle& pickle, const Value& value) const {
  pickle.fail(value, "a persistent id refers to something outside the file");
}

Storage LegacyStorages::find(const Pickle& pickle, const Value& value) const {
  const StorageId id = parse_storage_id(pickle, *value.persistent_id());
  const auto found = by_key_.find(id.key);
  if (found == by_key_.end()) pickle.fail(value, "storage " + quoted(id.key) + " is not in the file");
  return found->second;
}

Storage ZipStorages::find(const Pickle& pickle, const Value& value) const {
  const StorageId id = parse_storage_id(pickle, *value.persistent_id());
  const std::string name = folder_ + "/" + id.key;
  const ZipReader::Entry* entry = zip_.find(name);
  if (!entry) pickle.fail(value, "storage " + quoted(name) + " is not in the archive");
  if (!entry->stored || entry->size != id.size)
    pickle.fail(value, "expected " + quoted(name) + " to be " + std::to_string(id.size) +
                           " stored bytes, found " + std::to_string(entry->size) +
                           (entry->stored ? "" : " packed ones"));
  const std::scoped_lock lock(mutex_);
  auto found = views_.find(name);
  if (found == views_.end()) {
    found = views_.emplace(name, zip_.view(name).value()).first;  // it is there, and stored
  }
  return {id.dtype, found->second};
}

}  // namespace gdd
