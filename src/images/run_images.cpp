#include "images/run_images.h"

#include <algorithm>
#include <charconv>

#include "base/seeds.h"
#include "gdd/error.h"
#include "images/run_settings.h"
#include "images/seed_names.h"

namespace gdd {
RunImages::RunImages(const std::string& settings) {
  try {
    const RunSettings found = parse_run_settings(settings);
    const std::string* const subdirs = find_setting(found, "subdirs");
    subdirs_ = subdirs && *subdirs == "true";
    const std::string* const seeds = find_setting(found, "seeds");
    if (!seeds) return;
    seeds_ = parse_int_list(*seeds, "seeds");
    std::ranges::sort(seeds_);
    known_ = true;
  } catch (const Error&) {  // not ours: then names alone decide
  }
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
  return std::ranges::binary_search(seeds_, seed) && name == seed_image_name(seed, subdirs_);
}

std::int64_t RunImages::count(std::string_view folder) const {
  if (folder.empty()) return std::ssize(seeds_);
  return std::ranges::count_if(
      seeds_, [&](std::int64_t seed) { return seed_image_name(seed, subdirs_).starts_with(folder); });
}

}  // namespace gdd
