#include "cli/file_roles.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;

class FileRolesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_text(folder_ / "in.npz", "input");
    write_text(folder_ / "images/a.png", "picture");
  }
  std::string refusal(const std::string& output) {
    FileRoles files;
    files.input("--data", folder_ / "in.npz:features");
    files.input("--images", folder_ / "images");
    files.output("--dest", output);
    return error_of([&] { files.check(); });
  }
  TemporaryFolder folder_;
};

TEST_F(FileRolesTest, RefusesAnInputUnderAnyOfItsNames) {
  std::filesystem::create_hard_link(folder_ / "in.npz", folder_ / "hard");
  std::filesystem::create_symlink("in.npz", folder_ / "soft");
  for (const char* name : {"in.npz", "hard", "soft", "./images/../in.npz"})
    EXPECT_NE(refusal(folder_ / name).find("--dest: '" + folder_ / name + "' is also read (--data)"),
              std::string::npos)
        << name;
}

TEST_F(FileRolesTest, RefusesAnImageOfAFolderThatIsRead) {
  EXPECT_NE(refusal(folder_ / "images/a.png").find("one of the images"), std::string::npos);
  EXPECT_EQ(refusal(folder_ / "images/report.json"), "");
}

TEST_F(FileRolesTest, RefusesTwoOutputsOfOneName) {
  FileRoles files;
  files.output("--zip", folder_ / "new/x.zip");
  files.output("--json", folder_ / "new/../new/x.zip");
  EXPECT_NE(error_of([&] { files.check(); }).find("also written by --zip"), std::string::npos);
}

TEST_F(FileRolesTest, FindsWhatCannotBeWrittenAndLeavesNothing) {
  EXPECT_NE(refusal(folder_ / "images"), "");
  EXPECT_NE(refusal("/proc/nope/r.npz"), "");
  EXPECT_EQ(refusal(folder_ / "out.npz"), "");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.npz"));
  EXPECT_EQ(refusal("/dev/null"), "");
}

}  // namespace
}  // namespace gdd
