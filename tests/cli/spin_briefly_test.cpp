// What libgomp was told of waiting, which it says itself when it is asked to.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "cli/run_program.h"

namespace gdd::testing {
namespace {

#if !defined(__GLIBC__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kStartsAgain = false;
#else
constexpr bool kStartsAgain = true;
#endif

// Of `command`, in an environment without a word of waiting but `said`.
std::string spins(const std::string& said, const std::string& command) {
  const ScratchFolder scratch;
  const std::string line = "env -u GOMP_SPINCOUNT -u OMP_WAIT_POLICY -u OMP_NUM_THREADS -u LD_PRELOAD " +
                           said + " OMP_DISPLAY_ENV=verbose " + command + " >/dev/null 2>'" +
                           scratch / "err" + "'";
  EXPECT_EQ(std::system(line.c_str()), 0) << line;
  const std::string text = read_text(scratch / "err"), name = "GOMP_SPINCOUNT = '";
  const std::size_t at = text.rfind(name);
  return at == std::string::npos
             ? text
             : text.substr(at + name.size(), text.find('\'', at + name.size()) - at - name.size());
}

const std::string kProgram = std::string("'") + GDD_BIN + "/gdd-fid' calc --help";

TEST(SpinBriefly, IsWhatProgramsDo) {
  if (!kStartsAgain) GTEST_SKIP() << "a sanitizer's own start comes before any other";
  EXPECT_EQ(spins("", kProgram), "10000");
}

TEST(SpinBriefly, LeavesWhatTheUserSays) {
  EXPECT_EQ(spins("GOMP_SPINCOUNT=77", kProgram), "77");
  EXPECT_EQ(spins("OMP_WAIT_POLICY=passive", kProgram), "0");
}

TEST(SpinBriefly, LeavesWhatHasNothingToWaitForOrIsWatched) {
  const std::string other = spins("LD_PRELOAD=libc.so.6", kProgram);
  EXPECT_NE(other, "10000");
  EXPECT_EQ(spins("OMP_NUM_THREADS=1", kProgram), other);
  EXPECT_EQ(spins("", std::string("'") + GDD_BIN + "/gdd-fid' --version"), other);
}

// Which it copies for its new start, up to 4096.
TEST(SpinBriefly, LeavesAnEnvironmentOfThousandsOfVariables) {
  if (!kStartsAgain) GTEST_SKIP() << "a sanitizer's own start comes before any other";
  const auto variables = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "V" + std::to_string(i) + "= ";
    return text;
  };
  EXPECT_EQ(spins(variables(3500), kProgram), "10000");
  EXPECT_NE(spins(variables(4097), kProgram), "10000");
}

TEST(SpinBriefly, KeepsArgumentsAndExitCode) {
  const ScratchFolder scratch;
  const std::string line = "env -u OMP_NUM_THREADS '" + std::string(GDD_BIN) +
                           "/gdd-fid' calc --images 'not there.npz' --ref x.npz 2>'" + scratch / "err" + "'";
  const int status = std::system(line.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_NE(read_text(scratch / "err").find("not there.npz"), std::string::npos)
      << read_text(scratch / "err");
}

// /proc/self/exe is the loader's then, which would take our arguments for its own.
TEST(SpinBriefly, LeavesALoaderThatIsGivenTheProgramAlone) {
  const std::string loader = "/lib64/ld-linux-x86-64.so.2";
  if (!std::filesystem::exists(loader)) GTEST_SKIP() << "no " << loader << " here";
  EXPECT_NE(spins("", loader + " " + kProgram), "10000");
}

}  // namespace
}  // namespace gdd::testing
