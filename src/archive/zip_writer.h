// Zip archives out: entries stored one behind the other, whole or not at all. libzip asks for the data when
// it closes an archive; here data is pushed as it is made, so that an archive may be larger than memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace gdd {

// The same calls give the same bytes: every entry is dated 1980-01-01, as numpy and Python do it. Zip64
// records are written only where sizes, offsets or counts need them.
class ZipWriter {
 public:
  explicit ZipWriter(const std::string& path);
  ~ZipWriter();  // without commit() nothing stays behind

  void add(const std::string& name, Bytes bytes);

  // An entry in pieces: begin() with its exact size, then append() until that is reached.
  // Error: more bytes than announced; the entry before is not complete; a name used twice.
  void begin(const std::string& name, std::uint64_t size);
  void append(Bytes bytes);

  // Writes the central directory and renames the archive into place. Error: incomplete entry, disk full.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gdd
