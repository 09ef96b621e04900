// Through measure_side, whose kept features they are.
#include "measurement/part_rows.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/sha256.h"
#include "measurement/measure_side.h"
#include "measurement/measured_images.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::everything;
using testing_support::MeanDetector;
using testing_support::TemporaryFolder;
using testing_support::write_pictures;

// Pictures whose features are kept in a cache.
class PartRowsTest : public ::testing::Test {
 protected:
  void write(int pictures) { write_pictures(folder_ / "set", pictures); }
  Side measure(const std::string& cache, std::optional<bool> meanwhile = {}) const {
    SideOptions options;
    options.shown_rows = 7;
    options.cache = folder_ / cache;
    options.rows_meanwhile = meanwhile;
    return measure_side(FeatureInput(folder_ / "set"), everything(), &detector_, options);
  }
  // The path of the one file of that name below.
  std::string only_file(const std::string& name) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
      if (entry.path().filename() == name) found.push_back(entry.path().string());
    EXPECT_EQ(found.size(), 1u) << name;
    return found.at(0);
  }

 private:
  TemporaryFolder folder_;
  MeanDetector detector_;
};

// Of three parts, the last one short.
TEST_F(PartRowsTest, AreTheSameTakenMeanwhileOrAtTheEnd) {
  write(2 * kImagesInPart + 3);
  const Side at_end = measure("one", false);
  for (const Side& side : {measure("two", true), measure("one", true)}) {  // the second made none
    EXPECT_EQ(side.num_samples, 2 * kImagesInPart + 3);
    EXPECT_EQ(side.features, at_end.features);
    EXPECT_EQ(side.probabilities, at_end.probabilities);
    EXPECT_EQ(side.shown_features, at_end.shown_features);
    EXPECT_EQ(side.statistics->sigma, at_end.statistics->sigma);
    EXPECT_EQ(side.hash, at_end.hash);
  }
}

// Whoever wrote it knew its record.
TEST_F(PartRowsTest, FewerInOneArrayAreRefused) {
  write(3);
  measure("cache");
  const std::string part = only_file("00000000.npz"), record = only_file("part-00000000");
  const std::string before = sha256_of_file(part);
  {
    const NpzReader whole(part);
    NpzWriter cut(part);
    for (const std::string& name : whole.names()) {
      NpyArray array = whole.read(name);
      std::vector<std::int64_t> shape = array.header.shape;
      std::size_t bytes = array.data.size();
      if (name == "probabilities") bytes = bytes / 3 * 2, shape[0] = 2;
      cut.begin(name, array.header.kind == 'f' ? "<f4" : array.header.kind == 'i' ? "<i8" : "|u1", shape);
      cut.append(Bytes(array.data.data(), bytes));
    }
    cut.commit();
  }
  std::string text = testing_support::read_text(record);
  text.replace(text.find(before), before.size(), sha256_of_file(part));
  write_file_atomically(record, as_bytes(text));
  EXPECT_NE(error_of([&] { measure("cache"); }).find("probabilities: expected 3 rows, found 2"),
            std::string::npos);
}

}  // namespace
}  // namespace gdd
