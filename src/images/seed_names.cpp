#include "images/seed_names.h"

#include <algorithm>
#include <cstdio>

namespace gdd {
namespace {

std::string six_digits(std::int64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%06lld", static_cast<long long>(number));
  return text;
}

}  // namespace

std::string seed_image_name(std::int64_t seed, bool subdirs) {
  return (subdirs ? six_digits(seed - seed % 1000) + "/" : "") + six_digits(seed) + ".png";
}

bool is_seed_number(std::string_view text) {
  return text.size() >= 6 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace gdd
