#include "networks/tree_places.h"

#include "base/limits.h"

namespace gdd {

ModuleTree& child_of(ModuleTree& parent, const std::string& name) {
  for (auto& [key, child] : parent.children)
    if (key == name) return child;
  ModuleTree& child = parent.children.emplace_back(name, ModuleTree()).second;
  child.path = parent.path.empty() ? name : parent.path + "." + name;
  return child;
}

std::pair<ModuleTree*, std::string> place_of(ModuleTree& root, const std::string& name) {
  ModuleTree* at = &root;
  std::size_t begin = 0, depth = 0;
  for (std::size_t dot = 0; (dot = name.find('.', begin)) != std::string::npos; begin = dot + 1) {
    if (++depth > limits::kMaxModuleDepth || dot == begin) return {nullptr, ""};
    at = &child_of(*at, name.substr(begin, dot - begin));
  }
  return {at, name.substr(begin)};
}

}  // namespace gdd
