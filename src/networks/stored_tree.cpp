#include "networks/stored_tree.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "base/number_text.h"
#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using Json = nlohmann::json;  // children lie in arrays, so no order is lost
using Tensors = std::vector<std::pair<std::string, std::optional<TensorView>>>;

// A double as {"float": text}: JSON has no infinity, and 1.0 must not come back as an int.
Json write_value(const Attribute& attribute) {
  struct Visitor {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool value) const { return value; }
    Json operator()(std::int64_t value) const { return value; }
    Json operator()(double value) const { return {{"float", exact_text(value)}}; }
    Json operator()(const std::string& value) const { return value; }
    Json operator()(const Attribute::List& list) const {
      Json result = Json::array();
      for (const Attribute& item : list) result.push_back(write_value(item));
      return result;
    }
  };
  return std::visit(Visitor{}, attribute.value);
}

Json write_tensors(const ModuleTree& module, const Tensors& tensors, const TensorName& stored_name) {
  Json result = Json::object();
  for (const auto& [name, view] : tensors)
    if (view) result[name] = stored_name(module.path + "." + name);
  return result;
}

Json write_module(const ModuleTree& module, const TensorName& stored_name) {
  Json json{{"class", module.class_name}, {"attributes", Json::object()}, {"children", Json::array()}};
  for (const auto& [name, value] : module.attributes)
    if (!name.starts_with('_')) json["attributes"][name] = write_value(value);
  json["parameters"] = write_tensors(module, module.parameters, stored_name);
  json["buffers"] = write_tensors(module, module.buffers, stored_name);
  for (const auto& [name, child] : module.children)
    json["children"].push_back(Json::array({name, write_module(child, stored_name)}));
  return json;
}

class TreeReader {
 public:
  TreeReader(const StateDict& tensors, std::string path) : path_(std::move(path)) {
    for (const auto& [name, view] : tensors) unused_.emplace(name, &view);
  }

  ModuleTree module(const Json& json, const std::string& path, std::uint64_t depth) {
    if (depth > limits::kMaxModuleDepth) fail("modules nested too deeply");
    ModuleTree module;
    module.path = path;
    module.class_name = json.at("class").get<std::string>();
    for (const auto& [name, value] : json.at("attributes").items())
      module.attributes.emplace_back(name, attribute(value, 0));
    module.parameters = tensors(json.at("parameters"));
    module.buffers = tensors(json.at("buffers"));
    for (const Json& child : json.at("children")) {
      const auto name = child.at(0).get<std::string>();
      module.children.emplace_back(
          name, this->module(child.at(1), path.empty() ? name : path + "." + name, depth + 1));
    }
    return module;
  }

  void expect_all_used() const {
    if (!unused_.empty())
      fail("a tensor that no module has: " + gdd::quoted(unused_.begin()->first) + " and " +
           std::to_string(unused_.size() - 1) + " more");
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(path_, "modules.json does not fit the file: " + problem,
                "convert the snapshot again: gdd-convert IN.pkl OUT.pt");
  }

 private:
  Attribute attribute(const Json& json, std::uint64_t depth) const {
    if (depth > limits::kMaxAttributeDepth) fail("lists nested too deeply");
    if (json.is_null()) return {};
    if (json.is_boolean()) return {json.get<bool>()};
    if (json.is_number_integer()) return {json.get<std::int64_t>()};
    if (json.is_string()) return {json.get<std::string>()};
    if (json.is_object()) return {number(json.at("float").get<std::string>())};
    if (!json.is_array()) fail("an attribute of an unknown kind");
    Attribute::List list;
    for (const Json& item : json) list.push_back(attribute(item, depth + 1));
    return {std::move(list)};
  }

  double number(const std::string& text) const {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) fail("a number that is none: " + gdd::quoted(text));
    return value;
  }

  Tensors tensors(const Json& json) {
    Tensors result;
    for (const auto& [name, stored] : json.items()) {
      const auto found = unused_.find(stored.get<std::string>());
      if (found == unused_.end())
        fail("no tensor " + gdd::quoted(stored.get<std::string>()) + " in the file, or two modules name it");
      result.emplace_back(name, *found->second);
      unused_.erase(found);
    }
    return result;
  }

  std::string path_;
  std::unordered_map<std::string, const TensorView*> unused_;
};

}  // namespace

std::string write_tree(const ModuleTree& tree, const TensorName& stored_name) {
  return write_module(tree, stored_name).dump(-1, ' ', false, Json::error_handler_t::replace);
}

ModuleTree read_tree_text(const std::string& text, const StateDict& tensors, const std::string& path) {
  TreeReader reader(tensors, path);
  try {
    ModuleTree tree = reader.module(Json::parse(text), "", 0);
    reader.expect_all_used();
    return tree;
  } catch (const Json::exception& error) {
    reader.fail(error.what());
  }
}

}  // namespace gdd
