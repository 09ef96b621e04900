#include "base/small_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;

TEST(ReadSmallFile, GivesTheWholeFileOrNothing) {
  const TemporaryFolder folder;
  write_text(folder / "a", "12345");
  write_text(folder / "empty", "");
  EXPECT_EQ(read_small_file(folder / "a", 5), "12345");
  EXPECT_EQ(read_small_file(folder / "a", 1000), "12345");
  EXPECT_EQ(read_small_file(folder / "empty", 0), "");
  EXPECT_EQ(read_small_file(folder / "none", 5), std::nullopt);
  EXPECT_EQ(read_small_file(folder / "a/b", 5), std::nullopt);
  EXPECT_NE(error_of([&] { read_small_file(folder / "a", 4); }).find("expected at most 4 bytes, found 5"),
            std::string::npos);
}

TEST(ReadSmallFile, RefusesWhatCouldBlockOrNeverEnd) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", folder / "zero");
  for (const std::string& path : {folder / "pipe", folder / "zero", folder.path().string()})
    EXPECT_NE(error_of([&] { read_small_file(path, 100); }).find("expected a regular file"),
              std::string::npos)
        << path;
}

}  // namespace
}  // namespace gdd
