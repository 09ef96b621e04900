// Files of this program's own that stand where others can write: notes, records, settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gdd {

// The whole file, at most `limit` bytes. Nothing: there is no such file. Error, before anything is read: a
// folder, a device, a pipe, or a link to one of these, where reading could block or never end; larger than
// the limit; unreadable.
std::optional<std::string> read_small_file(const std::string& path, std::uint64_t limit);

}  // namespace gdd
