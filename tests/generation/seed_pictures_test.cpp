#include "generation/seed_pictures.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "generation/generated_batches.h"
#include "images/codec.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;

class OfSeeds : public ::testing::Test {
 protected:
  OfSeeds() {
    options_.seeds.resize(20);
    std::iota(options_.seeds.begin(), options_.seeds.end(), std::int64_t{100});
    options_.batch = 8;
  }
  SeedPictures pictures() { return {network_, options_, folder_ / "records", observer_}; }
  std::string path(std::int64_t seed) const { return folder_ / "records/thumbnails/" + std::to_string(seed); }
  static Image image(const Picture& picture) { return decode_image(picture.png, picture.name); }

  const TemporaryFolder folder_;
  testing_support::RecordingObserver observer_;
  Network network_ = Network::open(GDD_TEST_DATA "/networks/tiny.pkl", true);
  GenerateOptions options_;
};

TEST_F(OfSeeds, AreTheImagesOfTheseSeeds) {
  const std::vector<Picture> found = pictures().pictures({7, 3});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "seed 107");
  EXPECT_EQ(found[1].name, "seed 103");
  options_.seeds = {103};
  const Image expected = GeneratedBatches(network_, options_, every_batch(1)).make(0).image(0);
  EXPECT_EQ(image(found[1]).pixels, expected.pixels);
  EXPECT_NE(image(found[0]).pixels, expected.pixels);
}

// Image i has classes[i mod length], also when it is made alone.
TEST_F(OfSeeds, HaveTheClassOfTheirPlace) {
  options_.classes = {0, 1, 2};
  const Image found = image(pictures().pictures({4})[0]);
  options_.seeds = {104};
  options_.classes = {1};
  EXPECT_EQ(found.pixels, GeneratedBatches(network_, options_, every_batch(1)).make(0).image(0).pixels);
}

TEST_F(OfSeeds, HaveTheLabelOfTheirPlaceWhereLabelsGoInOrder) {
  options_.labels_in_order = true;
  const std::int64_t position = network_.info().label_dim + 1;
  const Image found = image(pictures().pictures({position})[0]);
  options_.labels_in_order = false;
  options_.seeds = {100 + position};
  options_.classes = {1};
  EXPECT_EQ(found.pixels, GeneratedBatches(network_, options_, every_batch(1)).make(0).image(0).pixels);
}

TEST_F(OfSeeds, AreKeptAsTheyComeBy) {
  GeneratedBatches batches(network_, options_, every_batch(3));
  pictures().keep_first(batches.make(1), 10);
  EXPECT_FALSE(std::filesystem::exists(path(100)));
  EXPECT_TRUE(std::filesystem::exists(path(108)));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
    EXPECT_FALSE(entry.path().has_extension()) << entry.path();  // no tool takes it for one of the images
  const std::string other = read_text(path(108));
  write_text(path(101), other);  // what is kept is taken
  const std::vector<Picture> found = pictures().pictures({1, 8});
  EXPECT_EQ(found[0].png, found[1].png);
}

// Whatever stands there that this program does not keep is made again.
TEST_F(OfSeeds, ThatAreDamagedAreMadeAgain) {
  const Picture expected = pictures().pictures({2})[0];
  const std::string good = read_text(path(102));
  for (const std::string& bad :
       {std::string(), good.substr(0, good.size() / 2), std::string("\x89PNG\r\n\x1a\n"), good + "x",
        read_text(GDD_TEST_DATA "/images/one.jpg"), std::string(1 << 20, 'x')}) {
    write_text(path(102), bad);
    EXPECT_EQ(pictures().pictures({2})[0].png, expected.png);
    EXPECT_EQ(read_text(path(102)), good);
  }
  std::filesystem::remove(path(102));
  std::filesystem::create_directories(path(102));  // where none can be kept it is made all the same
  EXPECT_EQ(pictures().pictures({2})[0].png, expected.png);
}

}  // namespace
}  // namespace gdd
