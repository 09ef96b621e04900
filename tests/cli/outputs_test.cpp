// What becomes of outputs and inputs when something is wrong with them: nothing is replaced that should stay,
// nothing that was computed is lost.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <nlohmann/json.hpp>

#include "archive/npz.h"
#include "archive/zip.h"
#include "archive/zip_writer.h"
#include "cli/run_program.h"
#include "measurement/measured_images.h"

namespace gdd::testing {
namespace {

class Outputs : public ::testing::Test {
 protected:
  void SetUp() override {
    testing_support::write_pictures(folder_ / "a", 9, 0, 16);
    testing_support::write_pictures(folder_ / "b", 8, 100, 16);
  }
  Outcome calc(const std::string& more, const std::string& images) {
    return run_program(
        "gdd-fid", "calc --images '" + images + "' --ref '" + folder_ / "b" + "' --detector demo " + more);
  }
  ScratchFolder folder_;
};

bool is_one_line(const std::string& text) { return std::count(text.begin(), text.end(), '\n') == 1; }

TEST_F(Outputs, AnUnwritableReportIsFoundBeforeTheWork) {
  for (const std::string& json : {folder_ / "a", std::string("/proc/nope/r.json")}) {
    const Outcome outcome = calc("--json '" + json + "'", folder_ / "a");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(is_one_line(outcome.err)) << outcome.err;
  }
}

TEST_F(Outputs, AReportThatFailsLateLosesNoScore) {
  const Outcome outcome = calc("--json /dev/full", folder_ / "a");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_GT(std::strtod(outcome.out.c_str(), nullptr), 0) << outcome.out;
  EXPECT_NE(outcome.err.find("/dev/full: cannot write"), std::string::npos) << outcome.err;
}

TEST_F(Outputs, ADeviceStaysADevice) {
  EXPECT_EQ(calc("--json /dev/null", folder_ / "a").exit_code, 0);
  struct stat file {};
  ASSERT_EQ(::stat("/dev/null", &file), 0);
  EXPECT_TRUE(S_ISCHR(file.st_mode));
}

TEST_F(Outputs, NamesThatAreNotUtf8LoseNoResult) {
  const std::string odd = folder_ / "caf\xe9";
  std::filesystem::copy(folder_ / "a", odd);
  const Outcome outcome = calc("--json '" + folder_ / "r.json" + "'", odd);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(read_text(folder_ / "r.json").find("caf\\\\xe9"), std::string::npos);
}

TEST_F(Outputs, AnInputIsNeverReplaced) {
  ASSERT_EQ(run_program("gdd-fid", "features --data '" + folder_ / "a" + "' --detector demo --dest '" +
                                       folder_ / "f.npz" + "'")
                .exit_code,
            0);
  const std::string before = read_text(folder_ / "f.npz");
  const std::string name = "'" + folder_ / "f.npz" + "'";
  for (const std::string& arguments :
       {"ref --data " + name + " --dest " + name, "merge " + name + " --dest " + name,
        "calc --images " + name + " --ref '" + folder_ / "b" + "' --detector demo --json " + name}) {
    EXPECT_EQ(run_program("gdd-fid", arguments).exit_code, 2) << arguments;
    EXPECT_EQ(read_text(folder_ / "f.npz"), before) << arguments;
  }
}

TEST_F(Outputs, AConversionThatMeetsAFileSizeLimitIsOneLine) {
  const std::string command = std::string("ulimit -f 100; '") + GDD_BIN + "/gdd-convert' '" + GDD_TEST_DATA +
                              "/../../all_ckpt/gdd-demo.pkl' '" + folder_ / "out.pt" + "' 2>'" +
                              folder_ / "err" + "'";
  const int status = std::system(command.c_str());
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_TRUE(is_one_line(read_text(folder_ / "err"))) << read_text(folder_ / "err");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.pt"));
}

TEST_F(Outputs, StatisticsThatOverflowAreNoResult) {
  for (const double value : {1e200, 1e308}) {
    NpzWriter npz(folder_ / "large.npz");
    const std::vector<double> rows{value, -value, value, value, -value, value};
    npz.add("features", {3, 2}, std::span<const double>(rows));
    npz.commit();
    const Outcome outcome = run_program(
        "gdd-fid", "ref --data '" + folder_ / "large.npz" + "' --dest '" + folder_ / "r.npz" + "'");
    EXPECT_EQ(outcome.exit_code, 1) << value;
    EXPECT_NE(outcome.err.find("not finite"), std::string::npos) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "r.npz"));
  }
}

TEST_F(Outputs, ColumnsThatAHeaderInventsAreRefused) {
  for (const char* shape : {"(0, 2305843009213693952)", "(0, 8)", "(1, 1099511627776)"}) {
    std::string header = std::string("{'descr': '<f2', 'fortran_order': False, 'shape': ") + shape + ", }";
    header.resize(117, ' ');
    header += '\n';
    ZipWriter zip(folder_ / "f.npz");
    zip.add("features.npy", as_bytes(std::string("\x93NUMPY\x01\0\x76\0", 10) + header));
    zip.commit();
    const Outcome outcome =
        run_program("gdd-fid", "ref --data '" + folder_ / "f.npz" + "' --dest '" + folder_ / "r.npz" + "'");
    EXPECT_EQ(outcome.exit_code, 1) << shape;
    EXPECT_TRUE(is_one_line(outcome.err)) << outcome.err;
  }
}

TEST_F(Outputs, AnImageThatIsNotFiniteIsNamedAndNotWritten) {
  const std::string demo = std::string(GDD_TEST_DATA) + "/../../all_ckpt/gdd-demo.pkl";
  ASSERT_EQ(run_program("gdd-convert", "'" + demo + "' '" + folder_ / "good.pt" + "'").exit_code, 0);
  const ZipReader good(folder_ / "good.pt");
  ZipWriter zip(folder_ / "extreme.pt");
  for (const ZipReader::Entry& entry : good.entries()) {
    std::string content(as_text(good.read(entry.name)));
    if (entry.name.ends_with("/modules.json")) {
      nlohmann::json tree = nlohmann::json::parse(content);
      tree["attributes"]["sigma_data"] = {{"float", "1e200"}};
      content = tree.dump();
    }
    zip.add(entry.name, as_bytes(content));
  }
  zip.commit();
  const Outcome outcome = run_program("gdd-sample", "--network '" + folder_ / "extreme.pt" +
                                                        "' --seeds 5-6 --outdir '" + folder_ / "o" + "'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("seed 5: the image is not finite"), std::string::npos) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "o/000005.png"));
}

TEST_F(Outputs, ABatchThatExceedsTheBudgetSaysWhichFits) {
  const std::string demo = std::string(GDD_TEST_DATA) + "/../../all_ckpt/gdd-demo.pkl";
  const Outcome outcome = run_program(
      "gdd-sample", "--network '" + demo + "' --seeds 0-4095 --batch 4096 --max-memory 64M --outdir '" +
                        folder_ / "o" + "'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("a batch of 4096 images"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("give --batch "), std::string::npos) << outcome.err;
}

TEST_F(Outputs, EscapesInANameDoNotReachTheTerminal) {
  const Outcome outcome = run_program("gdd-fid", "inspect \"$(printf 'x\\n\\033]0;owned\\007y')\"");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_TRUE(is_one_line(outcome.err)) << outcome.err;
  EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos);
}

TEST_F(Outputs, AWarningDoesNotLandInAFileWhenStderrIsClosed) {
  const std::string dest = folder_ / "ref.npz";
  const std::string command = std::string("OMP_NUM_THREADS=1 '") + GDD_BIN + "/gdd-fid' ref --data '" +
                              folder_ / "a" + "' --detector demo --dest '" + dest + "' 2>&-";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(run_program("gdd-fid", "inspect '" + dest + "'").exit_code, 0);
  EXPECT_EQ(read_text(dest).find("warning"), std::string::npos);
}

TEST_F(Outputs, AFullStdoutIsAnError) {
  for (const char* arguments : {"--version", "calc --help"}) {
    const std::string command =
        std::string("'") + GDD_BIN + "/gdd-fid' " + arguments + " >/dev/full 2>/dev/null";
    const int status = std::system(command.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 1) << arguments;
  }
}

TEST_F(Outputs, AWrongFlagLeadsToTheHelpThatListsItsKin) {
  const std::pair<const char*, const char*> given[] = {{"gdd-fid", "calc --imges x"},
                                                       {"gdd-eval", "watch x --interval -1"},
                                                       {"gdd-eval", "compare x"},
                                                       {"gdd-is", "--imges x"}};
  const char* const helps[] = {"; see gdd-fid calc --help\n", "; see gdd-eval watch --help\n",
                               "; see gdd-eval compare --help\n", "; see gdd-is --help\n"};
  for (std::size_t i = 0; i < std::size(given); ++i) {
    const Outcome outcome = run_program(given[i].first, given[i].second);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(outcome.err.ends_with(helps[i])) << outcome.err;
  }
}

// As with `| head`, whether the reader goes before the first write (a short text) or the last one.
TEST_F(Outputs, AReaderWhoHadEnoughIsNoErrorToComplainOf) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  const std::string messages = folder_ / "messages";
  for (const char* arguments : {"--version", "calc --help"}) {
    const std::string command = std::string("'") + GDD_BIN + "/gdd-fid' " + arguments + " >&" +
                                std::to_string(ends[1]) + " 2>'" + messages + "'";
    const int status = std::system(command.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 128 + SIGPIPE) << arguments;
    EXPECT_EQ(read_text(messages), "") << arguments;
  }
  ::close(ends[1]);
}

}  // namespace
}  // namespace gdd::testing
