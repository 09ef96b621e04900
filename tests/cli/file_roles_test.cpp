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

// Neither a bare name nor a folder that is not there yet hides that two names are one.
TEST_F(FileRolesTest, KnowsAFileThatIsNotThereYetByAllItsNames) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  std::filesystem::create_directory_symlink(".", "here");
  for (const auto& [one, other] :
       std::vector<std::pair<std::string, std::string>>{{"x.npz", "./x.npz"},
                                                        {"x.npz", folder_ / "x.npz"},
                                                        {"x.npz", "here/x.npz"},
                                                        {"new/x.npz", "here/new/x.npz"}}) {
    FileRoles files;
    files.output("--dest", one);
    files.output("--json", other);
    EXPECT_NE(error_of([&] { files.check(); }).find("also written by --dest"), std::string::npos)
        << one << " " << other;
  }
  std::filesystem::current_path(before);
}

TEST_F(FileRolesTest, KeepsOutOfARunsRecords) {
  EXPECT_NE(refusal(folder_ / "out/.gdd-run/settings").find("where gdd-sample remembers its run"),
            std::string::npos);
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
