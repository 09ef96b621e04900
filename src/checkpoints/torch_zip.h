// torch.save's zip archive (torch 1.6 and later) and TorchScript's, which has the same layout and its code
// besides.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archive/zip.h"

namespace gdd {

struct TorchZip {
  std::unique_ptr<ZipReader> reader;
  std::string folder;               // the one folder all members lie in: "archive"
  std::vector<std::byte> data_pkl;  // the object
  bool is_torchscript = false;
};

// `archive` outlives the result. Errors: no data.pkl or several, big-endian, a packed data.pkl (torch stores
// it).
TorchZip open_torch_zip(Bytes archive, const std::string& path);

}  // namespace gdd
