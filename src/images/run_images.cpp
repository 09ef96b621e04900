#include "images/run_images.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <sstream>

#include "base/seeds.h"
#include "gdd/error.h"

namespace gdd {
namespace {

std::string six_digits(std::int64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%06lld", static_cast<long long>(number));
  return text;
}

}  // namespace

bool is_seed_number(std::string_view text) {
  return text.size() >= 6 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

RunImages::RunImages(const std::string& settings) {
  std::istringstream lines(settings);
  for (std::string line; std::getline(lines, line);) {
    if (line == "subdirs true") subdirs_ = true;
    if (!line.starts_with("seeds ")) continue;
    try {
      seeds_ = parse_int_list(line.substr(6), "seeds");
    } catch (const Error&) {  // not ours: then names alone decide
      continue;
    }
    std::ranges::sort(seeds_);
    known_ = true;
  }
}

std::string RunImages::name_of(std::int64_t seed) const {
  return (subdirs_ ? six_digits(seed - seed % 1000) + "/" : "") + six_digits(seed) + ".png";
}

bool RunImages::makes(std::string_view name) const {
  if (!name.ends_with(".png")) return false;
  const std::size_t slash = name.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? "" : name.substr(0, slash);
  std::string_view digits = name.substr(slash == std::string_view::npos ? 0 : slash + 1);
  digits.remove_suffix(4);
  if (!is_seed_number(digits) || (!folder.empty() && !is_seed_number(folder))) return false;
  if (!known_) return true;
  std::int64_t seed = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), seed).ec != std::errc()) return false;
  return std::ranges::binary_search(seeds_, seed) && name == name_of(seed);
}

std::int64_t RunImages::count(std::string_view folder) const {
  if (folder.empty()) return std::ssize(seeds_);
  return std::ranges::count_if(seeds_, [&](std::int64_t seed) { return name_of(seed).starts_with(folder); });
}

}  // namespace gdd
