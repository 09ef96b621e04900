#include "images/source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>
#include <thread>

#include "archive/npz.h"
#include "archive/zip_writer.h"
#include "base/memory_budget.h"
#include "images/codec.h"
#include "images/prefetch.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;
using Names = std::vector<std::string>;

Names names(const ImageSource& source) {
  Names list;
  for (std::int64_t i = 0; i < source.size(); ++i) list.push_back(source.name(i));
  return list;
}

std::string picture(const std::string& name = "one.jpg") {
  return read_text(GDD_TEST_DATA "/images/" + name);
}

std::string png(std::uint8_t value) { return std::string(as_text(encode_png({1, 1, 1, {value}}))); }

// Every image's only pixel, in the source's order.
std::vector<int> values(const ImageSource& source) {
  std::vector<int> list;
  for (std::int64_t i = 0; i < source.size(); ++i) list.push_back(source.read(i).pixels.at(0));
  return list;
}

std::string error_of_opening(const std::string& path) {
  return error_of([&] { open_image_source(path); });
}

TEST(FolderSource, FindsNestedImagesInEdmsOrder) {
  const TemporaryFolder folder;
  int value = 0;
  for (const char* name :
       {"a/b.png", "a.png", "a-b.png", "B.PNG", "a/b/c.JPEG", "\xc3\xa4.png", "z/x.Jpg", "10.png", "9.png"})
    write_text(folder / name, png(static_cast<std::uint8_t>(value++)));
  for (const char* name : {"notes.txt", "b.TXT", ".png", "a/dataset.json", "png"})
    write_text(folder / name, "x");
  const auto source = open_image_source(folder.path().string());
  EXPECT_EQ(names(*source), (Names{"10.png", "9.png", "B.PNG", "a-b.png", "a.png", "a/b.png", "a/b/c.JPEG",
                                   "z/x.Jpg", "\xc3\xa4.png"}));
  EXPECT_EQ(values(*source), (std::vector<int>{7, 8, 3, 2, 1, 0, 4, 6, 5}));
  EXPECT_EQ(source->path(), folder.path().string());
  EXPECT_EQ(names(*open_image_source(folder.path().string() + "/")), names(*source));
  EXPECT_EQ(source->left_out().text, "1 .json, 2 .txt, 1 hidden file, 1 without an ending");
  EXPECT_FALSE(source->left_out().pictures);
}

TEST(FolderSource, TakesEveryFormatThatIsRead) {
  const TemporaryFolder folder;
  const Names all = {"lossy.webp", "rgb.bmp", "rgb.ppm", "palette.gif", "rgb.png", "s0.jpg", "strips.tif"};
  for (const std::string& name : all) write_text(folder / name, picture(name));
  write_text(folder / "x.avif", "x");  // a picture by its ending: it counts, and is an error when it is read
  const auto source = open_image_source(folder.path().string());
  ASSERT_EQ(source->size(), 8);
  for (std::int64_t i = 0; i < 7; ++i) EXPECT_EQ(source->read(i).width, 35) << source->name(i);
  EXPECT_NE(error_of([&] { source->read(7); }).find("x.avif: expected an image"), std::string::npos);
}

// Notebooks, macOS, version control and the like put files beside images that nobody means.
TEST(FolderSource, LeavesOutWhatIsHidden) {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", "b/c.png"}) write_text(folder / name, png(1));
  for (const char* name :
       {".a.png", "._a.png", "b/._c.png", ".ipynb_checkpoints/a.png", "b/.ipynb_checkpoints/c.png",
        ".git/x.png", "__MACOSX/a.png", "b/__MACOSX/a/._a.png"})
    write_text(folder / name, png(2));
  const auto source = open_image_source(folder.path().string());
  EXPECT_EQ(names(*source), (Names{"a.png", "b/c.png"}));
  EXPECT_EQ(source->left_out().text, "2 __MACOSX, 3 hidden files, 3 hidden folders");
  TemporaryFolder hidden_above;
  write_text(hidden_above / ".cache/a.png", png(1));  // the folder that was named may be hidden
  EXPECT_EQ(open_image_source(hidden_above / ".cache")->size(), 1);
}

TEST(FolderSource, FollowsLinksToFoldersOnce) {
  namespace fs = std::filesystem;
  const TemporaryFolder folder, elsewhere;
  write_text(elsewhere / "cats/1.png", png(1));
  write_text(folder / "dogs/2.png", png(2));
  fs::create_directory_symlink(elsewhere.path() / "cats", folder.path() / "cats");
  fs::create_directory_symlink(elsewhere.path() / "cats", folder.path() / "cats-again");
  fs::create_directory_symlink(folder.path() / "dogs", folder.path() / "a-link-to-dogs");
  fs::create_directory_symlink("..", folder.path() / "dogs/up");  // a ring
  fs::create_symlink(elsewhere.path() / "cats/1.png", folder.path() / "linked.png");
  const auto source = open_image_source(folder.path().string());
  EXPECT_EQ(names(*source), (Names{"cats/1.png", "dogs/2.png", "linked.png"}));
  EXPECT_EQ(source->left_out().text, "3 links to a folder that is counted already");
}

// A grid or any other picture beside the images of a run is none of them.
TEST(FolderSource, TakesOnlyARunsOwnImagesWhereGddSampleHasRun) {
  const TemporaryFolder folder;
  write_text(folder / "out/.gdd-run/settings", "x");
  for (const char* name : {"out/000001.png", "out/001000/001234.png", "other/grid.png"})
    write_text(folder / name, png(1));
  for (const char* name :
       {"out/grid.png", "out/1.png", "out/sub/000001.png", "out/000001.jpg", "out/001000/grid.png"})
    write_text(folder / name, png(2));
  const auto run = open_image_source(folder / "out");
  EXPECT_EQ(names(*run), (Names{"000001.png", "001000/001234.png"}));
  EXPECT_EQ(run->left_out().text, "5 pictures beside the run's own");
  EXPECT_TRUE(run->left_out().pictures);
  EXPECT_EQ(names(*open_image_source(folder.path().string())),
            (Names{"other/grid.png", "out/000001.png", "out/001000/001234.png"}));
}

// A name that gdd-sample could give is not one that this run gave.
TEST(FolderSource, KnowsTheImagesOfARunByItsSettings) {
  const TemporaryFolder folder;
  write_text(folder / "out/.gdd-run/settings", "network x\nseeds 0-2,1500\nsubdirs true\n");
  for (const char* name : {"000000/000000.png", "000000/000002.png", "001000/001500.png"})
    write_text(folder / (std::string("out/") + name), png(1));
  for (const char* name :
       {"000007.png", "000000/000055.png", "000001.png", "001000/001501.png", "000000/grid.png"})
    write_text(folder / (std::string("out/") + name), png(2));
  const auto run = open_image_source(folder / "out");
  EXPECT_EQ(names(*run), (Names{"000000/000000.png", "000000/000002.png", "001000/001500.png"}));
  EXPECT_EQ(run->left_out().text, "1 image of the run that is missing, 5 pictures beside the run's own");
  const auto part = open_image_source(folder / "out/000000");  // a folder of a run is of that run
  EXPECT_EQ(names(*part), (Names{"000000.png", "000002.png"}));
  EXPECT_EQ(part->left_out().text, "1 image of the run that is missing, 2 pictures beside the run's own");
}

TEST(FolderSource, RefusesFilesLargerThanAnyImage) {
  const TemporaryFolder folder;
  write_text(folder / "a.png", png(1));
  std::filesystem::resize_file(folder / "a.png", std::uintmax_t{3} << 30);  // sparse
  const auto source = open_image_source(folder.path().string());
  EXPECT_NE(error_of([&] { source->read(0); }).find("larger than any image"), std::string::npos);
  EXPECT_NE(error_of([&] { source->visit_stored(0, [](Bytes) {}); }).find("larger than any image"),
            std::string::npos);
}

TEST(FolderSource, SaysWhatItFoundInsteadOfImages) {
  const TemporaryFolder folder;
  EXPECT_NE(error_of_opening(folder.path().string()).find("found 0 images and no other files"),
            std::string::npos);
  write_text(folder / "sub/a.npy", "x");
  EXPECT_NE(error_of_opening(folder.path().string()).find("found 0 images, but 1 .npy, e.g. 'sub/a.npy'"),
            std::string::npos);
}

TEST(FolderSource, NamesTheDamagedImage) {
  const TemporaryFolder folder;
  write_text(folder / "a/b.png", png(1).substr(0, 40));
  write_text(folder / "c.png", "");
  const auto source = open_image_source(folder.path().string());
  EXPECT_NE(error_of([&] { source->read(0); }).find("/a/b.png: unexpected end of the file"),
            std::string::npos);
  EXPECT_NE(error_of([&] { source->read(1); }).find("/c.png: the file is empty"), std::string::npos);
}

TEST(ZipSource, FindsImagesInEdmsOrder) {
  const TemporaryFolder folder;
  ZipWriter zip(folder / "x.bin");
  zip.add("dataset.json", as_bytes("{}"));
  zip.add("__MACOSX/._a.png", as_bytes("x"));
  zip.add("b.png", as_bytes(png(2)));
  zip.add("B/a.png", as_bytes(png(1)));
  zip.add("damaged.png", as_bytes(png(1).substr(0, 40)));
  zip.commit();
  const auto source = open_image_source(folder / "x.bin");
  EXPECT_EQ(names(*source), (Names{"B/a.png", "b.png", "damaged.png"}));
  EXPECT_EQ(source->read(0).pixels, std::vector<std::uint8_t>{1});
  EXPECT_EQ(source->read(1).pixels, std::vector<std::uint8_t>{2});
  EXPECT_NE(error_of([&] { source->read(2); }).find("x.bin:damaged.png: unexpected end"), std::string::npos);
}

TEST(ZipSource, SaysWhatItFoundInsteadOfImages) {
  const TemporaryFolder folder;
  ZipWriter zip(folder / "x.zip");
  zip.add("a.txt", as_bytes("x"));
  zip.commit();
  EXPECT_NE(error_of_opening(folder / "x.zip").find("x.zip: found 0 images, but 1 .txt, e.g. 'a.txt'"),
            std::string::npos);
}

TEST(ZipSource, LeavesOutWhatAFolderWould) {
  const TemporaryFolder folder;
  ZipWriter zip(folder / "x.zip");
  for (const char* name :
       {"set/a.png", "set/._a.png", "set/.ipynb_checkpoints/a.png", "set/.ipynb_checkpoints/b.png",
        "__MACOSX/set/._a.png", "set/labels.npy", "run/.gdd-run/settings", "run/000001.png", "run/grid.png"})
    zip.add(name, as_bytes(png(1)));
  zip.commit();
  const auto source = open_image_source(folder / "x.zip");  // one array among pictures makes no npz
  EXPECT_EQ(names(*source), (Names{"run/000001.png", "set/a.png"}));
  EXPECT_EQ(source->left_out().text,
            "1 .npy, 1 __MACOSX, 1 hidden file, 1 hidden folder, 1 picture beside the run's own");
}

// A member is unpacked as a whole: what it takes is asked for first.
TEST(ZipSource, AsksForTheMemoryOfAMember) {
  const TemporaryFolder folder;
  ZipWriter zip(folder / "x.zip");
  zip.add("a.png", as_bytes(png(1) + std::string(2 << 20, '\0')));
  zip.commit();
  const auto source = open_image_source(folder / "x.zip");
  EXPECT_EQ(source->read(0).pixels, std::vector<std::uint8_t>{1});
  std::uint64_t asked = 0;
  source->read(0, [&](std::uint64_t bytes) { asked += bytes; });
  EXPECT_GT(asked, 2u << 20);
  const std::uint64_t before = memory_budget();
  set_memory_budget(1 << 20);
  EXPECT_NE(error_of([&] { source->read(0); }).find("x.zip:a.png: needs"), std::string::npos);
  set_memory_budget(before);
}

class NpzSource : public ::testing::Test {
 protected:
  std::string write(const std::vector<std::int64_t>& shape, const std::string& name = "arr_0") {
    std::vector<std::uint8_t> pixels;
    std::int64_t count = 1;
    for (const std::int64_t dim : shape) count *= dim;
    for (std::int64_t i = 0; i < count; ++i) pixels.push_back(static_cast<std::uint8_t>(i));
    NpzWriter npz(folder_ / "x.npz");
    npz.add(name, shape, pixels);
    npz.commit();
    return folder_ / "x.npz";
  }
  TemporaryFolder folder_;
};

TEST_F(NpzSource, ReadsColourImages) {
  const auto source = open_image_source(write({2, 2, 1, 3}));
  ASSERT_EQ(source->size(), 2);
  EXPECT_EQ(source->name(1), "arr_0[1]");
  const Image image = source->read(1);
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.width, 1);
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(source->read(0).pixels[0], 0);
}

TEST_F(NpzSource, ReadsGreyImagesWithOrWithoutAChannelAxis) {
  EXPECT_EQ(open_image_source(write({2, 2, 5}))->read(1).channels, 1);
  EXPECT_EQ(open_image_source(write({2, 2, 3, 1}))->read(1).pixels,
            (std::vector<std::uint8_t>{6, 7, 8, 9, 10, 11}));
}

TEST_F(NpzSource, RefusesArraysThatAreNotImages) {
  EXPECT_NE(error_of_opening(write({2, 2, 3, 4})).find("x.npz:arr_0: expected images"), std::string::npos);
  EXPECT_NE(error_of_opening(write({2, 2})).find("found |u1 [2, 2]"), std::string::npos);
  EXPECT_NE(error_of_opening(write({16, 16, 3})).find("this is one image: save it as x[None]"),
            std::string::npos);
  EXPECT_NE(error_of_opening(write({9, 3, 16, 16})).find("channels come last: save x.transpose(0, 2, 3, 1)"),
            std::string::npos);
  EXPECT_NE(error_of_opening(write({9, 16, 16, 4})).find("leave the alpha channel out"), std::string::npos);
  EXPECT_NE(error_of_opening(write({0, 2, 2, 3})).find("found 0 images"), std::string::npos);
  EXPECT_NE(error_of_opening(write({2, 0, 2, 3})), "");
  EXPECT_NE(error_of_opening(write({2, 2, 2, 3}, "mu")).find("expected an array 'arr_0', found mu"),
            std::string::npos);
}

TEST_F(NpzSource, OneImageOfChannelsFirstIsNotThreeGreyOnes) {
  EXPECT_NE(error_of_opening(write({3, 16, 16}))
                .find("if this is one image, save it as x.transpose(1, 2, 0)[None]"),
            std::string::npos);
  EXPECT_EQ(open_image_source(write({3, 16, 16, 1}))->size(), 3);
}

TEST_F(NpzSource, SaysHowFloatsBecomeImages) {
  NpzWriter npz(folder_ / "f.npz");
  const std::vector<float> values(2 * 3 * 4 * 4);
  npz.add("arr_0", {2, 3, 4, 4}, std::span<const float>(values));
  npz.commit();
  const std::string error = error_of_opening(folder_ / "f.npz");
  EXPECT_NE(error.find("found <f4 [2, 3, 4, 4]; make it uint8: numpy.clip(x * 127.5 + 128, 0, 255)"),
            std::string::npos)
      << error;
  EXPECT_NE(error.find(".transpose(0, 2, 3, 1)"), std::string::npos);
}

// The checksum covers bytes that are read one after the other, whatever order threads ask in.
class StoredNpzSource : public ::testing::TestWithParam<std::int64_t> {};

TEST_P(StoredNpzSource, NoticesDamageHoweverManyThreadsReadAhead) {
  const TemporaryFolder folder;
  const std::int64_t side = GetParam(), count = 15'000'000 / (side * side * 3);
  const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * side * side * 3), 7);
  NpzWriter writer(folder / "x.npz");
  writer.add("arr_0", {count, side, side, 3}, std::span<const std::uint8_t>(pixels));
  writer.commit();
  std::string bytes = read_text(folder / "x.npz");
  bytes[5'000'000] ^= 1;
  write_text(folder / "x.npz", bytes);
  const auto source = open_image_source(folder / "x.npz");
  std::vector<std::int64_t> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  PrefetchingReader reader(*source, all, 32);
  EXPECT_NE(error_of([&] {
              while (reader.next()) continue;
            }).find("arr_0.npy: CRC error"),
            std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Sides, StoredNpzSource, ::testing::Values(32, 256, 512));

// images/deflated.npz: arr_0[i] is filled with i % 251, 40 images of 1024x1024, so several blocks.
TEST(DeflatedNpzSource, GivesTheSamePixelsInAnyOrderAndFromSeveralThreads) {
  const auto source = open_image_source(GDD_TEST_DATA "/images/deflated.npz");
  ASSERT_EQ(source->size(), 40);
  for (const std::int64_t i : {39, 0, 20, 19, 1, 39}) EXPECT_EQ(source->read(i).pixels.back(), i);
  std::vector<std::thread> threads;
  std::vector<int> wrong(3);
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (std::int64_t i = t; i < 40; i += 3) wrong[t] += source->read(i).pixels[12345] != i;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(3));
}

TEST(OpenImageSource, RefusesOtherFiles) {
  const TemporaryFolder folder;
  write_text(folder / "x.png", picture());
  write_text(folder / "x.txt", "some text");
  EXPECT_NE(error_of_opening(folder / "x.png").find("found one image; name the folder it is in"),
            std::string::npos);
  EXPECT_NE(error_of_opening(folder / "x.txt").find("found another file format"), std::string::npos);
  EXPECT_NE(error_of_opening(folder / "missing").find("missing: cannot open"), std::string::npos);
}

// Expected: numpy 2.3.5, as EDM's dataset.py takes it.
TEST(SelectSubset, IsEdms) {
  EXPECT_EQ(select_subset(12, 5, 7), (std::vector<std::int64_t>{0, 2, 5, 7, 10}));
  EXPECT_EQ(select_subset(12, 5, 7u + (1u << 31)), (std::vector<std::int64_t>{0, 2, 5, 7, 10}));
  EXPECT_EQ(select_subset(3, 3, 7), (std::vector<std::int64_t>{0, 1, 2}));
}

TEST(SelectSubset, RefusesMoreThanThereAre) {
  EXPECT_NE(error_of([] { select_subset(3, 4, 0); }).find("expected at least 4 images, found 3"),
            std::string::npos);
  EXPECT_NE(error_of([] { select_subset(3, 0, 0); }), "");
}

}  // namespace
}  // namespace gdd
