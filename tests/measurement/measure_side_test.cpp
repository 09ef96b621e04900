#include "measurement/measure_side.h"

#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "measurement/measured_images.h"
#include "measurement/merge_features.h"
#include "measurement/save_features.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::everything;
using testing_support::MeanDetector;
using testing_support::picture;
using testing_support::TemporaryFolder;
using testing_support::write_pictures;

const SideOptions kPlain;

void save_all(const FeatureInput& input, const Detector& detector, const SideOptions& options,
              const std::string& dest) {
  StoredImages images(*input.images(), choose_images(*input.images(), options.selection, nobody()));
  save_features(images, 0, images.size(), detector, options.extract, nobody(), dest);
}

TEST(MeasureSide, KeepsRowsInTheOrderOfTheImages) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 5);
  const Side side = measure_side(FeatureInput(folder / "set"), everything(),
                                 std::make_unique<MeanDetector>().get(), kPlain);
  EXPECT_EQ(side.num_samples, 5);
  ASSERT_EQ(side.features.size(), 15u);
  ASSERT_EQ(side.probabilities.size(), 10u);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(side.features[static_cast<std::size_t>(3 * i + 1)], picture(i).pixels.front());
}

TEST(MeasureSide, TheBatchSizeChangesNothing) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 7);
  const FeatureInput input(folder / "set");
  const MeanDetector detector;
  SideOptions small;
  small.extract.batch = 2;
  const Side one = measure_side(input, everything(), &detector, kPlain);
  const Side many = measure_side(input, everything(), &detector, small);
  EXPECT_EQ(one.features, many.features);
  EXPECT_EQ(one.hash, many.hash);
  EXPECT_EQ(one.statistics->sigma, many.statistics->sigma);
  EXPECT_EQ(detector.batches, (std::vector<std::int64_t>{7, 2, 2, 2, 1}));
}

// Ranks and shards extract whole parts of 512 images: one process alone must make the same batches.
TEST(MeasureSide, NoBatchCrossesAPart) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 1030);
  const FeatureInput input(folder / "set");
  const MeanDetector detector;
  SideOptions options;
  options.extract.batch = 300;
  measure_side(input, everything(), &detector, options);
  EXPECT_EQ(detector.batches, (std::vector<std::int64_t>{300, 212, 300, 212, 6}));
}

// 12 MB an image: a batch ends where 256 MB of pixels are reached, whatever --batch allows.
TEST(MeasureSide, LargeImagesMakeSmallerBatches) {
  const TemporaryFolder folder;
  const Image large{2000, 2000, 3, std::vector<std::uint8_t>(12'000'000, 7)};
  write_file_atomically(folder / "set/000.png", encode_png(large));
  for (int i = 1; i < 30; ++i)
    std::filesystem::create_symlink("000.png", folder / ("set/" + std::to_string(100 + i) + ".png"));
  const MeanDetector detector;
  measure_side(FeatureInput(folder / "set"), everything(), &detector, kPlain);
  EXPECT_EQ(detector.batches, (std::vector<std::int64_t>{23, 7}));
}

TEST(MeasureSide, ArraysAndTheirImagesGiveTheSame) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 6);
  const FeatureInput images(folder / "set");
  const MeanDetector detector;
  SideOptions options;
  options.extract.request.probabilities = true;
  save_all(images, detector, options, folder / "f.npz");
  const FeatureInput arrays(folder / "f.npz");
  EXPECT_FALSE(needs_detector(arrays, everything()));
  const Side from_images = measure_side(images, everything(), &detector, kPlain);
  const Side from_arrays = measure_side(arrays, everything(), nullptr, kPlain);
  EXPECT_EQ(from_images.features, from_arrays.features);
  EXPECT_EQ(from_images.probabilities, from_arrays.probabilities);
  EXPECT_EQ(from_images.statistics->mu, from_arrays.statistics->mu);
}

TEST(MeasureSide, NumChoosesTheSameSubsetOfImagesAndOfRows) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 12);
  const FeatureInput images(folder / "set");
  const MeanDetector detector;
  save_all(images, detector, kPlain, folder / "f.npz");
  SideOptions options;
  options.selection.num = 5;
  options.selection.seed = 3;
  const Side a = measure_side(images, everything(), &detector, options);
  SideRequest rows;
  rows.features = true;
  const Side b = measure_side(FeatureInput(folder / "f.npz"), rows, nullptr, options);
  EXPECT_EQ(a.num_samples, 5);
  EXPECT_EQ(a.features, b.features);
}

TEST(MeasureSide, AnImageOfAnotherSizeIsNamed) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 2);
  write_pictures(folder / "set/late", 1, 9, 8);
  const MeanDetector detector;
  const FeatureInput input(folder / "set");
  SideOptions options;
  const std::string error = error_of([&] { measure_side(input, everything(), &detector, options); });
  EXPECT_NE(error.find("all images must be 4x4 as the first is: 'late/0000.png' is 8x8"), std::string::npos)
      << error;
  options.extract.request.protocol = "clean";  // resizes each on its own
  EXPECT_EQ(measure_side(input, everything(), &detector, options).num_samples, 3);
}

TEST(MeasureSide, GreyImagesAreCounted) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 2);
  write_file_atomically(folder / "set/grey.png", encode_png(picture(5, 4, 4, 1)));
  const MeanDetector detector;
  SideOptions options;
  testing_support::RecordingObserver observer;
  options.observer = &observer;
  measure_side(FeatureInput(folder / "set"), everything(), &detector, options);
  EXPECT_NE(observer.said.find("1 of 3 images are grey"), std::string::npos) << observer.said;
}

TEST(MeasureSide, OneImageIsTooFew) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 1);
  const MeanDetector detector;
  const std::string error =
      error_of([&] { measure_side(FeatureInput(folder / "set"), everything(), &detector, kPlain); });
  EXPECT_NE(error.find("needs at least two images, found 1"), std::string::npos) << error;
}

TEST(MeasureSide, MoreThanThereIsCannotBeChosen) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 3);
  const MeanDetector detector;
  SideOptions options;
  options.selection.num = 4;
  const std::string error =
      error_of([&] { measure_side(FeatureInput(folder / "set"), everything(), &detector, options); });
  EXPECT_NE(error.find("--num asks for 4 images, found 3"), std::string::npos) << error;
}

TEST(MeasureSide, WhatCannotBeHadIsRefusedBeforeAnyWork) {
  const TemporaryFolder folder;
  NpzWriter npz(folder / "r.npz");
  const double numbers[] = {1, 0, 0, 1};
  npz.add("mu", {2}, std::span<const double>(numbers, 2));
  npz.add("sigma", {2, 2}, std::span<const double>(numbers, 4));
  npz.commit();
  const FeatureInput input(folder / "r.npz");
  SideRequest request;
  request.features = true;
  const std::string error = error_of([&] { needs_detector(input, request); });
  EXPECT_NE(error.find("features are needed, not statistics alone"), std::string::npos) << error;
}

TEST(MeasureSide, ImagesWithAlphaAreCounted) {
  const TemporaryFolder folder;
  const std::string with_alpha = std::string(GDD_TEST_DATA) + "/images/rgba.png";
  for (const char* name : {"a.png", "b.png"}) {
    std::filesystem::create_directories(folder / "set");
    std::filesystem::copy_file(with_alpha, folder / ("set/" + std::string(name)));
  }
  const MeanDetector detector;
  SideOptions options;
  testing_support::RecordingObserver observer;
  options.observer = &observer;
  measure_side(FeatureInput(folder / "set"), everything(), &detector, options);
  EXPECT_NE(observer.said.find("2 of 2 images have an alpha channel, which is left out"), std::string::npos)
      << observer.said;
}

TEST(MeasureSide, SoManyDamagedImagesMayBeLeftOut) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 5);
  for (const char* name : {"0001.png", "0003.png"})
    testing_support::write_text(folder / ("set/" + std::string(name)), "\x89PNG\r\n\x1a\nnot a picture");
  const FeatureInput input(folder / "set");
  const MeanDetector detector;
  SideOptions options;
  testing_support::RecordingObserver observer;
  options.observer = &observer;
  options.selection.skip_corrupt = 1;
  const std::string error = error_of([&] { measure_side(input, everything(), &detector, options); });
  EXPECT_NE(error.find("more than the 1 damaged images that --skip-corrupt allows"), std::string::npos)
      << error;
  EXPECT_NE(error.find("0003.png"), std::string::npos) << error;
  options.selection.skip_corrupt = 2;
  observer.said.clear();
  const Side side = measure_side(input, everything(), &detector, options);
  EXPECT_EQ(side.num_samples, 3);
  EXPECT_NE(observer.said.find("0001.png"), std::string::npos) << observer.said;
  EXPECT_NE(observer.said.find("0003.png"), std::string::npos) << observer.said;
  EXPECT_EQ(side.features[4], picture(2).pixels.front());  // the second that is left
}

std::string write_rows(const std::string& path, const std::vector<std::int64_t>& shape,
                       const std::vector<double>& values, const char* member = "features") {
  NpzWriter npz(path);
  npz.add(member, shape, std::span<const double>(values));
  npz.commit();
  return path;
}

TEST(MeasureSide, NoRowsAreAnErrorThatNamesTheArray) {
  const TemporaryFolder folder;
  const FeatureInput input(write_rows(folder / "f.npz", {0, 8}, {}));
  for (bool SideRequest::*wanted :
       {&SideRequest::statistics, &SideRequest::features, &SideRequest::exact_features}) {
    SideRequest request;
    request.*wanted = true;
    const std::string error = error_of([&] { measure_side(input, request, nullptr, kPlain); });
    EXPECT_NE(error.find("f.npz:features: expected rows, found none"), std::string::npos) << error;
  }
}

TEST(MeasureSide, FeaturesTooLargeForTheirStatisticsAreRefusedByName) {
  const TemporaryFolder folder;
  const FeatureInput input(write_rows(folder / "f.npz", {3, 1}, {1e200, -1e200, 3}));
  SideRequest request;
  request.statistics = true;
  const std::string error = error_of([&] { measure_side(input, request, nullptr, kPlain); });
  EXPECT_NE(error.find("f.npz: statistics: the mean or the covariance is not finite"), std::string::npos)
      << error;
  request = {};
  request.features = true;
  const std::string wide = error_of([&] { measure_side(input, request, nullptr, kPlain); });
  EXPECT_NE(wide.find("f.npz: expected features within the range of float32"), std::string::npos) << wide;
}

// For as long as one test.
class SmallBudget {
 public:
  explicit SmallBudget(std::uint64_t bytes) { set_memory_budget(bytes); }
  ~SmallBudget() { set_memory_budget(before_); }
  SmallBudget(const SmallBudget&) = delete;
  SmallBudget& operator=(const SmallBudget&) = delete;

 private:
  std::uint64_t before_ = memory_budget();
};

TEST(MeasureSide, MatricesAreChargedBeforeTheyAreMade) {
  const SmallBudget budget(64 << 20);
  const TemporaryFolder folder;
  SideRequest request;
  request.statistics = true;
  const auto error_at = [&](std::int64_t columns) {
    const std::vector<double> values(static_cast<std::size_t>(2 * columns), 0.5);
    const FeatureInput input(write_rows(folder / "f.npz", {2, columns}, values));
    return error_of([&] { measure_side(input, request, nullptr, kPlain); });
  };
  EXPECT_EQ(error_at(1600), "");  // three matrices of 20 MB
  const std::string error = error_at(30000);
  EXPECT_NE(error.find("f.npz: needs 21.6 GB of memory for its rows and their covariance"), std::string::npos)
      << error;
  constexpr std::size_t d = 4096;
  NpzWriter npz(folder / "s.npz");
  npz.add("mu", {d}, std::span<const float>(std::vector<float>(d)));
  npz.add("sigma", {d, d}, std::span<const float>(std::vector<float>(d * d)));
  npz.commit();
  const FeatureInput stored(folder / "s.npz");
  const std::string sigma = error_of([&] { load_statistics(stored, StatisticsKind::kPool3); });
  EXPECT_NE(sigma.find("s.npz: needs 201 MB of memory for sigma of 4096 dimensions"), std::string::npos)
      << sigma;
}

TEST(MeasureSide, RowsAreChargedBeforeTheyAreKept) {
  const SmallBudget budget(2 << 20);
  const TemporaryFolder folder;
  const std::vector<double> values(100'000, 0.25);
  const FeatureInput input(write_rows(folder / "f.npz", {100'000, 1}, values));
  SideRequest request;
  request.features = true;
  EXPECT_EQ(measure_side(input, request, nullptr, kPlain).features.size(), values.size());
  request.exact_features = request.statistics = true;
  EXPECT_EQ(error_of([&] { measure_side(input, request, nullptr, kPlain); }), "");
  SideOptions options;
  options.selection.num = 1000;
  EXPECT_EQ(measure_side(input, request, nullptr, options).num_samples, 1000);
  const std::vector<double> pairs(300'000, 0.25);
  const FeatureInput more(write_rows(folder / "g.npz", {300'000, 1}, pairs));
  const std::string error = error_of([&] { measure_side(more, request, nullptr, kPlain); });
  EXPECT_NE(error.find("g.npz: needs 4 MB of memory"), std::string::npos) << error;
}

TEST(ChooseImages, TheListOfTinyImagesIsCharged) {
  const SmallBudget budget(64 << 20);
  const TemporaryFolder folder;
  NpzWriter npz(folder / "i.npz");
  npz.begin("arr_0", "|u1", {1 << 20, 1, 1, 1});
  npz.append(std::vector<std::byte>(1 << 20));
  npz.commit();
  const FeatureInput input(folder / "i.npz");
  const std::string error = error_of([&] { choose_images(*input.images(), {}, nobody()); });
  EXPECT_NE(error.find("i.npz: needs 84 MB of memory for the numbers and hashes of 1048576 images"),
            std::string::npos)
      << error;
}

TEST(SaveFeatures, AShardWithoutImagesMergesWithTheOthers) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 3);
  const FeatureInput input(folder / "set");
  const MeanDetector detector;
  ExtractOptions options;
  options.request.probabilities = true;
  StoredImages images(*input.images(), {0, 1, 2});
  save_features(images, 3, 3, detector, options, nobody(), folder / "none.npz");
  save_features(images, 0, 3, detector, options, nobody(), folder / "all.npz");
  merge_features({folder / "none.npz", folder / "all.npz"}, folder / "merged.npz");
  EXPECT_EQ(testing_support::read_text(folder / "merged.npz"),
            testing_support::read_text(folder / "all.npz"));
}

TEST(MergeFeatures, AnArrayThatIsNoRowsIsNamed) {
  const TemporaryFolder folder;
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{}, {1}, {1, 1, 1}}) {
    NpzWriter npz(folder / "f.npz");
    const std::vector<float> one = {1};
    const std::vector<std::int64_t> counts = {1, 0, 0, 4, 4};
    npz.add("features", {1, 1}, std::span<const float>(one));
    npz.add("spatial", shape, std::span<const float>(one));
    npz.add("image_sha256", {1, 64}, std::span<const std::uint8_t>(std::vector<std::uint8_t>(64, 'a')));
    npz.add("image_counts", {5}, std::span<const std::int64_t>(counts));
    npz.commit();
    const std::string error = error_of([&] { merge_features({folder / "f.npz"}, folder / "m.npz"); });
    EXPECT_NE(error.find("f.npz:spatial: expected a float array of 1 rows"), std::string::npos) << error;
  }
}

TEST(SaveFeatures, NothingStaysBehindWhenAnImageIsDamaged) {
  const TemporaryFolder folder;
  write_pictures(folder / "set", 3);
  testing_support::write_text(folder / "set/0001.png", "\x89PNG\r\n\x1a\nnot a picture");
  const MeanDetector detector;
  SideOptions options;
  options.extract.request.probabilities = true;
  const std::string error =
      error_of([&] { save_all(FeatureInput(folder / "set"), detector, options, folder / "out/f.npz"); });
  EXPECT_NE(error.find("0001.png"), std::string::npos) << error;
  EXPECT_TRUE(std::filesystem::is_empty(folder / "out"));
}

}  // namespace
}  // namespace gdd
