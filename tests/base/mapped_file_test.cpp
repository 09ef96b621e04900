#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/temporary_folder.h"

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
