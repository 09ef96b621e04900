#include "base/file_lock.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using Mode = FileLock::Mode;

TEST(FileLock, IsSharedOrOnesOwnPartByPart) {
  const TemporaryFolder folder;
  FileLock one(folder / "lock");
  auto other = std::make_unique<FileLock>(folder / "lock");
  EXPECT_TRUE(one.try_lock(0, Mode::kExclusive));
  EXPECT_FALSE(other->try_lock(0, Mode::kShared));
  EXPECT_TRUE(other->try_lock(1, Mode::kExclusive));
  EXPECT_TRUE(one.try_lock(0, Mode::kShared));  // changes its mode
  EXPECT_TRUE(other->try_lock(0, Mode::kShared));
  EXPECT_FALSE(one.try_lock(0, Mode::kExclusive));
  other.reset();  // gives up all
  EXPECT_TRUE(one.lock(0, Mode::kExclusive, std::chrono::seconds(30)));
  EXPECT_TRUE(one.try_lock(1, Mode::kExclusive));
}

// Its holder may have been stopped.
TEST(FileLock, IsNotWaitedForForEver) {
  const TemporaryFolder folder;
  FileLock one(folder / "lock"), other(folder / "lock");
  EXPECT_TRUE(one.try_lock(0, Mode::kExclusive));
  EXPECT_NE(error_of([&] {
              other.lock(0, Mode::kShared, std::chrono::milliseconds(1));
            }).find("lock: another process holds it for too long"),
            std::string::npos);
}

TEST(FileLock, IsARegularFile) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", folder / "link");
  for (const char* name : {"pipe", "link", "no/folder"})
    EXPECT_NE(error_of([&] { FileLock lock(folder / name); }), "") << name;
}

}  // namespace
}  // namespace gdd
