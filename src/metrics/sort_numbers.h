// Ascending order of many numbers.
#pragma once

#include <span>

namespace gdd {

// Of numbers that are no NaN; -0 comes before 0. By digits, in time that grows with their number alone: ten
// thousand take less than half of what comparisons take.
void sort_numbers(std::span<double> numbers);

}  // namespace gdd
