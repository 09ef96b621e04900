#include "scoring/look_at_images.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "measurement/measured_images.h"
#include "scoring/compute_distances.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::TemporaryFolder;

// Pictures of the same kind, 40 of either side; the detector's features are the mean, the first and the last
// pixel.
class LookAtImages : public ::testing::Test {
 protected:
  LookAtImages() {
    testing_support::write_pictures(folder_ / "sample", 40, 0);
    testing_support::write_pictures(folder_ / "ref", 40, 100);
  }
  Report look(std::int64_t rows = 1000) const {
    DistanceOptions options;
    options.shown_rows = rows;
    const FeatureInput sample(folder_ / "sample"), reference(folder_ / "ref");
    return compute_distances(
        sample, &reference, [] { return std::make_unique<testing_support::MeanDetector>(); }, options);
  }
  void replace(const std::string& name, const Image& image) const {
    write_file_atomically(folder_ / name, encode_png(image));
  }
  static const Gallery& gallery(const Report& report, const std::string& name) {
    const auto found = std::ranges::find(report.galleries, name, &Gallery::name);
    EXPECT_NE(found, report.galleries.end()) << name;
    return *found;
  }
  const TemporaryFolder folder_;
};

TEST_F(LookAtImages, ShowsTheFirst) {
  const Report report = look();
  const Gallery& first = gallery(report, "first");
  ASSERT_EQ(first.groups.size(), 40u);
  EXPECT_EQ(first.groups[3][0].name, "0003.png");
  EXPECT_EQ(decode_image(first.groups[3][0].png, "").pixels, testing_support::picture(3).pixels);
}

TEST_F(LookAtImages, FindsWhatIsFarAndWhatIsACopy) {
  Image white = testing_support::picture(0);
  std::ranges::fill(white.pixels, 255);  // a mean that no other picture has
  replace("sample/0017.png", white);
  replace("sample/0023.png", testing_support::picture(105));
  const Report report = look();
  EXPECT_EQ(gallery(report, "least_realistic").groups[0][0].name, "0017.png");
  const std::vector<Picture>& pair = gallery(report, "nearest_to_reference").groups[0];
  ASSERT_EQ(pair.size(), 2u);
  EXPECT_EQ(pair[0].name, "0023.png");
  EXPECT_EQ(pair[0].caption, "distance 0");
  EXPECT_EQ(pair[1].name, "0005.png");
}

TEST_F(LookAtImages, FindsWhatIsThereTwiceOnce) {
  replace("sample/0030.png", testing_support::picture(4));
  const Gallery twins = gallery(look(), "nearest_to_each_other");
  EXPECT_EQ(twins.groups[0][0].name, "0004.png");
  EXPECT_EQ(twins.groups[0][1].name, "0030.png");
  EXPECT_EQ(twins.groups[0][0].caption, "distance 0");
  for (std::size_t i = 1; i < twins.groups.size(); ++i)
    EXPECT_FALSE(twins.groups[i][0].name == "0004.png" && twins.groups[i][1].name == "0030.png");
}

TEST_F(LookAtImages, PutsBothSidesOnTheMap) {
  const Report report = look();
  ASSERT_TRUE(report.map);
  EXPECT_EQ(report.map->sample.size(), 40u);
  EXPECT_EQ(report.map->reference.size(), 40u);
  EXPECT_LE(report.map->share[1], report.map->share[0]);
}

TEST_F(LookAtImages, LooksAtNoMoreRowsThanAsked) {
  Image white = testing_support::picture(0);
  std::ranges::fill(white.pixels, 255);
  replace("sample/0035.png", white);
  const Report report = look(30);
  EXPECT_EQ(report.map->sample.size(), 30u);
  const Report none = look(0);
  EXPECT_TRUE(none.galleries.empty() && !none.map);
}

// Files may hold one class after the other: of 40 rows 20 are every second one.
TEST_F(LookAtImages, LooksAtRowsFromAllOver) {
  const Report report = look(20);
  for (const Gallery& each : report.galleries) {
    if (each.name == "first") continue;
    for (const auto& group : each.groups)
      for (const Picture& picture : group) EXPECT_EQ(picture.name[3] % 2, 0) << each.name << picture.name;
  }
  EXPECT_EQ(shown_row(19, 20, 40), 38);
}

// Of references that are features alone the number is shown, and never an image of the sample.
TEST_F(LookAtImages, ShowsNoImageOfAnotherSide) {
  NpzWriter npz(folder_ / "ref.npz");
  std::vector<float> values;
  for (int i = 0; i < 120; ++i)
    values.insert(values.end(),
                  {static_cast<float>(i), static_cast<float>(i * 7 % 100), static_cast<float>(i % 9)});
  npz.add("features", {40, 9}, std::span<const float>(values));
  npz.commit();
  Side sample, reference;
  sample.num_samples = reference.num_samples = 40;
  sample.feature_dim = reference.feature_dim = 3;
  sample.shown_features.assign(values.begin(), values.begin() + 120);
  reference.shown_features.assign(values.begin() + 60, values.begin() + 180);
  reference.num_samples = 4000;  // rows far beyond the seeds
  const FeatureInput from_seeds = FeatureInput::of_seeds("out", "out", 40), rows(folder_ / "ref.npz");
  DistanceOptions options;
  options.sample.seeded.emplace();
  options.shown_rows = 40;
  options.pictures = [](const std::vector<std::int64_t>& positions) {
    std::vector<Picture> pictures;
    for (const std::int64_t position : positions) {
      EXPECT_LT(position, 40);
      pictures.push_back({"seed " + std::to_string(position), "", std::vector<std::byte>(3)});
    }
    return pictures;
  };
  Report report;
  look_at_images(from_seeds, sample, &rows, reference, options, report);
  EXPECT_TRUE(report.warnings.empty());
  for (const auto& pair : gallery(report, "nearest_to_reference").groups) {
    EXPECT_TRUE(pair[0].name.starts_with("seed "));
    EXPECT_TRUE(pair[1].name.starts_with("row ") && pair[1].png.empty()) << pair[1].name;
  }
}

// References that are copies of each other have no radius: the scores are there all the same.
TEST_F(LookAtImages, LosesNoScoreToAPicture) {
  std::filesystem::remove_all(folder_ / "ref");
  for (int i = 0; i < 40; ++i) replace("ref/" + std::to_string(i) + ".png", testing_support::picture(1));
  const Report report = look();
  EXPECT_EQ(report.scores.size(), 1u);
  EXPECT_TRUE(std::ranges::any_of(report.warnings, [](const std::string& warning) {
    return warning.starts_with("a part of the page is left out: ");
  }));
  gallery(report, "nearest_to_each_other");  // what does not need them is there
  EXPECT_TRUE(report.map);
}

}  // namespace
}  // namespace gdd
