#include "detectors/script_archive.h"

#include <gtest/gtest.h>

#include "archive/zip.h"
#include "archive/zip_writer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

// tiny.pt with its members in an archive of ours, and one more.
class ScriptArchive : public testing::Test {
 protected:
  std::string error_with(const std::string& name) const {
    const ZipReader whole(std::string(GDD_TEST_DATA) + "/detectors/tiny.pt");
    ZipWriter zip(folder_ / "net.pt");
    for (const ZipReader::Entry& entry : whole.entries()) zip.add(entry.name, whole.read(entry.name));
    if (!name.empty()) zip.add(name, as_bytes("x"));
    zip.commit();
    return testing_support::error_of([&] { require_same_archive(folder_ / "net.pt"); });
  }
  testing_support::TemporaryFolder folder_;
};

TEST_F(ScriptArchive, IsReadAsLibTorchReadsIt) {
  EXPECT_EQ(error_with(""), "");
  EXPECT_NO_THROW(require_same_archive(std::string(GDD_TEST_DATA) + "/detectors/tiny.pt"));
}

TEST_F(ScriptArchive, WithNamesThatDifferInCaseIsRefused) {
  EXPECT_NE(error_with("tiny/Data.pkl").find("can be read in two ways at 'tiny/"), std::string::npos);
}

}  // namespace
}  // namespace gdd
