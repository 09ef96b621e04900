// What a file is that is not what was meant: users meet web pages, git-lfs pointers and packed files in place
// of data, and naming them saves a search.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"

namespace gdd {

struct FileKind {
  std::string name;    // "a gzip file"
  std::string remedy;  // "unpack it first"
};

// By the first bytes of the file. Nothing: none of those known.
std::optional<FileKind> recognise_kind(Bytes file);

}  // namespace gdd
