#include "networks/background_hash.h"

#include <algorithm>

#include "base/sha256.h"

namespace gdd {
namespace {

// Pages are given back piece by piece, so that hashing a large file takes no memory.
std::string hash_in_pieces(const MappedFile& file, const std::stop_token& stop) {
  constexpr std::size_t kPiece = std::size_t{8} << 20;
  Sha256 hash;
  for (Bytes rest = file.bytes(); !rest.empty() && !stop.stop_requested();) {
    const Bytes piece = rest.first(std::min(kPiece, rest.size()));
    hash.update(piece);
    file.release(piece);
    rest = rest.subspan(piece.size());
  }
  return hash.digest();
}

}  // namespace

BackgroundHash::BackgroundHash(SharedFile file)
    : thread_([this, file = std::move(file)](const std::stop_token& stop) {
        try {
          digest_ = hash_in_pieces(*file, stop);
        } catch (...) {
          failure_ = std::current_exception();
        }
      }) {}

std::string BackgroundHash::get() {
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
  return digest_;
}

}  // namespace gdd
