// The squared Euclidean distance in float64 that decides wherever a rounded one leaves a question open.
#pragma once

#include <span>

namespace gdd {

// Of two rows of one length. Symmetric in its arguments: the same terms in the same order.
double exact_distance(std::span<const float> a, std::span<const float> b);

}  // namespace gdd
