#include "cli/interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;

TEST(Signals, EndInOneLineAndTheirOwnCode) {
  for (const auto& [signal, name] : {std::pair{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}})
    EXPECT_EXIT(
        {
          guard_signals("gdd-x");
          ::raise(signal);
        },
        ::testing::ExitedWithCode(128 + signal), std::string("^gdd-x: stopped by ") + name + "; [^\n]*\n$");
}

TEST(Signals, OnceCaughtTheFirstOnlySetsAMark) {
  EXPECT_EXIT(
      {
        guard_signals("gdd-x");
        catch_interrupts();
        ::raise(SIGTERM);
        if (!interrupted()) ::_exit(3);
        ::raise(SIGTERM);
      },
      ::testing::ExitedWithCode(143), "stopped by SIGTERM");
}

TEST(Signals, HangUpStaysIgnoredUnderNohup) {
  EXPECT_EXIT(
      {
        ::signal(SIGHUP, SIG_IGN);
        guard_signals("gdd-x");
        ::raise(SIGHUP);
        ::_exit(7);
      },
      ::testing::ExitedWithCode(7), "");
}

TEST(Signals, AFileCutWhileItIsReadIsNamed) {
  const TemporaryFolder folder;
  write_text(folder / "in.npz", std::string(1 << 20, 'x'));
  EXPECT_EXIT(
      {
        guard_signals("gdd-x");
        const MappedFile file(folder / "in.npz");
        if (::truncate(file.path().c_str(), 10) != 0) ::_exit(3);
        std::size_t ones = 0;
        for (const std::byte byte : file.bytes()) ones += byte == std::byte{1};
        ::_exit(ones == 0 ? 4 : 5);
      },
      ::testing::ExitedWithCode(1), "^gdd-x: error: .*/in.npz: was cut short[^\n]*\n$");
}

// 9: the write failed with an error that says why.
int write_beyond_the_limit(const std::string& path) {
  guard_signals("gdd-x");
  rlimit limit{};
  limit.rlim_cur = limit.rlim_max = 1000;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const std::string error = error_of([&] { write_file_atomically(path, as_bytes(std::string(5000, 'x'))); });
  return error.find("cannot write: File too large") == std::string::npos ? 5 : 9;
}

TEST(Signals, AFileSizeLimitIsAnErrorOfTheWrite) {
  const TemporaryFolder folder;
  EXPECT_EXIT(::_exit(write_beyond_the_limit(folder / "out")), ::testing::ExitedWithCode(9), "");
  EXPECT_EQ(folder.count(), 0);
}

}  // namespace
}  // namespace gdd
