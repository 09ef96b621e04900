#include "checkpoints/torch_legacy.h"

#include <algorithm>
#include <string_view>

#include "checkpoints/known_globals.h"

namespace gdd {
namespace {

using pickle::Kind;
using pickle::Pickle;
using pickle::quoted;
using pickle::read_pickle;
using pickle::Value;

// torch/serialization.py: MAGIC_NUMBER = 0x1950a86a20f9469cfc6c, as the operand of LONG1.
constexpr std::string_view kMagicNumber("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr std::int64_t kProtocolVersion = 1001;

void read_preamble(ByteReader& reader) {
  const Pickle magic = read_pickle(reader, known_global);
  if (magic.root().kind != Kind::kBigInt || as_text(*magic.root().bytes()) != kMagicNumber)
    magic.fail(magic.root(), "expected the magic number of a torch archive");
  const Pickle protocol = read_pickle(reader, known_global);
  if (protocol.integer(protocol.root(), "the protocol version") != kProtocolVersion)
    protocol.fail(protocol.root(), "expected version 1001 of torch's archive, found " +
                                       std::to_string(*protocol.root().integer()));
  const Pickle system = read_pickle(reader, known_global);
  if (system.root().kind != Kind::kDict)
    system.fail(system.root(), "expected a dict that describes the system");
  const Value* little_endian = find_entry(*system.root().items(), "little_endian");
  if (!little_endian || !little_endian->boolean() || !*little_endian->boolean())
    system.fail(system.root(), "expected little-endian storages", "save the file on a little-endian machine");
}

// The type and size of each storage: only the object's pickle tells.
std::map<std::string, StorageId> mentioned_storages(const Pickle& object) {
  std::map<std::string, StorageId> ids;
  for (const Value& value : object.values()) {
    if (value.kind != Kind::kPersistentId) continue;
    StorageId id = parse_storage_id(object, *value.persistent_id());
    const auto [known, added] = ids.emplace(id.key, id);
    if (!added && (known->second.dtype != id.dtype || known->second.size != id.size))
      object.fail(value, "storage " + quoted(id.key) + " has two types or sizes");
  }
  return ids;
}

}  // namespace

bool looks_like_torch_legacy(Bytes start_of_file) {
  // PROTO 2, LONG1 with ten bytes.
  const std::string_view text = as_text(start_of_file);
  return text.starts_with("\x80\x02\x8a\x0a") && text.substr(4).starts_with(kMagicNumber);
}

LegacyArchive read_torch_legacy(Bytes archive, const std::string& name) {
  ByteReader reader(archive, name);
  read_preamble(reader);
  Pickle object = read_pickle(reader, known_global);
  const auto ids = mentioned_storages(object);
  const Pickle keys = read_pickle(reader, known_global);
  std::map<std::string, Storage> storages;
  for (const Value* key : keys.sequence(keys.root(), "the list of storages")) {
    const std::string text(keys.text(*key, "the key of a storage"));
    const auto id = ids.find(text);
    if (id == ids.end()) keys.fail(*key, "storage " + quoted(text) + " belongs to no tensor");
    const std::uint64_t elements = id->second.size / item_size(id->second.dtype);
    const auto count = reader.read_le<std::uint64_t>();
    if (count != elements)
      reader.fail("expected a storage of " + std::to_string(elements) + " elements, found " +
                  std::to_string(count));
    if (!storages.emplace(text, Storage{id->second.dtype, reader.read_bytes(id->second.size)}).second)
      keys.fail(*key, "storage " + quoted(text) + " is listed twice");
  }
  return {std::move(object), LegacyStorages(std::move(storages))};
}

}  // namespace gdd
