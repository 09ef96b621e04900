#include "evaluation/snapshots.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <string_view>

#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::size_t kMostDigits = 18;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The row of digits at or behind `from`, before `end`.
NumberPlace next_row(const std::string& text, std::size_t from, std::size_t end) {
  while (from < end && !is_digit(text[from])) ++from;
  std::size_t last = from;
  while (last < end && is_digit(text[last])) ++last;
  return {from, last};
}

std::optional<NumberPlace> longest_row(const std::string& name) {
  const std::size_t end = std::filesystem::path(name).stem().string().size();
  NumberPlace longest;
  for (NumberPlace row = next_row(name, 0, end); row.begin < end; row = next_row(name, row.end, end))
    if (row.end - row.begin >= longest.end - longest.begin) longest = row;
  return longest.end > longest.begin ? std::optional(longest) : std::nullopt;
}

std::optional<std::int64_t> number_in(const std::string& name, const std::string& pattern) {
  const std::optional<NumberPlace> place = find_number(name, pattern);
  if (!place) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(name.data() + place->begin, name.data() + place->end, number);
  return number;
}

// Rows of digits by their values: the longer one without its zeros is the larger.
bool is_naturally_before(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i;
      ++j;
      continue;
    }
    const NumberPlace first = next_row(a, i, a.size()), second = next_row(b, j, b.size());
    const auto value = [](const std::string& text, const NumberPlace& row) {
      const std::string digits = text.substr(row.begin, row.end - row.begin);
      return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
    };
    const std::string x = value(a, first), y = value(b, second);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
    i = first.end;
    j = second.end;
  }
  const std::size_t rest = a.size() - i, other = b.size() - j;
  return rest != other ? rest < other : a < b;  // of equal values by zeros: an order in any case
}

bool has_snapshot_ending(const std::string& name) {
  const std::string ending = std::filesystem::path(name).extension().string();
  return ending == ".pkl" || ending == ".pt" || ending == ".pth";
}

bool fits(const std::string& name, const std::string& pattern) {
  if (name.starts_with('.')) return false;
  return pattern.empty() ? has_snapshot_ending(name) : ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

// "latest.pkl", which leads to a snapshot beside it.
bool is_second_name(const std::filesystem::directory_entry& entry) {
  std::error_code error;
  if (!entry.is_symlink(error)) return false;
  const std::filesystem::path place = std::filesystem::canonical(entry.path(), error);
  return !error && place.parent_path() == std::filesystem::canonical(entry.path().parent_path(), error);
}

// The row of digits behind `start` in a name that ends so; empty: it is no such name.
std::string digits_behind(const std::string& name, std::string_view start, std::string_view ending) {
  if (!name.starts_with(start) || !name.ends_with(ending)) return "";
  const NumberPlace row = next_row(name, start.size(), name.size());
  return row.begin == start.size() ? name.substr(row.begin, row.end - row.begin) : "";
}

// EDM's training loops write both at once, EDM2's a snapshot for each of its averages
// (network-snapshot-N-0.050.pkl); the training state holds what the training goes on with.
void leave_out_training_states(std::vector<Snapshot>& snapshots) {
  std::set<std::string> numbers;
  for (const Snapshot& each : snapshots)
    numbers.insert(digits_behind(each.name, "network-snapshot-", ".pkl"));
  std::erase_if(snapshots, [&](const Snapshot& each) {
    const std::string number = digits_behind(each.name, "training-state-", ".pt");
    return !number.empty() && numbers.contains(number);
  });
}

}  // namespace

std::optional<FileState> state_of(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const auto nanoseconds = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  return FileState{static_cast<std::uint64_t>(info.st_size), info.st_ino, nanoseconds(info.st_mtim),
                   nanoseconds(info.st_ctim)};
}

std::optional<NumberPlace> find_number(const std::string& name, const std::string& pattern) {
  std::optional<NumberPlace> place;
  if (pattern.empty())
    place = longest_row(name);
  else if (const NumberPlace row = next_row(name, pattern.find('*'), name.size()); row.end > row.begin)
    place = row;
  if (place && place->end - place->begin > kMostDigits) return std::nullopt;
  return place;
}

std::string series_of(const std::string& name, const std::string& pattern) {
  const std::optional<NumberPlace> place = find_number(name, pattern);
  return place ? name.substr(0, place->begin) + "*" + name.substr(place->end) : name;
}

bool comes_before(const Snapshot& a, const Snapshot& b) {
  if (a.number.has_value() != b.number.has_value()) return a.number.has_value();
  return a.number != b.number ? a.number < b.number : is_naturally_before(a.name, b.name);
}

void check_pattern(const std::string& pattern) {
  if (pattern.empty()) return;
  if (pattern.find('/') != std::string::npos || pattern.find('*') == std::string::npos)
    throw Error::usage("--pattern",
                       "expected a name with * where its number stands, found " + gdd::quoted(pattern),
                       "such as 'network-snapshot-*.pkl'");
}

std::vector<Snapshot> list_snapshots(const std::string& folder, const std::string& pattern) {
  std::vector<Snapshot> snapshots;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!fits(name, pattern) || is_second_name(*entry)) continue;
    const std::optional<FileState> state = state_of(entry->path().string());
    if (state) snapshots.push_back({name, entry->path().string(), number_in(name, pattern), *state});
  }
  if (error) throw Error(folder, "cannot read the folder: " + error.message());
  if (pattern.empty()) leave_out_training_states(snapshots);
  std::ranges::sort(snapshots, comes_before);
  return snapshots;
}

}  // namespace gdd
