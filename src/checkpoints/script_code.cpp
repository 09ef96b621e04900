#include "checkpoints/script_code.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "archive/zip.h"
#include "base/ascii.h"
#include "base/limits.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// Operators of torch 2.11 that reach beyond tensors, the methods that run on loading, and what calls by name.
constexpr std::array<std::string_view, 13> kDangerous = {"from_file",
                                                         "__setstate__",
                                                         "__getstate__",
                                                         "save",
                                                         "load",
                                                         "print",
                                                         "Print",
                                                         "_save",
                                                         "_load",
                                                         "PythonOp",
                                                         "_exec",
                                                         "__builtins__",
                                                         "_load_for_lite_interpreter"};

bool is_identifier(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void check_text(std::string_view text, const std::string& where) {
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_identifier);
    const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    if (std::find(kDangerous.begin(), kDangerous.end(), word) != kDangerous.end())
      throw Error(where, "the program in the file uses '" + std::string(word) + "', which no network needs",
                  "do not use this file; convert the snapshot (.pkl) instead, or trace the network again");
    text.remove_prefix(std::max<std::size_t>(word.size(), 1));
  }
}

bool is_code(const std::string& member) {
  return member.ends_with(".py") || member.find("/code/") != std::string::npos || member.starts_with("code/");
}

}  // namespace

void refuse_dangerous_code(const std::string& path) {
  const MappedFile file(path);
  if (!looks_like_zip(file.bytes()))
    throw Error(path, "not a TorchScript file: expected a zip archive",
                "save it with torch.jit.save(torch.jit.trace(...))");
  const ZipReader zip(file.bytes(), path);
  std::uint64_t total = 0;
  for (const ZipReader::Entry& entry : zip.entries()) {
    const std::string where = path + ":" + printable(entry.name, 200);
    const std::string member = ascii_lowered(entry.name);  // LibTorch finds members whatever their case
    if (member.ends_with("model.json"))
      throw Error(where, "a TorchScript archive of the oldest format", "save it again with a torch of today");
    if (!is_code(member)) continue;
    total += entry.size;
    if (total > limits::kMaxScriptCode)
      throw Error(where, "more than " + std::to_string(limits::kMaxScriptCode) + " bytes of code");
    if (entry.name.ends_with(".debug_pkl")) continue;
    check_text(as_text(zip.read(entry.name)), where);
  }
}

}  // namespace gdd
