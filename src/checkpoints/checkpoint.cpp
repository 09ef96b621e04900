#include "checkpoints/checkpoint.h"

#include <algorithm>
#include <optional>
#include <set>

#include "archive/zip.h"
#include "base/sha256.h"
#include "checkpoints/known_globals.h"
#include "checkpoints/module_builder.h"
#include "checkpoints/safetensors.h"
#include "checkpoints/storages.h"
#include "checkpoints/torch_legacy.h"
#include "checkpoints/torch_zip.h"
#include "gdd/error.h"

namespace gdd {

using pickle::Pickle;
using pickle::quoted;
using pickle::Value;

struct Checkpoint::Content {
  SharedFile file;  // keeps `bytes` mapped; null for memory that the caller owns
  std::string path;
  Bytes bytes;
  Format format = Format::kPickle;
  std::optional<TorchZip> zip;   // declared before what points into it
  std::optional<Pickle> pickle;  // of all formats but safetensors
  std::unique_ptr<const StorageSource> storages;
  StateDict tensors;  // of safetensors

  void read();
  const Value* find_module(const std::string& name) const;
};

namespace {

// Flax writes msgpack: a small map, whose first key is a short text. As a pickle it would begin with PROTO.
bool looks_like_flax(Bytes bytes) {
  if (bytes.size() < 2) return false;
  const auto first = static_cast<unsigned char>(bytes[0]), second = static_cast<unsigned char>(bytes[1]);
  return first >= 0x81 && first <= 0x8f && second >= 0xa1 && second <= 0xbf;
}

// First bytes that users meet instead of weights; naming them saves a search.
void refuse_known_impostors(Bytes bytes, const std::string& path) {
  const std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 512)));
  if (text.starts_with("version https://git-lfs"))
    throw Error(path, "expected weights, found a git-lfs pointer", "fetch the file itself (git lfs pull)");
  if (text.starts_with("<") || text.starts_with("{\""))
    throw Error(path, "expected weights, found a web page or text",
                "the download failed: fetch the file again");
  if (looks_like_flax(bytes))
    throw Error(path, "expected weights of PyTorch, found a state of Flax (msgpack)",
                "networks of JAX are not known here");
  if (text.starts_with("\x1f\x8b"))
    throw Error(path, "expected weights, found a gzip file", "unpack it first");
}

// PROTO of protocols 2 to 5, or an opcode that protocols 0 and 1 begin a dict, list, tuple or object with.
bool looks_like_pickle(Bytes bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  return first == 0x80 || std::string_view("(}]c").find(static_cast<char>(first)) != std::string_view::npos;
}

}  // namespace

bool looks_like_checkpoint(Bytes start_of_file) {
  const std::string_view text = as_text(start_of_file.first(std::min<std::size_t>(start_of_file.size(), 4)));
  return text.starts_with("PK\3\4") || text.starts_with('\x80') || looks_like_safetensors(start_of_file);
}

void Checkpoint::Content::read() {
  if (bytes.empty()) throw Error(path, "the file is empty");
  if (looks_like_safetensors(bytes)) {
    format = Format::kSafetensors;
    tensors = read_safetensors(bytes, path);
    return;
  }
  refuse_known_impostors(bytes, path);
  if (looks_like_zip(bytes)) {
    zip.emplace(open_torch_zip(bytes, path));
    format = zip->is_torchscript ? Format::kTorchScript : Format::kTorchZip;
    ByteReader reader(zip->data_pkl, path + ": " + zip->folder + "/data.pkl");
    pickle = read_pickle(reader, zip->is_torchscript ? known_torchscript_global : known_global);
    storages = std::make_unique<ZipStorages>(*zip->reader, zip->folder + "/data");
  } else if (looks_like_torch_legacy(bytes)) {
    format = Format::kTorchLegacy;
    LegacyArchive archive = read_torch_legacy(bytes, path);
    pickle = std::move(archive.pickle);
    storages = std::make_unique<LegacyStorages>(std::move(archive.storages));
  } else if (looks_like_pickle(bytes)) {
    ByteReader reader(bytes, path);
    pickle = read_pickle(reader, known_snapshot_global);
    check_bound_methods(*pickle);
    storages = std::make_unique<NoStorages>();
  } else {
    throw Error(path,
                "expected a network snapshot (pickle), a torch archive or safetensors, found none of them",
                "check that the file is what its name says");
  }
}

const Value* Checkpoint::Content::find_module(const std::string& name) const {
  if (!pickle) return nullptr;
  const Value& root = pickle->root();
  if (is_module(root)) return name.empty() ? &root : nullptr;
  if (!is_dict(root)) return nullptr;
  const Value* found = find_entry(dict_entries(root), name);
  return found && is_module(*found) ? found : nullptr;
}

Checkpoint Checkpoint::open(const std::string& path) { return open(map_file(path)); }

Checkpoint Checkpoint::open(SharedFile file) {
  const Bytes bytes = file->bytes();
  const std::string path = file->path();
  return open(bytes, path, std::move(file));
}

Checkpoint Checkpoint::open(Bytes bytes, const std::string& name) { return open(bytes, name, nullptr); }

Checkpoint Checkpoint::open(Bytes bytes, const std::string& name, SharedFile keep) {
  auto content = std::make_shared<Content>();
  content->file = std::move(keep);
  content->path = name;
  content->bytes = bytes;
  content->read();
  Checkpoint checkpoint;
  checkpoint.content_ = std::move(content);
  return checkpoint;
}

Checkpoint::Format Checkpoint::format() const { return content_->format; }
const std::string& Checkpoint::path() const { return content_->path; }
Bytes Checkpoint::bytes() const { return content_->bytes; }

std::vector<std::string> Checkpoint::module_names() const {
  if (!content_->pickle) return {};
  const Value& root = content_->pickle->root();
  if (is_module(root)) return {""};
  std::vector<std::string> names;
  if (!is_dict(root)) return names;
  const pickle::List& entries = dict_entries(root);
  for (std::size_t i = 0; i + 1 < entries.size(); i += 2)
    if (entries[i]->text() && is_module(*entries[i + 1])) names.emplace_back(*entries[i]->text());
  return names;
}

ModuleTree Checkpoint::module(const std::string& name) const {
  if (const Value* value = content_->find_module(name))
    return ModuleBuilder(*content_->pickle, *content_->storages).module(*value, name);
  std::string present;
  for (const std::string& other : module_names()) present += (present.empty() ? "" : ", ") + quoted(other);
  if (present.empty()) {  // a state of JAX, or statistics
    present = "none";
    constexpr std::size_t kShown = 3;
    const auto rows = beside();
    for (std::size_t i = 0; i < std::min(rows.size(), kShown); ++i)
      present += (i == 0 ? " but " : ", ") + quoted(rows[i].first) + " (" + rows[i].second + ")";
  }
  throw Error(path(), "expected a network " + quoted(name) + ", found " + present);
}

std::vector<std::pair<std::string, std::string>> Checkpoint::beside() const {
  std::vector<std::pair<std::string, std::string>> rows;
  if (!content_->pickle) return rows;
  const Pickle& pickle = *content_->pickle;
  if (is_dict(pickle.root())) {
    const pickle::List& entries = dict_entries(pickle.root());
    for (std::size_t i = 0; i + 1 < entries.size(); i += 2)
      if (entries[i]->text() && !is_module(*entries[i + 1]))
        rows.emplace_back(*entries[i]->text(), kind_name(entries[i + 1]->kind));
  }
  std::set<std::pair<std::string, std::string>> methods;  // every layer may have one
  for (const Value& value : pickle.values()) {
    if (!value.is_made_by(kBoundMethod)) continue;
    const pickle::List& arguments = *value.object()->arguments->items();
    methods.emplace(persistent_object(pickle, *arguments[0]).class_name,
                    "its method " + quoted(*arguments[1]->text()));
  }
  rows.insert(rows.end(), methods.begin(), methods.end());
  return rows;
}

StateDict Checkpoint::state_dict() const {
  if (!content_->pickle) return content_->tensors;
  ModuleBuilder builder(*content_->pickle, *content_->storages);
  const Value& root = content_->pickle->root();
  if (content_->format == Format::kTorchScript) return builder.torchscript_state(root);
  if (!module_names().empty()) throw Error(path(), "expected a state dict, found a file of modules");
  return builder.state_dict(root);
}

std::vector<std::string> Checkpoint::globals() const {
  if (!content_->pickle) return {};
  const Pickle& pickle = *content_->pickle;
  const std::vector<std::string> outer = pickle.globals();
  std::set<std::string> names(outer.begin(), outer.end());
  names.merge(TensorReader(pickle, *content_->storages).embedded_globals());
  return {names.begin(), names.end()};
}

std::vector<std::pair<std::string, std::string>> Checkpoint::sources() const {
  if (!content_->pickle) return {};
  std::set<std::pair<std::string, const Value*>> distinct;
  for (const Value& value : content_->pickle->values()) {
    if (!value.is_made_by(kPersistentObject)) continue;
    const PersistentObject object = persistent_object(*content_->pickle, value);
    distinct.emplace(object.class_name, object.module_src);
  }
  std::map<const Value*, std::string> hashes{{nullptr, ""}};
  std::set<std::pair<std::string, std::string>> sources;
  for (const auto& [class_name, source] : distinct) {
    if (!hashes.contains(source)) hashes[source] = sha256(as_bytes(*source->text()));
    sources.emplace(class_name, hashes[source]);
  }
  return {sources.begin(), sources.end()};
}

}  // namespace gdd
