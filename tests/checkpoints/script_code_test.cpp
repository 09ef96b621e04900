#include "checkpoints/script_code.h"

#include <gtest/gtest.h>

#include "archive/zip_writer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;

class ScriptCode : public ::testing::Test {
 protected:
  std::string refusal(const std::string& member, const std::string& text) {
    const std::string path = folder_ / "net.pt";
    ZipWriter zip(path);
    zip.add("net/data.pkl", as_bytes("from_file is data here"));
    zip.add(member, as_bytes(text));
    zip.commit();
    return error_of([&] { refuse_dangerous_code(path); });
  }
  TemporaryFolder folder_;
};

TEST_F(ScriptCode, RefusesByNameWhatRunsOnLoadingOrWritesFiles) {
  const std::string member = "net/code/__torch__/a.py";
  EXPECT_NE(refusal(member, "  def __setstate__(self, x: int):").find("net/code/__torch__/a.py: the program"),
            std::string::npos);
  for (const char* text : {"_0 = torch.from_file(\"x\", True, 4096)", "y = \"x\".from_file(True, 4096)",
                           "torch . from_file (\"x\")", "print(x)", "ops.aten.save(x, \"y\")", "torch.load"})
    EXPECT_NE(refusal(member, text), "") << text;
}

TEST_F(ScriptCode, LooksIntoEveryMemberThatTorchMayCompile) {
  for (const char* member : {"net/code/__torch__.py", "x.py", "code/a", "a/b/code/c.py"})
    EXPECT_NE(refusal(member, "from_file"), "") << member;
}

TEST_F(ScriptCode, AcceptsWhatNetworksAreMadeOf) {
  EXPECT_EQ(refusal("net/code/__torch__/a.py",
                    "def forward(self, x: Tensor) -> Tensor:\n  return torch.conv2d(x, self.payload)\n"),
            "");
}

TEST_F(ScriptCode, RefusesTheOldestFormatAndWhatIsNoArchive) {
  EXPECT_NE(refusal("net/model.json", "{}").find("oldest format"), std::string::npos);
  testing_support::write_text(folder_ / "x.pt", "PTMF");
  EXPECT_NE(error_of([&] { refuse_dangerous_code(folder_ / "x.pt"); }), "");
}

}  // namespace
}  // namespace gdd
