#include "detectors/script_archive.h"

#include <caffe2/serialize/inline_container.h>

#include <cstring>
#include <set>

#include "base/ascii.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "checkpoints/torch_zip.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using caffe2::serialize::PyTorchStreamReader;

[[noreturn]] void refuse(const std::string& path, const std::string& member) {
  throw Error(path, "the archive can be read in two ways at " + gdd::quoted(member),
              "save the network again");
}

void require_distinct_names(const ZipReader& zip, const std::string& path) {
  std::set<std::string> seen;
  for (const ZipReader::Entry& entry : zip.entries()) {
    if (!seen.insert(ascii_lowered(entry.name)).second) refuse(path, entry.name);
  }
}

bool same_bytes(const ZipReader& zip, const ZipReader::Entry& entry, Bytes file, PyTorchStreamReader& torch,
                const std::string& name) {
  if (torch.getRecordSize(name) != entry.size) return false;
  if (entry.size == 0) return true;
  if (const auto view = zip.view(entry.name))
    return torch.getRecordOffset(name) == static_cast<std::size_t>(view->data() - file.data());
  const std::vector<std::byte> ours = zip.read(entry.name);
  const auto [theirs, size] = torch.getRecord(name);
  return size == ours.size() && std::memcmp(theirs.get(), ours.data(), size) == 0;
}

}  // namespace

void require_same_archive(const std::string& path) {
  const MappedFile file(path);
  const TorchZip zip = open_torch_zip(file.bytes(), path);
  require_distinct_names(*zip.reader, path);
  PyTorchStreamReader torch(path);
  const std::vector<std::string> names = torch.getAllRecords();
  if (names.size() != zip.reader->entries().size()) refuse(path, zip.folder);
  for (const std::string& name : names) {
    const ZipReader::Entry* const entry = zip.reader->find(zip.folder + "/" + name);
    if (!entry || !same_bytes(*zip.reader, *entry, file.bytes(), torch, name)) refuse(path, name);
  }
}

}  // namespace gdd
