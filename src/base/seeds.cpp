#include "base/seeds.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>

#include "base/limits.h"
#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

std::int64_t parse_number(std::string_view digits, const std::string& flag, std::string_view part) {
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || digits[0] == '-' || error != std::errc() || stop != end)
    throw Error::usage(flag, "expected numbers and ranges such as 1,2,5-10, found " + gdd::quoted(part));
  return value;
}

// As Python's int(), which upstream calls: spaces around a number count for nothing.
std::string_view stripped(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t\n\r\f\v"), text.size());
  return text.substr(first, text.find_last_not_of(" \t\n\r\f\v") + 1 - first);
}

void append_part(std::vector<std::int64_t>& list, std::string_view part, const std::string& flag) {
  part = stripped(part);
  const std::size_t dash = part.find('-', 1);
  const std::int64_t first = parse_number(stripped(part.substr(0, dash)), flag, part);
  const std::int64_t last =
      dash == std::string_view::npos ? first : parse_number(stripped(part.substr(dash + 1)), flag, part);
  if (last < first)
    throw Error::usage(flag, "expected a range that runs upwards, found " + gdd::quoted(part));
  if (static_cast<std::uint64_t>(last - first) >= limits::kMaxSeeds - list.size())
    throw Error::usage(flag,
                       "expected at most " + std::to_string(limits::kMaxSeeds) + " numbers, " +
                           gdd::quoted(part) + " exceeds that",
                       "make them in several runs");
  for (std::int64_t i = 0; i <= last - first; ++i) list.push_back(first + i);
}

}  // namespace

std::vector<std::int64_t> parse_int_list(const std::string& text, const std::string& flag) {
  std::vector<std::int64_t> list;
  std::string_view rest = text;
  for (;;) {
    const std::size_t comma = rest.find(',');
    append_part(list, rest.substr(0, comma), flag);
    if (comma == std::string_view::npos) return list;
    rest.remove_prefix(comma + 1);
  }
}

std::vector<std::int64_t> parse_seed_list(const std::string& text) {
  std::vector<std::int64_t> seeds = parse_int_list(text, "--seeds");
  if (std::ranges::adjacent_find(seeds, std::greater_equal<>()) == seeds.end())
    return seeds;  // the usual ranges
  std::vector<std::int64_t> sorted = seeds;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end())
    throw Error::usage("--seeds", "seed " + std::to_string(*twice) + " is given twice");
  return seeds;
}

std::string seed_text(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(numbers[i]);
    if (last > i) text += "-" + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace gdd
