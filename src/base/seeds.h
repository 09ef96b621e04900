// Seed lists as upstream spells them (GDD generate.py, parse_int_list): "1,2,5-10" is 1 2 5 6 7 8 9 10.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gdd {

// Seeds in the order given, each in [0, 2^63). Usage errors (with the offending part named): empty parts,
// signs, text, a range that runs backwards, a seed given twice, more than limits::kMaxSeeds seeds.
std::vector<std::int64_t> parse_seed_list(const std::string& text);

// The same grammar for other lists of non-negative integers (--class), where repetition is allowed; `flag`
// names it in errors.
std::vector<std::int64_t> parse_int_list(const std::string& text, const std::string& flag);

// One spelling for one list: {1,2,3,7} is "1-3,7".
std::string seed_text(const std::vector<std::int64_t>& numbers);

}  // namespace gdd
