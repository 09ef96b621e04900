#include "images/sink.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "archive/npz.h"
#include "archive/zip.h"
#include "base/memory_budget.h"
#include "base/sha256.h"
#include "images/codec.h"
#include "images/png_tree.h"
#include "images/source.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;

Image plain(int height, int width, int channels, std::uint8_t value) {
  return {height, width, channels,
          std::vector<std::uint8_t>(static_cast<std::size_t>(height * width * channels), value)};
}

Image decode_file(const std::string& path) { return decode_image(as_bytes(read_text(path)), path); }

TEST(PngTree, NamesFilesAfterSeeds) {
  const TemporaryFolder folder;
  const PngTree tree(folder / "out/deep", false);
  const std::string hash = tree.write(7, plain(2, 3, 3, 40));
  EXPECT_EQ(hash, sha256_of_file(folder / "out/deep/000007.png"));
  tree.write(1'234'567, plain(2, 3, 1, 50));
  tree.flush();
  EXPECT_EQ(decode_file(folder / "out/deep/000007.png").pixels, std::vector<std::uint8_t>(18, 40));
  EXPECT_EQ(decode_file(folder / "out/deep/1234567.png").channels, 1);
  EXPECT_EQ(folder.count(), 4);
}

TEST(PngTree, GroupsThousandsInSubfolders) {
  const TemporaryFolder folder;
  const PngTree tree(folder / "out", true);
  EXPECT_EQ(folder.count(), 1);
  for (const std::int64_t seed : {999, 1000, 23'456}) tree.write(seed, plain(1, 1, 3, 1));
  for (const char* name : {"out/000000/000999.png", "out/001000/001000.png", "out/023000/023456.png"})
    EXPECT_EQ(decode_file(folder / name).pixels.size(), 3u) << name;
}

TEST(PngTree, RefusesAFolderThatCannotBeMade) {
  const TemporaryFolder folder;
  write_text(folder / "file", "x");
  EXPECT_NE(error_of([&] { PngTree(folder / "file", false); }), "");
  EXPECT_NE(error_of([&] { PngTree(folder / "file/inside", false); }), "");
  EXPECT_NE(error_of([] { PngTree("/proc/no", false); }).find("/proc/no: cannot make the folder"),
            std::string::npos);
}

TEST(ImagePack, HoldsImagesAndLabels) {
  const TemporaryFolder folder;
  const auto sink = open_image_pack(folder / "pack.npz", 2, true);
  sink->write({5, 0, 9}, plain(2, 1, 3, 10));
  sink->write({3, 1, 4}, plain(2, 1, 3, 20));
  EXPECT_FALSE(std::filesystem::exists(folder / "pack.npz"));
  sink->finish();
  const NpzReader npz(folder / "pack.npz");
  EXPECT_EQ(npz.read("arr_0").shape(), (std::vector<std::int64_t>{2, 2, 1, 3}));
  EXPECT_EQ(npz.read("arr_0").as_uint8(),
            (std::vector<std::uint8_t>{10, 10, 10, 10, 10, 10, 20, 20, 20, 20, 20, 20}));
  EXPECT_EQ(npz.read("arr_1").as_int64(), (std::vector<std::int64_t>{9, 4}));
  EXPECT_EQ(npz.header("arr_1").dtype_text(), "<i8");
  EXPECT_EQ(open_image_source(folder / "pack.npz")->read(1).pixels[0], 20);
}

TEST(ImagePack, HasNoLabelsUnlessAsked) {
  const TemporaryFolder folder;
  const auto sink = open_image_pack(folder / "pack.npz", 1, false);
  sink->write({5, 0, 9}, plain(2, 2, 1, 10));
  sink->finish();
  EXPECT_EQ(NpzReader(folder / "pack.npz").names(), std::vector<std::string>{"arr_0"});
  EXPECT_EQ(NpzReader(folder / "pack.npz").header("arr_0").shape, (std::vector<std::int64_t>{1, 2, 2, 1}));
}

// What holds for every sink that knows its count.
class CountingSink : public ::testing::TestWithParam<decltype(&open_image_pack)> {
 protected:
  TemporaryFolder folder_;
  std::string path_ = folder_ / "x.out";
  std::unique_ptr<ImageSink> open(std::int64_t count, bool with_labels) {
    return GetParam()(path_, count, with_labels);
  }
};

TEST_P(CountingSink, RefusesAnotherNumberOfImages) {
  const auto sink = open(2, false);
  sink->write({5, 0, {}}, plain(2, 2, 3, 1));
  EXPECT_NE(error_of([&] { sink->finish(); }).find("x.out: expected 2 images, got 1"), std::string::npos);
  sink->write({6, 1, {}}, plain(2, 2, 3, 1));
  EXPECT_NE(error_of([&] {
              sink->write({7, 2, {}}, plain(2, 2, 3, 1));
            }).find("got one more (seed 7)"),
            std::string::npos);
  EXPECT_NE(error_of([&] { open(0, false); }), "");
}

TEST_P(CountingSink, RefusesAnImageWithoutItsLabel) {
  const auto sink = open(2, true);
  EXPECT_NE(error_of([&] {
              sink->write({7, 2, {}}, plain(2, 2, 3, 1));
            }).find("got none for seed 7"),
            std::string::npos);
}

TEST_P(CountingSink, LeavesNothingBehindWithoutFinish) {
  open(2, false)->write({5, 0, {}}, plain(2, 2, 3, 1));
  EXPECT_EQ(folder_.count(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, CountingSink, ::testing::Values(&open_image_pack, &open_dataset_zip));

TEST(ImagePack, RefusesImagesOfAnotherSize) {
  const TemporaryFolder folder;
  const auto sink = open_image_pack(folder / "pack.npz", 2, false);
  sink->write({5, 0, {}}, plain(2, 2, 3, 1));
  EXPECT_NE(error_of([&] {
              sink->write({6, 1, {}}, plain(3, 2, 3, 1));
            }).find("got another at seed 6"),
            std::string::npos);
}

TEST(DatasetZip, IsLaidOutAsEdmsDatasetTool) {
  const TemporaryFolder folder;
  const auto sink = open_dataset_zip(folder / "set.zip", 2, true);
  sink->write({5, 0, 6}, plain(2, 2, 3, 1));
  sink->write({6, 12'345, 0}, plain(2, 2, 3, 2));
  sink->finish();
  const ZipReader zip(folder / "set.zip");
  EXPECT_EQ(as_text(zip.read("dataset.json")),
            R"({"labels": [["00000/img00000000.png", 6], ["00012/img00012345.png", 0]]})");
  EXPECT_TRUE(zip.find("00012/img00012345.png")->stored);
  const auto source = open_image_source(folder / "set.zip");
  EXPECT_EQ(source->size(), 2);
  EXPECT_EQ(source->read(1).pixels, std::vector<std::uint8_t>(12, 2));
}

TEST(DatasetZip, HasNullForLabelsThatAreNotThere) {
  const TemporaryFolder folder;
  const auto sink = open_dataset_zip(folder / "set.zip", 1, false);
  sink->write({5, 0, 6}, plain(2, 2, 3, 1));
  sink->finish();
  EXPECT_EQ(as_text(ZipReader(folder / "set.zip").read("dataset.json")), R"({"labels": null})");
}

TEST(Grid, FillsRowsFirstAndLeavesTheRestWhite) {
  const TemporaryFolder folder;
  const auto sink = open_grid(folder / "grid.png", 2, 2);
  for (const std::int64_t i : {0, 1, 2})
    sink->write({i, i, {}}, plain(1, 2, 1, static_cast<std::uint8_t>(i)));
  EXPECT_FALSE(std::filesystem::exists(folder / "grid.png"));
  sink->finish();
  const Image grid = decode_file(folder / "grid.png");
  EXPECT_EQ(grid.height, 2);
  EXPECT_EQ(grid.width, 4);
  EXPECT_EQ(grid.pixels, (std::vector<std::uint8_t>{0, 0, 1, 1, 2, 2, 255, 255}));
}

TEST(Grid, LeavesOutImagesBeyondTheLastCell) {
  const TemporaryFolder folder;
  const auto sink = open_grid(folder / "grid.png", 1, 1);
  sink->write({0, 0, {}}, plain(1, 2, 3, 7));
  sink->write({1, 1, {}}, plain(1, 2, 3, 8));
  sink->finish();
  EXPECT_EQ(decode_file(folder / "grid.png").pixels, std::vector<std::uint8_t>(6, 7));
}

// Empty cells cost as much as others: before the work, and not when the first image is there.
TEST(Grid, RefusesWhatCannotBeAGrid) {
  const TemporaryFolder folder;
  EXPECT_NE(error_of([&] { open_grid(folder / "grid.png", 0, 3); }), "");
  EXPECT_NE(error_of([&] { open_grid(folder / "grid.png", 1, 1)->finish(); }).find("got none"),
            std::string::npos);
  const auto huge = open_grid(folder / "grid.png", 30'000, 30'000);
  EXPECT_NE(error_of([&] { huge->write({0, 0, {}}, plain(64, 64, 3, 7)); }), "");
  const auto sink = open_grid(folder / "grid.png", 1, 2);
  sink->write({0, 0, {}}, plain(1, 2, 3, 7));
  EXPECT_NE(error_of([&] {
              sink->write({1, 1, {}}, plain(1, 2, 1, 7));
            }).find("of one size"),
            std::string::npos);
}

TEST(Grid, CarriesSeedsOrLabelsWhenAsked) {
  const TemporaryFolder folder;
  for (const Captions captions : {Captions::kSeeds, Captions::kLabels}) {
    const auto sink = open_grid(folder / "g.png", 1, 2, captions);
    sink->write({17, 0, 4}, plain(3, 10, 3, 90));
    sink->write({18, 1, {}}, plain(3, 10, 3, 90));
    sink->finish();
    const Image grid = decode_file(folder / "g.png");
    EXPECT_EQ(grid.height, 3 + 7);
    EXPECT_EQ(grid.width, 20);
    const auto row = [&](int y) {
      std::string text;
      for (int x = 0; x < grid.width; ++x)
        text += grid.pixels[3 * static_cast<std::size_t>(y * grid.width + x)] == 0 ? '#' : '.';
      return text;
    };
    const bool seeds = captions == Captions::kSeeds;
    EXPECT_EQ(row(4),
              seeds ? "..#..###....#..###.." : ".#.#................");  // the tops of 17 18, and of 4 alone
    EXPECT_EQ(row(8), seeds ? ".###..#....###.###.." : "...#................");
    EXPECT_EQ(row(3), std::string(20, '.'));
    EXPECT_EQ(row(9), std::string(20, '.'));
  }
}

}  // namespace
}  // namespace gdd
