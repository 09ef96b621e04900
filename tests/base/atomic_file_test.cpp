#include "base/atomic_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write_error.h"
#include "support/temporary_folder.h"
#include "support/threads.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;

TEST(AtomicFile, AppearsAtCommitAndNotBefore) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "new/deep/x.txt");
  file.write(as_bytes("one "));
  file.write({});
  file.write(as_bytes("two"));
  EXPECT_FALSE(std::filesystem::exists(folder / "new/deep/x.txt"));
  file.commit();
  EXPECT_EQ(read_text(folder / "new/deep/x.txt"), "one two");
  EXPECT_EQ(folder.count(), 3);
}

TEST(AtomicFile, LeavesTheOldFileWithoutCommit) {
  const TemporaryFolder folder;
  write_text(folder / "x.txt", "old");
  AtomicFile(folder / "x.txt").write(as_bytes("new"));
  EXPECT_EQ(read_text(folder / "x.txt"), "old");
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, ReplacesTheOldFile) {
  const TemporaryFolder folder;
  write_text(folder / "x.txt", "a longer old text");
  for (const Flush flush : {Flush::kToDisk, Flush::kLater}) {
    write_file_atomically(folder / "x.txt", as_bytes("new"), flush);
    EXPECT_EQ(read_text(folder / "x.txt"), "new");
  }
}

TEST(AtomicFile, MayBeWrittenByWhoeverOpensItsTemporaryPath) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "x.txt");
  write_text(file.temporary_path(), "by a library");
  file.commit();
  EXPECT_EQ(read_text(folder / "x.txt"), "by a library");
}

TEST(AtomicFile, OverwritesWithoutMovingTheEnd) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "x.txt");
  file.write(as_bytes("size=?? "));
  file.overwrite(5, as_bytes("12"));
  file.write(as_bytes("end"));
  file.commit();
  EXPECT_EQ(read_text(folder / "x.txt"), "size=12 end");
}

TEST(AtomicFile, RefusesPathsThatCannotBeWritten) {
  const TemporaryFolder folder;
  write_text(folder / "file", "x");
  EXPECT_NE(error_of([&] { AtomicFile file(folder.path().string()); }).find("found a folder"),
            std::string::npos);
  EXPECT_NE(error_of([&] { AtomicFile file(folder / "file/inside"); }), "");
  EXPECT_NE(error_of([&] { AtomicFile file("/proc/gdd/x"); }).find("/proc/gdd"), std::string::npos);
}

TEST(AtomicFile, TellsAFullDiskFromOtherErrors) {
  AtomicFile file("/dev/full");  // into which it pours
  file.write(as_bytes(std::string("x")));
  EXPECT_THROW(file.commit(), WriteError);
  EXPECT_THROW(write_file_atomically("/proc/none/x", as_bytes(std::string("x"))), WriteError);
}

TEST(AtomicFile, FollowsALinkAndLeavesItALink) {
  const TemporaryFolder folder;
  write_text(folder / "real.txt", "old");
  std::filesystem::create_symlink("real.txt", folder / "link");
  write_file_atomically(folder / "link", as_bytes("new"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_text(folder / "real.txt"), "new");
}

TEST(AtomicFile, RefusesALinkToNothing) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("nowhere", folder / "link");
  EXPECT_NE(error_of([&] { try_output(folder / "link"); }).find("leads to no file"), std::string::npos);
}

TEST(AtomicFile, WritesIntoAPipeAndDoesNotReplaceIt) {
  const TemporaryFolder folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_NE(error_of([&] { write_file_atomically(pipe, as_bytes("x")); }), "") << "nobody reads";
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  write_file_atomically(pipe, as_bytes("through"));
  char text[16] = "";
  EXPECT_EQ(::read(reader, text, sizeof text), 7);
  ::close(reader);
  EXPECT_STREQ(text, "through");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_EQ(folder.count(), 1);
}

TEST(AtomicFile, WritesIntoADeviceAndDoesNotReplaceIt) {
  write_file_atomically("/dev/null", as_bytes("gone"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_NE(error_of([] { write_file_atomically("/dev/full", as_bytes("x")); }).find("/dev/full"),
            std::string::npos);
}

TEST(AtomicFile, PassesByNamesThatOthersPlanted) {
  const TemporaryFolder folder;
  write_text(folder / "victim", "untouched");
  write_text(folder / "x.txt", "old");
  for (int i = 0; i < 50; ++i)
    std::filesystem::create_symlink(
        "victim", folder / ("x.txt.tmp." + std::to_string(::getpid()) + "-" + std::to_string(i)));
  write_file_atomically(folder / "x.txt", as_bytes("new"));
  EXPECT_EQ(read_text(folder / "victim"), "untouched");
  EXPECT_EQ(read_text(folder / "x.txt"), "new");
  EXPECT_FALSE(std::filesystem::is_symlink(folder / "x.txt"));
}

TEST(AtomicFile, IsWholeWhicheverThreadWritesItLast) {
  const TemporaryFolder folder;
  testing_support::on_threads(4, [&](int t) {
    for (int i = 0; i < 20; ++i)
      write_file_atomically(folder / "x.txt", as_bytes(std::string(1000, static_cast<char>('a' + t))),
                            Flush::kLater);
  });
  const std::string text = read_text(folder / "x.txt");
  EXPECT_EQ(text, std::string(1000, text.at(0)));
  EXPECT_EQ(folder.count(), 1);
}

}  // namespace
}  // namespace gdd
