#include "scoring/origins.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace gdd {

void Origins::add(const FeatureInput& input, const SideRequest& request, Report& report) {
  if (std::string choice = choice_among(input, request); !choice.empty())
    report.warnings.push_back(std::move(choice));
  if (!uses_arrays(input, request)) return;
  if (std::optional<Provenance> made = read_provenance(input)) {
    if (made->part)
      report.warnings.push_back(input.spec() + ": is part " + std::to_string(made->part->index) + " of " +
                                std::to_string(made->part->count) +
                                " (counted from 0) of its images alone; gdd-fid merge makes the whole");
    known_.push_back({&input, std::move(*made)});
  } else {
    report.warnings.push_back(
        input.spec() +
        ": made by an unknown preparation; a score counts only if it is that of its protocol, by the same "
        "detector");
  }
}

Family Origins::family() const {
  for (const Known& one : known_)
    if (std::ranges::none_of(
            known_, [&](const Known& other) { return is_inferred_beside_script(one.made, other.made); }))
      return one.made.family;
  return Family::kInception;
}

void Origins::check(const std::string& protocol, const Detector* detector, Report& report) const {
  const auto compare = [&](const Known& one, const std::string& other, const Provenance& expected) {
    std::string remark = compare_provenance(one.input->spec(), one.made, other, expected);
    if (!remark.empty()) report.warnings.push_back(std::move(remark));
  };
  for (const Known& one : known_) {
    if (detector) compare(one, "what is asked", provenance_of(*detector, protocol, 0));
    const bool beside_script =
        (detector && is_inferred_beside_script(one.made, provenance_of(*detector, protocol, 0))) ||
        std::ranges::any_of(
            known_, [&](const Known& other) { return is_inferred_beside_script(one.made, other.made); });
    if (!beside_script) check_protocol(one.input->spec(), one.made, protocol);
  }
  for (std::size_t i = 1; i < known_.size(); ++i) compare(known_[i], known_[0].input->spec(), known_[0].made);
}

}  // namespace gdd
