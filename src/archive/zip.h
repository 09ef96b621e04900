// Zip archives in: entries by name, sizes checked against limits.h, duplicate, absolute and '..' names refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace gdd {

bool looks_like_zip(Bytes start_of_file);  // local header, or the end record of an empty archive

class ZipReader {
 public:
  explicit ZipReader(const std::string& path);
  // Over memory that outlives the reader (a mapped file, a fuzzer's input).
  ZipReader(Bytes archive, const std::string& name);
  ~ZipReader();
  ZipReader(ZipReader&&) noexcept;

  struct Entry {
    std::string name;
    std::uint64_t size = 0;         // unpacked
    std::uint64_t packed_size = 0;
    bool stored = false;            // not compressed
  };
  const std::vector<Entry>& entries() const;  // in file order; folders are left out
  const Entry* find(const std::string& name) const;

  // Unpacks and checks the CRC. Safe to call from several threads at once.
  std::vector<std::byte> read(const std::string& name) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gdd
