#include "measurement/feature_input.h"

#include <gtest/gtest.h>

#include <cmath>

#include "measurement/load_reference.h"
#include "measurement/measured_images.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using testing_support::write_pictures;

const std::vector<double> kSix = {1, 2, 3, 4, 5, 6};

std::string write_npz(const std::string& path,
                      const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& arrays) {
  NpzWriter npz(path);
  for (const auto& [name, shape] : arrays) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    npz.add(name, shape, std::span<const double>(kSix.data(), static_cast<std::size_t>(count)));
  }
  npz.commit();
  return path;
}

TEST(FeatureInput, AFolderIsImages) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 3);
  const FeatureInput input(folder / "set");
  ASSERT_NE(input.images(), nullptr);
  EXPECT_EQ(input.images()->size(), 3);
  EXPECT_EQ(input.description(), folder / "set" + " (3 images)");
}

TEST(FeatureInput, AnNpzWithFeaturesStandsForThem) {
  const TemporaryFolder folder;
  const FeatureInput input(write_npz(folder / "f.npz", {{"features", {3, 2}}}));
  ASSERT_TRUE(input.features());
  EXPECT_EQ(input.features()->rows, 3);
  EXPECT_EQ(input.features()->columns, 2);
  EXPECT_EQ(input.images(), nullptr);
}

TEST(FeatureInput, AKeyNamesAnyArrayOfRows) {
  const TemporaryFolder folder;
  const std::string path = write_npz(folder / "f.npz", {{"a", {2, 3}}, {"b", {3, 2}}, {"c", {6}}});
  const FeatureInput input(path + ":b");
  EXPECT_EQ(input.path(), path);
  EXPECT_EQ(input.features()->member, "b");
  std::vector<double> rows;
  input.read_blocks(*input.features(), [&](FeaturesF64 block) {
    rows.insert(rows.end(), block.data, block.data + block.rows * block.columns);
  });
  EXPECT_EQ(rows, kSix);
}

TEST(FeatureInput, AKeyThatIsAbsentOrNoRowsIsNamed) {
  const TemporaryFolder folder;
  const std::string path = write_npz(folder / "f.npz", {{"a", {2, 3}}, {"c", {6}}});
  const std::string absent = error_of([&] { FeatureInput(path + ":x"); });
  EXPECT_NE(absent.find("f.npz:x: no such array; present: a, c"), std::string::npos) << absent;
  const std::string flat = error_of([&] { FeatureInput(path + ":c"); });
  EXPECT_NE(flat.find("expected a float array [N, D]"), std::string::npos) << flat;
  EXPECT_NE(flat.find("found <f8 [6]"), std::string::npos) << flat;
}

TEST(FeatureInput, AKeyNamesImagesToo) {
  const TemporaryFolder folder;
  NpzWriter npz(folder / "s.npz");
  const std::vector<std::uint8_t> pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  npz.add("samples", {4, 1, 1, 3}, std::span<const std::uint8_t>(pixels));
  npz.commit();
  const std::string error = error_of([&] { FeatureInput(folder / "s.npz"); });
  EXPECT_NE(error.find("name an array of features or images with"), std::string::npos) << error;
  const FeatureInput input(folder / "s.npz:samples");
  ASSERT_NE(input.images(), nullptr);
  EXPECT_EQ(input.images()->size(), 4);
  EXPECT_EQ(input.images()->name(2), "samples[2]");
  EXPECT_EQ(input.images()->read(2).pixels, (std::vector<std::uint8_t>{7, 8, 9}));
}

TEST(FeatureInput, FilesOfOtherKindsAreNamed) {
  const TemporaryFolder folder;
  const auto error_with = [&](const std::string& text) {
    testing_support::write_text(folder / "x.npz", text);
    return error_of([&] { FeatureInput(folder / "x.npz"); });
  };
  EXPECT_NE(error_with("<!DOCTYPE html>").find("statistics, found a web page; the download failed"),
            std::string::npos);
  EXPECT_NE(error_with("\x1f\x8b\x08").find("found a gzip file; unpack it first"), std::string::npos);
  EXPECT_NE(error_with("\x89PNG\r\n\x1a\n").find("found one image"), std::string::npos);
  const std::string state = std::string(GDD_TEST_DATA) + "/checkpoints/state.zip.pth";
  EXPECT_NE(error_of([&] { FeatureInput{state}; }).find("found a torch file (state dict or network)"),
            std::string::npos);
  const std::string legacy = std::string(GDD_TEST_DATA) + "/checkpoints/state.legacy.pth";
  const std::string said = error_of([&] { FeatureInput{legacy}; });
  EXPECT_NE(said.find("found a torch file (state dict or network)"), std::string::npos) << said;
}

// A header alone: no rows, and so no bytes, of so many columns.
std::string write_empty(const std::string& path, std::int64_t columns) {
  NpzWriter npz(path);
  npz.begin("features", "<f2", {0, columns});
  npz.commit();
  return path;
}

TEST(FeatureInput, RowsOfAbsurdWidthAreRefused) {
  const TemporaryFolder folder;
  for (const int power : {21, 60, 61}) {  // 2^61 * 8 is 2^64: 0
    const std::string path = write_empty(folder / "f.npz", std::int64_t{1} << power);
    const std::string error = error_of([&] { FeatureInput{path}; });
    EXPECT_NE(error.find("f.npz:features: expected rows of at most 1048576 values"), std::string::npos)
        << error;
  }
  EXPECT_TRUE(FeatureInput(write_empty(folder / "f.npz", 1 << 20)).features());
}

TEST(FeatureInput, AnNpzWithNothingKnownListsWhatItHolds) {
  const TemporaryFolder folder;
  const std::string path = write_npz(folder / "f.npz", {{"weights", {2, 3}}, {"sigma", {1}}});
  const std::string error = error_of([&] { FeatureInput{path}; });
  EXPECT_NE(error.find("found weights, sigma"), std::string::npos) << error;
}

TEST(FeatureInput, ANameWithAColonThatExistsIsAFile) {
  const TemporaryFolder folder;
  write_pictures(folder / "run:3", 2);
  EXPECT_EQ(FeatureInput(folder / "run:3").images()->size(), 2);
}

TEST(LoadReference, ReadsMuAndSigma) {
  const TemporaryFolder folder;
  const FeatureInput input(write_npz(folder / "r.npz", {{"mu", {2}}, {"sigma", {2, 2}}}));
  const Statistics statistics = load_statistics(input, StatisticsKind::kPool3);
  EXPECT_EQ(statistics.mu, (std::vector<double>{1, 2}));
  EXPECT_EQ(statistics.sigma, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_FALSE(has_statistics(input, StatisticsKind::kSpatial));
}

TEST(LoadReference, RefusesShapesThatDoNotFitAndNames) {
  const TemporaryFolder folder;
  const FeatureInput wrong(write_npz(folder / "r.npz", {{"mu", {3}}, {"sigma", {2, 2}}}));
  const std::string shape = error_of([&] { load_statistics(wrong, StatisticsKind::kPool3); });
  EXPECT_NE(shape.find("found [3] and [2, 2]"), std::string::npos) << shape;
  const std::string absent = error_of([&] { load_statistics(wrong, StatisticsKind::kSpatial); });
  EXPECT_NE(absent.find("no mu_s and sigma_s, found"), std::string::npos) << absent;
}

TEST(LoadReference, RefusesNaN) {
  const TemporaryFolder folder;
  NpzWriter npz(folder / "r.npz");
  npz.add("mu", {1}, std::span<const double>(kSix.data(), 1));
  const double nan[] = {std::nan("")};
  npz.add("sigma", {1, 1}, std::span<const double>(nan));
  npz.commit();
  const FeatureInput input(folder / "r.npz");
  const std::string error = error_of([&] { load_statistics(input, StatisticsKind::kPool3); });
  EXPECT_NE(error.find("sigma: holds NaN or infinity"), std::string::npos) << error;
}

TEST(FeatureInput, Edm2sPickleHoldsStatisticsByGroup) {
  const std::string path = std::string(GDD_TEST_DATA) + "/checkpoints/edm2.pkl";
  const FeatureInput usual(path);
  EXPECT_EQ(usual.header("mu").shape, std::vector<std::int64_t>{4});
  EXPECT_EQ(usual.read("sigma").as_float64()[5], 2);
  EXPECT_EQ(FeatureInput(path + ":fd_dinov2").header("mu").shape, std::vector<std::int64_t>{3});
  FeatureInput preferred(path);
  preferred.prefer(Family::kClip);
  EXPECT_EQ(preferred.group(), "fid");
  preferred.prefer(Family::kDinov2);
  EXPECT_EQ(preferred.header("mu").shape, std::vector<std::int64_t>{3});
  EXPECT_NE(preferred.description().find("mu and sigma of fd_dinov2"), std::string::npos);
  FeatureInput named(path + ":fid");
  named.prefer(Family::kDinov2);
  EXPECT_EQ(named.group(), "fid");
  const std::string error = error_of([&] { FeatureInput(path + ":clip"); });
  EXPECT_NE(error.find("under 'clip', found fid.mu, fid.sigma, fd_dinov2.mu, fd_dinov2.sigma"),
            std::string::npos)
      << error;
  const std::string hostile = std::string(GDD_TEST_DATA) + "/hostile/call-build.pkl";
  EXPECT_NE(error_of([&] { FeatureInput input(hostile); }).find("is not known"), std::string::npos);
}

}  // namespace
}  // namespace gdd
