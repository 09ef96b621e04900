// What the authors of a family do with its networks, for people: gdd-convert --show.
#pragma once

#include <string>

namespace gdd {

struct Authors {
  const char* precond;   // class
  const char* variant;   // of it; "": any
  const char* family;    // with its paper
  const char* sampler;   // theirs, as flags of gdd-sample
  const char* protocol;  // how they score
};

// Of a preconditioning's class and variant. nullptr: none that is known.
const Authors* authors_of(const std::string& precond, const std::string& variant);

// Lines "family: ...", "sampler: ...", "protocol: ...", each indented by two; empty where `authors` is null.
std::string authors_text(const Authors* authors);

}  // namespace gdd
