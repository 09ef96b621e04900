#include "compute/device.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;

// Slurm and containers may show each rank a GPU of its own, which is cuda:0 there.
TEST(LocalDevice, IsAmongThoseThatAreSeen) {
  EXPECT_EQ(local_device(1, 1), 0);
  EXPECT_EQ(local_device(7, 1), 0);
  EXPECT_EQ(local_device(std::nullopt, 1), 0);
  EXPECT_EQ(local_device(std::nullopt, 4), 0);
  EXPECT_EQ(local_device(3, 4), 3);
  EXPECT_EQ(local_device(5, 4), 1);  // more ranks than devices take turns
}

TEST(ResolveDevice, TakesTheCpuWhateverTheRank) {
  EXPECT_EQ(resolve_device("cpu").str(), "cpu");
  EXPECT_EQ(resolve_device("cpu", 3).str(), "cpu");
}

TEST(ResolveDevice, RefusesAnotherSpelling) {
  for (const char* name : {"", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:1000", "cuda:0 ", "cpu:0"})
    EXPECT_NE(error_of([&] { resolve_device(name); }).find("--device: expected cpu, cuda, cuda:N or auto"),
              std::string::npos)
        << name;
}

}  // namespace
}  // namespace gdd
