// Attributes that this program itself puts into a module tree, beside those of the file. Free of torch, as
// are the readers that write them.
#pragma once

namespace gdd {

// Of a preconditioning: which class of one name it is (precond_class.h); settle_network and precond_tree.
inline constexpr const char* kVariant = "gdd_variant";

// Of a DhariwalUNet whose layers compute as OpenAI's.
inline constexpr const char* kAsOpenAI = "as_openai";

}  // namespace gdd
