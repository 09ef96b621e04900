// Zip archives in: entries by name, sizes checked against limits.h, duplicate, absolute and '..' names
// refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace gdd {

bool looks_like_zip(Bytes start_of_file);  // local header, or the end record of an empty archive

class ZipReader {
 public:
  // Error: not a zip; damaged; an entry that is encrypted, packed by other means than deflate, larger than
  // what deflate can unpack to, or named to escape a folder; entries that together exceed the file.
  explicit ZipReader(const std::string& path);
  // Over memory that outlives the reader (a mapped file, a fuzzer's input).
  ZipReader(Bytes archive, const std::string& name);
  ~ZipReader();
  ZipReader(ZipReader&&) noexcept;

  const std::string& name() const;  // of the archive, for messages

  struct Entry {
    std::string name;
    std::uint64_t size = 0;  // unpacked
    std::uint64_t packed_size = 0;
    bool stored = false;      // not compressed
    std::uint64_t index = 0;  // in the central directory
    std::uint32_t crc = 0;    // of the unpacked bytes
  };
  const std::vector<Entry>& entries() const;  // in file order; folders are left out
  const Entry* find(const std::string& name) const;

  // Unpacks and checks the CRC. Safe to call from several threads at once. Error: absent, damaged, over
  // limits::kMaxZipMember or the memory allowed.
  std::vector<std::byte> read(const std::string& name) const;

  // A stored entry's bytes where they lie in the archive, after its CRC was checked; nothing is copied. Empty
  // optional: it is packed, or not there. Error: damaged.
  std::optional<Bytes> view(const std::string& name) const;

  // One entry as a stream, for members larger than memory. Streams of one reader may be used from several
  // threads, each stream from one at a time; the reader outlives its streams.
  class Stream {
   public:
    ~Stream();
    Stream(Stream&&) noexcept;

    // Fills `out`. Error: the entry ends before. Whoever reads from the start to the end gets the CRC
    // checked.
    void read(std::span<std::byte> out);
    // At once if the entry is stored; else unpacks what lies between, and going back starts again.
    void seek(std::uint64_t position);

   private:
    friend class ZipReader;
    struct State;
    explicit Stream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };
  Stream open(const std::string& name) const;  // error: absent

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gdd
