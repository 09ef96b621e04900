#include "compute/compute_scope.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/csrc/jit/python/update_graph_executor_opt.h>

namespace gdd {
namespace {

std::string name_of(at::Float32MatmulPrecision precision) {
  if (precision == at::Float32MatmulPrecision::MEDIUM) return "medium";
  return precision == at::Float32MatmulPrecision::HIGH ? "high" : "highest";
}

}  // namespace

ComputeScope::ComputeScope(const ComputeSwitches& switches) {
  at::Context& torch = at::globalContext();
  if (switches.tf32) {
    before_.tf32 = torch.allowTF32CuDNN();
    products_before_ = name_of(torch.float32MatmulPrecision());
    torch.setAllowTF32CuDNN(*switches.tf32);
    if (switches.tf32_products.value_or(false))
      torch.setFloat32MatmulPrecision("high");
    else if (!*switches.tf32)
      torch.setFloat32MatmulPrecision("highest");
  }
  if (switches.deterministic) {
    before_.deterministic = torch.deterministicCuDNN();
    torch.setDeterministicCuDNN(*switches.deterministic);
  }
  if (switches.threads && *switches.threads != at::get_num_threads()) {
    before_.threads = at::get_num_threads();
    at::set_num_threads(*switches.threads);
  }
  if (switches.optimize_scripts) {
    before_.optimize_scripts = torch::jit::getGraphExecutorOptimize();
    torch::jit::setGraphExecutorOptimize(*switches.optimize_scripts);
  }
}

ComputeScope::~ComputeScope() {
  if (before_.tf32) {
    at::globalContext().setAllowTF32CuDNN(*before_.tf32);
    if (products_before_ != name_of(at::globalContext().float32MatmulPrecision()))
      at::globalContext().setFloat32MatmulPrecision(products_before_);
  }
  if (before_.deterministic) at::globalContext().setDeterministicCuDNN(*before_.deterministic);
  if (before_.threads) at::set_num_threads(*before_.threads);
  if (before_.optimize_scripts) torch::jit::setGraphExecutorOptimize(*before_.optimize_scripts);
}

}  // namespace gdd
