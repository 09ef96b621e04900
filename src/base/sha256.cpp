#include "base/sha256.h"

#include <openssl/evp.h>

#include <fstream>
#include <vector>

#include "gdd/error.h"

namespace gdd {
namespace {

void check(int result) {
  if (result != 1) throw Error("sha256", "the cryptography library refused to hash");
}

}  // namespace

std::string sha256(Bytes bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.digest();
}

std::string sha256_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path, "cannot open the file to hash it");
  std::vector<char> piece(std::size_t{1} << 16);
  Sha256 hash;
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0)
    hash.update(as_bytes({piece.data(), static_cast<std::size_t>(file.gcount())}));
  if (file.bad()) throw Error(path, "cannot read the file to hash it");
  return hash.digest();
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  check(context_ && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::update(Bytes piece) { check(EVP_DigestUpdate(context_, piece.data(), piece.size())); }

std::string Sha256::digest() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  check(EVP_DigestFinal_ex(context_, digest, &length));
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace gdd
