#include "detectors/untrusted_work.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

namespace gdd {
namespace {

class UntrustedWorkDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(UntrustedWorkDeathTest, EndsInOneLineWhenItTakesTooLong) {
  EXPECT_EXIT(
      {
        const UntrustedWork work("net.pt", 0.01, 0);
        for (;;) ::pause();
      },
      testing::ExitedWithCode(1),
      "^gdd: error: net.pt: a batch took more than the 0.01 s of --timeout-batch[^\n]*\n$");
}

TEST_F(UntrustedWorkDeathTest, EndsInOneLineWhenItCrashes) {
  EXPECT_EXIT(
      {
        const UntrustedWork work("net\n.pt", 0, 0);
        ::raise(SIGSEGV);
      },
      testing::ExitedWithCode(1), "^gdd: error: net\\?.pt: LibTorch crashed [^\n]*SIGSEGV[^\n]*\n$");
}

TEST(UntrustedWork, LeavesEverythingAsItWas) {
  struct sigaction before {
  }, after{};
  rlimit limit_before{}, limit_after{};
  ::sigaction(SIGSEGV, nullptr, &before);
  ::getrlimit(RLIMIT_DATA, &limit_before);
  {
    const UntrustedWork work("net.pt", 1000, std::uint64_t{1} << 30);
    struct sigaction during {};
    rlimit limit_during{};
    ::sigaction(SIGSEGV, nullptr, &during);
    ::getrlimit(RLIMIT_DATA, &limit_during);
    EXPECT_NE(during.sa_handler, before.sa_handler);
    EXPECT_LT(limit_during.rlim_cur, limit_before.rlim_cur);
  }
  ::sigaction(SIGSEGV, nullptr, &after);
  ::getrlimit(RLIMIT_DATA, &limit_after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
  EXPECT_EQ(limit_after.rlim_cur, limit_before.rlim_cur);
}

}  // namespace
}  // namespace gdd
