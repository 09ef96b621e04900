#include "compute/host_copy.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace gdd {
namespace {

TEST(CopyToHost, LeavesWhatIsThereAsItIs) {
  const at::Tensor tensor = at::arange(6, at::kByte).reshape({2, 3});
  EXPECT_TRUE(copy_to_host(tensor).is_same(tensor));
}

}  // namespace
}  // namespace gdd
