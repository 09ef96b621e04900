#include "detectors/weight_faults.h"

#include <algorithm>

#include "base/printable.h"

namespace gdd {
namespace {

std::string fault_text(const std::vector<std::string>& names, const std::string& what) {
  if (names.empty()) return "";
  constexpr std::size_t kShown = 4;
  std::string text =
      std::to_string(names.size()) + (names.size() == 1 ? " weight is " : " weights are ") + what + " (";
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i ? ", " : "") + names[i];
  return text + (names.size() > kShown ? ", ...)" : ")");
}

}  // namespace

std::string WeightFaults::text() const {
  std::string all;
  for (const std::string& fault :
       {fault_text(missing, "missing"), fault_text(unknown, "unknown"),
        fault_text(misshapen, "of another shape"), fault_text(infinite, "not finite")})
    if (!fault.empty()) all += (all.empty() ? "" : "; ") + fault;
  return all;
}

std::string weight_name(const std::string& name) {
  constexpr std::size_t kLongest = 200;
  return printable(name, kLongest);
}

}  // namespace gdd
