// npz: a zip of .npy members, stored or deflated, zip64 where needed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "archive/npy.h"

namespace gdd {

// Safe to use from several threads at once.
class NpzReader {
 public:
  // Error: missing, not a zip, a zip that breaks the rules of ZipReader.
  explicit NpzReader(const std::string& path);
  // Over memory that outlives this and its arrays (a fuzzer's input); `name` is for messages.
  NpzReader(Bytes bytes, const std::string& name);
  ~NpzReader();
  NpzReader(NpzReader&&) noexcept;

  std::vector<std::string> names() const;  // "mu", "sigma": members without ".npy", in file order
  bool has(const std::string& name) const;
  bool stored(const std::string& name) const;  // not deflated: any row is read at once
  NpyHeader header(const std::string& name) const;
  // The whole array; of a stored member it lies in the file, which it keeps open and whose CRC was checked
  // once, so that nobody may write to it meanwhile. Error: absent (the names present are listed), damaged,
  // over limits::kMaxZipMember (packed) or the memory allowed.
  NpyArray read(const std::string& name) const;
  // Rows [first, first + count) of a C-ordered member as raw bytes, without holding the rest.
  // Reading forward is cheap; going back in a deflated member starts again from its beginning. Error: rows
  // that are not there, a Fortran-ordered array.
  std::vector<std::byte> read_rows(const std::string& name, std::int64_t first, std::int64_t count) const;
  // Row `index` into `out`, which has its size.
  void read_row(const std::string& name, std::int64_t index, std::span<std::byte> out) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Writes an npz as numpy.savez does (stored members), whole or not at all. Arrays may be larger than memory:
// begin() one, append() its rows, begin() the next.
class NpzWriter {
 public:
  explicit NpzWriter(const std::string& path);
  ~NpzWriter();

  // Small arrays in one call; data in row-major order, of exactly product(shape) elements.
  void add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const double> data);
  void add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const float> data);
  void add(const std::string& name, const std::vector<std::int64_t>& shape,
           std::span<const std::int64_t> data);
  void add(const std::string& name, const std::vector<std::int64_t>& shape,
           std::span<const std::uint8_t> data);

  // Streaming: dtype as in npy_header; the full shape is known in advance.
  void begin(const std::string& name, const std::string& dtype, const std::vector<std::int64_t>& shape);
  void append(Bytes bytes);

  // Finishes the archive and renames it into place. Error: an array got fewer or more bytes than its shape
  // says; disk full.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gdd
