#include "base/atomic_file.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

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

}  // namespace
}  // namespace gdd
