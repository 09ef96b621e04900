// What stands where an output is to go. A regular file is one that others may take the place of or lines may
// be appended to; into a pipe, a device or what stdout goes into it is poured.
#pragma once

#include <string>

#include "base/bytes.h"

namespace gdd {

struct OutputPlace {
  std::string path;    // behind links, unless it pours
  bool pours = false;  // into what stands there
};

// Where an output named `path` goes; nothing need be there. Errors: a folder, a block device, a link that
// leads to no file.
OutputPlace find_place(const std::string& path);

// Makes `folder` and those above it where they are not there. A WriteError where that cannot be.
void make_folder(const std::string& folder);

// A descriptor for writing into a place that pours: of stdout or stderr where it is theirs, so that what is
// buffered keeps its place. A pipe that nobody reads is an error and no wait without end.
int open_to_pour(const std::string& path);

// All of it, in as many writes as it takes. `path` is for messages.
void write_all(int fd, Bytes bytes, const std::string& path);

// A WriteError of the output at `path`: `what` failed and, by errno, why.
[[noreturn]] void fail_output(const std::string& path, const char* what);

}  // namespace gdd
