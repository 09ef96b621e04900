// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits; the arithmetic is OpenSSL's.
#pragma once

#include <string>

#include "base/bytes.h"

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace gdd {

std::string sha256(Bytes bytes);

// The same of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(Bytes piece);
  std::string digest();  // once, at the end

 private:
  evp_md_ctx_st* context_;
};

// Of a whole file, read in small pieces so that a large file does not enter the memory of the process.
// Error: the file cannot be read.
std::string sha256_of_file(const std::string& path);

}  // namespace gdd
