// Bytes that stay where they are for as long as somebody has them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace gdd {

class SharedBytes {
 public:
  SharedBytes() = default;
  SharedBytes(std::vector<std::byte> bytes) {  // NOLINT(google-explicit-constructor): they are the same
    auto kept = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    view_ = *kept;
    owner_ = std::move(kept);
  }
  // Bytes of `owner`.
  SharedBytes(Bytes view, std::shared_ptr<const void> owner) : view_(view), owner_(std::move(owner)) {}

  const std::byte* data() const { return view_.data(); }
  std::size_t size() const { return view_.size(); }

 private:
  Bytes view_;
  std::shared_ptr<const void> owner_;
};

}  // namespace gdd
