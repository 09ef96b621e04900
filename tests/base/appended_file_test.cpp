#include "base/appended_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <sstream>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;

TEST(AppendedFile, IsMadeWithItsFoldersAndGrows) {
  const TemporaryFolder folder;
  const std::string path = folder / "new/lines";
  {
    AppendedFile file(path);
    EXPECT_EQ(file.first_line(), "");
    EXPECT_EQ(file.unended(), "");
    file.append("one\ntwo\n");
  }
  AppendedFile file(path);
  EXPECT_EQ(file.first_line(), "one");
  EXPECT_EQ(file.unended(), "");
  file.append("three\n");
  EXPECT_EQ(read_text(path), "one\ntwo\nthree\n");
}

TEST(AppendedFile, TellsWhatAKilledWriterLeft) {
  const TemporaryFolder folder;
  write_text(folder / "torn", "one\ntw");
  EXPECT_EQ(AppendedFile(folder / "torn").unended(), "tw");
  write_text(folder / "alone", "on");
  EXPECT_EQ(AppendedFile(folder / "alone").unended(), "on");
  EXPECT_EQ(AppendedFile(folder / "alone").first_line(), "on");
}

TEST(AppendedFile, TakesThatAway) {
  const TemporaryFolder folder;
  write_text(folder / "torn", "one\ntw");
  AppendedFile file(folder / "torn");
  EXPECT_TRUE(file.cut_unended());
  EXPECT_EQ(file.unended(), "");
  file.append("three\n");
  EXPECT_EQ(read_text(folder / "torn"), "one\nthree\n");
  write_text(folder / "long", "one\n" + std::string(100'000, 'x'));
  EXPECT_FALSE(AppendedFile(folder / "long").cut_unended());
  EXPECT_EQ(read_text(folder / "long").size(), 100'004u);
}

// Of a user whom permissions hold.
TEST(AppendedFile, SaysThatItMustBeReadable) {
  const TemporaryFolder folder;
  const std::string path = folder / "lines";
  write_text(path, "one\n");
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  std::filesystem::permissions(path, static_cast<std::filesystem::perms>(0222));
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(2);
    const std::string error = error_of([&] { AppendedFile file(path); });
    ::_exit(error.find("make it readable") == std::string::npos ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(AppendedFile, FollowsALink) {
  const TemporaryFolder folder;
  write_text(folder / "target", "one\n");
  std::filesystem::create_symlink(folder / "target", folder / "link");
  AppendedFile(folder / "link").append("two\n");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_text(folder / "target"), "one\ntwo\n");
}

TEST(AppendedFile, WhatCannotBeWrittenIsAnError) {
  const TemporaryFolder folder;
  write_text(folder / "file", "");
  for (const std::string& path : {folder.path().string(), folder / "file/x", std::string("/proc/none")})
    EXPECT_NE(error_of([&] { AppendedFile file(path); }), "") << path;
  EXPECT_NE(error_of([] { AppendedFile("/dev/full").append("one\n"); }), "");
}

// Lines of several processes stand side by side, each whole.
TEST(AppendedFile, TakesLinesOfSeveralProcesses) {
  const TemporaryFolder folder;
  const std::string path = folder / "lines";
  constexpr int kWriters = 4, kLines = 50;
  for (int writer = 0; writer < kWriters; ++writer)
    if (::fork() == 0) {
      for (int i = 0; i < kLines; ++i)
        AppendedFile(path).append(std::string(20'000, static_cast<char>('a' + writer)) + std::to_string(i) +
                                  "\n");
      ::_exit(0);
    }
  for (int writer = 0; writer < kWriters; ++writer) {
    int status = 0;
    ::wait(&status);
    EXPECT_EQ(status, 0);
  }
  std::istringstream lines(read_text(path));
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(line.find_first_not_of(line[0]), 20'000u);
    EXPECT_TRUE(seen.insert(line).second);
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kWriters) * kLines);
}

// As on a full disk.
TEST(AppendedFile, KeepsNothingOfWhatDoesNotFit) {
  const TemporaryFolder folder;
  const std::string path = folder / "lines";
  write_text(path, "one\n");
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string error = error_of([&] { AppendedFile(path).append(std::string(2000, 'x') + "\n"); });
    ::_exit(error.empty() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_text(path), "one\n");
}

}  // namespace
}  // namespace gdd
