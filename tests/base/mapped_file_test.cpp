#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include "support/temporary_folder.h"
#include "support/threads.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;

std::string error_of_mapping(const std::string& path) {
  return error_of([&] { MappedFile file(path); });
}

TEST(MappedFile, ShowsTheWholeFile) {
  const TemporaryFolder folder;
  write_text(folder / "x", "content");
  const MappedFile file(folder / "x");
  EXPECT_EQ(as_text(file.bytes()), "content");
  EXPECT_EQ(file.path(), folder / "x");
}

TEST(MappedFile, MayBeSharedBeyondItsOpener) {
  const TemporaryFolder folder;
  write_text(folder / "x", "content");
  SharedFile first = map_file(folder / "x");
  const SharedFile second = first;
  first.reset();
  EXPECT_EQ(as_text(second->bytes()), "content");
}

TEST(MappedFile, IsTheSameAfterPagesWereReleased) {
  const TemporaryFolder folder;
  const std::string content(20'000, 'x');
  write_text(folder / "x", content);
  const MappedFile file(folder / "x");
  file.release(file.bytes());
  file.release(file.bytes().subspan(5000, 10'000));
  EXPECT_EQ(as_text(file.bytes()), content);
}

TEST(MappedFile, ReleasesNothingOfOthers) {
  const TemporaryFolder folder;
  write_text(folder / "x", "content");
  const MappedFile file(folder / "x");
  const std::string other(20'000, 'x');
  file.release(as_bytes(other));
  EXPECT_EQ(other, std::string(20'000, 'x'));
}

TEST(MappedFile, IsFoundByItsAddressWhileOtherThreadsMapAndUnmap) {
  const TemporaryFolder folder;
  testing_support::on_threads(4, [&](int t) {
    const std::string path = folder / std::to_string(t);
    write_text(path, "content");
    for (int i = 0; i < 100; ++i) {
      const MappedFile file(path);
      EXPECT_EQ(mapped_file_at(file.bytes().data()), path);
    }
  });
}

// The kernel lays mappings side by side, the newest lowest.
TEST(MappedFile, IsNotTakenForItsNeighbour) {
  const TemporaryFolder folder;
  for (const char* name : {"first", "second", "third"}) write_text(folder / name, "content");
  write_text(folder / "long", std::string(20'000, 'x'));
  auto first = std::make_unique<MappedFile>(folder / "first");
  const MappedFile second(folder / "second"), third(folder / "third");
  first.reset();
  const MappedFile long_one(folder / "long");  // in the place of the first in the table, below the others
  for (const MappedFile* file : {&second, &third, &long_one})
    EXPECT_EQ(mapped_file_at(file->bytes().data()), file->path());
  EXPECT_EQ(mapped_file_at(long_one.bytes().data() + 19'999), long_one.path());
  EXPECT_EQ(mapped_file_at(&folder), nullptr);
}

TEST(CopiedFile, StaysAsItWasRead) {
  const TemporaryFolder folder;
  const std::string content(20'000, 'x');
  write_text(folder / "x", content);
  const SharedFile file = copy_file(folder / "x");
  std::filesystem::resize_file(folder / "x", 1);
  file->release(file->bytes());
  EXPECT_EQ(as_text(file->bytes()), content);
  EXPECT_EQ(file->path(), folder / "x");
}

TEST(CopiedFile, AsksForItsMemory) {
  const TemporaryFolder folder;
  write_text(folder / "x", "");
  std::filesystem::resize_file(folder / "x", std::uintmax_t{1} << 43);  // a hole
  EXPECT_NE(error_of([&] { copy_file(folder / "x"); }).find("for a copy of the file, more than the"),
            std::string::npos);
}

// Files of Linux's own say that they are a page long, and are not.
TEST(CopiedFile, OfLessThanItsLengthWasCut) {
  const std::string path = "/sys/devices/system/cpu/online";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path << " here";
  EXPECT_NE(error_of([&] { copy_file(path); }).find("was cut short while it was read: expected 4096 bytes"),
            std::string::npos);
}

TEST(MappedFile, RefusesWhatIsNotAFileWithContent) {
  const TemporaryFolder folder;
  write_text(folder / "empty", "");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_NE(error_of_mapping(folder / "missing").find("missing: cannot open: No such file"),
            std::string::npos);
  EXPECT_NE(error_of_mapping(folder / "empty").find("empty: the file is empty"), std::string::npos);
  EXPECT_NE(error_of_mapping(folder.path().string()).find("expected a file, found a folder"),
            std::string::npos);
  EXPECT_NE(error_of_mapping(folder / "pipe").find("found a device, pipe or socket"), std::string::npos);
  EXPECT_NE(error_of_mapping("/dev/zero").find("found a device, pipe or socket"), std::string::npos);
}

}  // namespace
}  // namespace gdd
