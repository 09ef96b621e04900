// The commands of gdd-eval, which have flags of their own.
#include <gtest/gtest.h>

#include "cli/run_program.h"

namespace gdd::testing {
namespace {

TEST(GddEvalCommands, AreNamedByHelpAndShowTheirOwn) {
  const Outcome outcome = run_program("gdd-eval", "--help");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const std::string command : {"compare", "report"}) {
    EXPECT_NE(outcome.out.find("\n  " + command + " "), std::string::npos) << outcome.out;
    const Outcome own = run_program("gdd-eval", command + " --help");
    EXPECT_EQ(own.exit_code, 0) << own.err;
    EXPECT_NE(own.out.find("Usage: gdd-eval " + command + " "), std::string::npos) << own.out;
  }
}

TEST(GddEvalCommands, StandBeforeEveryFlag) {
  const Outcome outcome = run_program("gdd-eval", "--device cpu compare a b --ref c");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(outcome.err, "gdd-eval: error: compare: must be the first word after gdd-eval\n");
}

// Pages say what --help says, on whatever machine they are read.
TEST(Help, DoesNotDependOnTheCoresOfAMachine) {
  const Outcome outcome = run_program("gdd-is", "--help");
  EXPECT_NE(outcome.out.find("--threads INT  "), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace gdd::testing
