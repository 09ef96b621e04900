#include "base/memory_budget.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <limits>

#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kSmallest = std::uint64_t{64} << 20;

std::uint64_t machine_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page)
                               : kUnlimited;
}

// "max" or a number; version 2 of cgroups, then version 1.
std::uint64_t cgroup_memory() {
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    std::uint64_t bytes = 0;
    if (file >> bytes && bytes > 0) return bytes;
  }
  return kUnlimited;
}

// Twice the address space that is not mapped yet: no memory that others share, so half of it may be used.
std::uint64_t address_space() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimited;
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const std::uint64_t mapped = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return limit.rlim_cur > mapped ? 2 * (limit.rlim_cur - mapped) : kSmallest;
}

std::uint64_t default_budget() {
  return std::max(kSmallest, std::min({machine_memory(), cgroup_memory(), address_space()}) / 4);
}

std::atomic<std::uint64_t> g_budget = 0;  // 0: not set

}  // namespace

std::uint64_t memory_budget() {
  static const std::uint64_t kDefault = default_budget();
  const std::uint64_t set = g_budget.load();
  return set > 0 ? set : kDefault;
}

void set_memory_budget(std::uint64_t bytes) { g_budget = bytes; }

std::string memory_text(double bytes) {
  char text[64];
  if (bytes < 1e9)
    std::snprintf(text, sizeof text, "%.0f MB", bytes / 1e6);
  else
    std::snprintf(text, sizeof text, bytes < 1e13 ? "%.1f GB" : "%.3g GB", bytes / 1e9);
  return text;
}

void require_memory(const std::string& where, const std::string& what, double bytes,
                    const std::string& remedy) {
  const auto budget = static_cast<double>(memory_budget());
  if (bytes <= budget) return;
  throw Error::memory(where,
                      "needs " + memory_text(bytes) + " of memory for " + what + ", more than the " +
                          memory_text(budget) + " allowed",
                      remedy.empty() ? "give --max-memory if the machine has more" : remedy);
}

std::uint64_t parse_memory(const std::string& text, const std::string& flag) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  std::string unit(stop, end);
  if (unit.ends_with('B') || unit.ends_with('b')) unit.pop_back();
  if (unit.ends_with('i')) unit.pop_back();
  constexpr std::string_view kUnits = "KMGT";
  const std::size_t power = unit.empty() ? 0 : kUnits.find(static_cast<char>(unit[0] & ~0x20)) + 1;
  for (std::size_t i = 0; i < power && power <= kUnits.size(); ++i) number *= 1024;
  if (error != std::errc() || unit.size() > 1 || power > kUnits.size() || (power == 0 && !unit.empty()) ||
      !(number >= static_cast<double>(kSmallest)) || number > 1e18)
    throw Error::usage(flag,
                       "expected an amount of memory such as 4G or 512M, at least 64M, found '" + text + "'");
  return static_cast<std::uint64_t>(number);
}

}  // namespace gdd
