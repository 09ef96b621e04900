#include "compute/compute_scope.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/python/update_graph_executor_opt.h>

#include <stdexcept>
#include <tuple>

namespace gdd {
namespace {

// Every global of torch that the scope may touch.
auto globals() {
  return std::tuple(at::globalContext().allowTF32CuDNN(), at::globalContext().float32MatmulPrecision(),
                    at::get_num_threads(), torch::jit::getGraphExecutorOptimize(),
                    at::globalContext().deterministicCuDNN());
}

TEST(ComputeScope, PutsEverySwitchBack) {
  const int threads = at::get_num_threads();
  for (const char* precision : {"highest", "high", "medium"})
    for (const bool tf32 : {true, false})
      for (const bool optimize : {true, false}) {
        at::globalContext().setFloat32MatmulPrecision(precision);
        at::globalContext().setAllowTF32CuDNN(tf32);
        torch::jit::setGraphExecutorOptimize(optimize);
        const auto before = globals();
        for (const bool wanted : {true, false}) {
          const ComputeScope scope({.tf32 = wanted,
                                    .tf32_products = wanted,
                                    .deterministic = wanted,
                                    .threads = threads + 1,
                                    .optimize_scripts = wanted});
          EXPECT_EQ(at::globalContext().deterministicCuDNN(), wanted);
          EXPECT_EQ(at::globalContext().allowTF32CuDNN(), wanted);
          EXPECT_EQ(at::get_num_threads(), threads + 1);
          EXPECT_EQ(torch::jit::getGraphExecutorOptimize(), wanted);
          EXPECT_EQ(at::globalContext().float32MatmulPrecision(),
                    wanted ? at::Float32MatmulPrecision::HIGH : at::Float32MatmulPrecision::HIGHEST);
        }
        EXPECT_EQ(globals(), before) << precision << ' ' << tf32 << ' ' << optimize;
      }
  at::globalContext().setFloat32MatmulPrecision("highest");
  at::globalContext().setAllowTF32CuDNN(true);
  torch::jit::setGraphExecutorOptimize(true);
}

TEST(ComputeScope, TouchesOnlyWhatItIsAskedFor) {
  const auto before = globals();
  const ComputeScope scope({});
  EXPECT_EQ(globals(), before);
}

TEST(ComputeScope, PutsBackWhatAnErrorInterrupts) {
  const auto before = globals();
  try {
    const ComputeScope outer({.tf32 = false, .threads = 2});
    const ComputeScope inner({.threads = 3, .optimize_scripts = false});
    throw std::runtime_error("in it");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(globals(), before);
}

}  // namespace
}  // namespace gdd
