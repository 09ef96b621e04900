// numpy's array format (NEP 1; versions 1.0, 2.0, 3.0). Never object dtype: that would be a pickle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/shared_bytes.h"

namespace gdd {

// The header of one array: what lies behind it and in which order.
struct NpyHeader {
  char kind = 'f';    // numpy's kind: f float, i signed, u unsigned, b bool
  int item_size = 4;  // bytes: f 2/4/8, i and u 1/2/4/8, b 1
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;  // row count first; empty for a scalar
  std::size_t data_offset = 0;      // bytes from the start of the .npy to the first element

  std::int64_t numel() const;
  std::uint64_t byte_size() const;  // numel() * item_size
  std::string dtype_text() const;   // "<f8"
};

// Reads and checks a header: magic, version, dtype, shape without overflow. `name` is for messages.
// It does not check that the data follows; see check_data_size.
NpyHeader parse_npy_header(Bytes start_of_file, const std::string& name);

// Error: `found` bytes behind the header are fewer or more than it says.
void check_data_size(const NpyHeader& header, std::uint64_t found, const std::string& name);

// A whole array in memory, element access by conversion.
struct NpyArray {
  std::string name;  // "ref.npz:mu", for messages
  NpyHeader header;
  SharedBytes data;  // exactly numel() * item_size bytes, in the file's order

  const std::vector<std::int64_t>& shape() const { return header.shape; }
  // Row-major, native-endian copies, whatever the file's dtype, order and endianness. Errors: a dtype that
  // does not convert without loss of meaning (float to int).
  std::vector<double> as_float64() const;
  std::vector<std::int64_t> as_int64() const;
  std::vector<std::uint8_t> as_uint8() const;  // only from uint8
};

// Of a whole .npy, whose bytes it takes over. Error: fewer or more than the header says.
NpyArray parse_npy(std::vector<std::byte> file, const std::string& name);

// The bytes of a version 1.0 header, padded to a multiple of 64 as numpy pads it. dtype such as "<f4", "<f8",
// "|u1", "<i8".
std::string npy_header(const std::string& dtype, const std::vector<std::int64_t>& shape);

}  // namespace gdd
