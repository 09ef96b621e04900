#include "checkpoints/torch_zip.h"

#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::string_view kObject = "/data.pkl";

std::string find_folder(const ZipReader& zip, const std::string& path) {
  std::string folder;
  bool found = false;
  for (const ZipReader::Entry& entry : zip.entries()) {
    const std::size_t slash = entry.name.find('/');
    if (slash == std::string::npos || std::string_view(entry.name).substr(slash) != kObject) continue;
    if (found) throw Error(path, "expected one data.pkl in the archive, found several");
    folder = entry.name.substr(0, slash);
    found = true;
  }
  if (!found)
    throw Error(path, "expected a torch archive with a data.pkl, found another zip",
                "data sets and npz files belong to other flags");
  return folder;
}

void check_byte_order(const ZipReader& zip, const std::string& folder, const std::string& path) {
  const ZipReader::Entry* entry = zip.find(folder + "/byteorder");
  if (!entry || entry->size > 16) return;
  const std::vector<std::byte> text = zip.read(entry->name);
  if (as_text(text) != "little")
    throw Error(path, "expected little-endian storages", "save the file on a little-endian machine");
}

}  // namespace

TorchZip open_torch_zip(Bytes archive, const std::string& path) {
  TorchZip result;
  result.reader = std::make_unique<ZipReader>(archive, path);
  result.folder = find_folder(*result.reader, path);
  const std::string name = result.folder + std::string(kObject);
  if (!result.reader->find(name)->stored)
    throw Error(path, "expected data.pkl to be stored, found it packed");
  check_byte_order(*result.reader, result.folder, path);
  result.data_pkl = result.reader->read(name);
  // torch.save writes no constants.
  result.is_torchscript = result.reader->find(result.folder + "/constants.pkl") != nullptr;
  return result;
}

}  // namespace gdd
