#include "detectors/script_program.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

#include "base/limits.h"
#include "base/printable.h"
#include "detectors/script_operators.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using torch::jit::Block;
using torch::jit::Function;
using torch::jit::Node;

// Visits functions from the called to the callers, and counts how many operators each is with its calls
// written out, as torch writes them before it runs.
class Inspector {
 public:
  explicit Inspector(const std::string& path) : path_(path) {}

  std::uint64_t visit(Function& function) {
    if (const auto known = sizes_.find(&function); known != sizes_.end()) return known->second;
    torch::jit::GraphFunction* const script = torch::jit::tryToGraphFunction(function);
    if (!script) refuse("calls " + gdd::quoted(function.qualname().qualifiedName()) + ", which is no script");
    if (!open_.insert(&function).second || open_.size() > limits::kMaxScriptDepth)
      refuse("calls " + gdd::quoted(function.qualname().qualifiedName()) + " too deeply");
    script->ensure_defined();
    const std::uint64_t size = visit(*script->graph()->block());
    open_.erase(&function);
    return sizes_[&function] = size;
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    throw Error(path_, "the program in the file " + problem,
                "do not use this file, or trace the network again without it");
  }

  std::uint64_t visit(const Block& block) {
    std::uint64_t size = 0;
    for (const Node* node : block.nodes()) {
      size += visit(*node);
      if (size > limits::kMaxScriptOperators)
        refuse("unfolds to more than " + std::to_string(limits::kMaxScriptOperators) + " operators");
    }
    return size;
  }

  std::uint64_t visit(const Node& node) {
    if (node.kind() == c10::prim::CallMethod || node.kind() == c10::prim::CallFunction)
      return visit(called(node)) + 1;
    const std::string_view kind = node.kind().toQualString();
    if (!is_network_operator(kind))
      refuse("uses the operator " + gdd::quoted(kind) + ", which is not known for feature networks");
    std::uint64_t size = 1;
    for (const Block* block : node.blocks()) size += visit(*block);
    return size;
  }

  Function& called(const Node& node) const {
    Function* function = nullptr;
    if (node.kind() == c10::prim::CallFunction) {
      if (const auto type = node.input(0)->type()->cast<c10::FunctionType>()) function = type->function();
    } else if (const auto type = node.input(0)->type()->cast<c10::ClassType>()) {
      function = type->findMethod(node.s(c10::attr::name));
    }
    if (!function) refuse("has a call that cannot be followed");
    return *function;
  }

  const std::string& path_;
  std::map<const Function*, std::uint64_t> sizes_;
  std::set<const Function*> open_;  // those whose callees are being visited
};

}  // namespace

void refuse_foreign_operators(const torch::jit::Module& module, const std::string& path) {
  Inspector inspector(path);
  for (Function* function : module._ivalue()->compilation_unit()->get_functions()) inspector.visit(*function);
  for (const torch::jit::Module& part : module.modules()) {
    for (Function* method : part.type()->methods()) inspector.visit(*method);
    for (const auto& hooks : {part.type()->getForwardHooks(), part.type()->getForwardPreHooks()})
      for (Function* hook : hooks) inspector.visit(*hook);
  }
}

}  // namespace gdd
