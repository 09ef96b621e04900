#include "archive/npz.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "archive/zip_writer.h"
#include "support/temporary_folder.h"
#include "support/threads.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using Shape = std::vector<std::int64_t>;

// mu, rows [5,4,3] uint8 counting up, f the same in Fortran order, objects.
class NpzReaderTest : public ::testing::TestWithParam<const char*> {
 protected:
  NpzReader npz_{GDD_TEST_DATA "/archive/" + std::string(GetParam()) + ".npz"};
};

TEST_P(NpzReaderTest, ListsItsArrays) {
  EXPECT_EQ(npz_.names(), (std::vector<std::string>{"mu", "rows", "f", "objects"}));
  EXPECT_TRUE(npz_.has("mu"));
  EXPECT_FALSE(npz_.has("mu.npy"));
  EXPECT_EQ(npz_.header("rows").shape, (Shape{5, 4, 3}));
  EXPECT_EQ(npz_.stored("rows"), std::string(GetParam()) == "stored");
}

TEST_P(NpzReaderTest, ReadsWholeArrays) {
  EXPECT_EQ(npz_.read("mu").as_float64(), (std::vector<double>{0, 1 / 3.0, 2 / 3.0, 1}));
  EXPECT_EQ(npz_.read("f").as_uint8(), npz_.read("rows").as_uint8());
}

TEST_P(NpzReaderTest, GivesEachThreadItsRows) {
  const std::vector<std::byte> all = npz_.read_rows("rows", 0, 5);
  testing_support::on_threads(4, [&](int t) {
    for (std::int64_t i = 0; i < 20; ++i) {
      const std::int64_t first = (i + t) % 5;
      const std::vector<std::byte> row = npz_.read_rows("rows", first, 1);
      EXPECT_TRUE(std::equal(row.begin(), row.end(), all.begin() + first * 12)) << first;
    }
  });
}

TEST_P(NpzReaderTest, ReadsRowsForwardAndBack) {
  for (const std::int64_t first : {0, 1, 3, 0, 4}) {
    const std::vector<std::byte> row = npz_.read_rows("rows", first, 1);
    ASSERT_EQ(row.size(), 12u);
    for (int i = 0; i < 12; ++i) EXPECT_EQ(static_cast<int>(row[i]), 12 * first + i);
  }
  EXPECT_EQ(npz_.read_rows("rows", 2, 3).size(), 36u);
  EXPECT_TRUE(npz_.read_rows("rows", 5, 0).empty());
}

TEST_P(NpzReaderTest, RefusesRowsThatAreNotThere) {
  EXPECT_NE(
      error_of([&] { npz_.read_rows("rows", 5, 1); }).find("expected rows within 5, asked for 1 from 5"),
      std::string::npos);
  EXPECT_NE(error_of([&] { npz_.read_rows("rows", -1, 1); }), "");
  EXPECT_NE(error_of([&] { npz_.read_rows("rows", 1, INT64_MAX); }), "");
  EXPECT_NE(error_of([&] { npz_.read_rows("f", 0, 1); }).find("Fortran-ordered"), std::string::npos);
}

TEST_P(NpzReaderTest, NamesWhatItHasWhenAnArrayIsAbsent) {
  EXPECT_NE(error_of([&] {
              npz_.read("sigma");
            }).find(".npz: expected an array 'sigma', found mu, rows, f, objects"),
            std::string::npos);
}

TEST_P(NpzReaderTest, RefusesObjectsButReadsTheArraysBesideThem) {
  EXPECT_NE(error_of([&] { npz_.read("objects"); }).find(".npz:objects: expected an array of numbers"),
            std::string::npos);
  EXPECT_EQ(npz_.read("mu").shape(), Shape{4});
}

INSTANTIATE_TEST_SUITE_P(Packing, NpzReaderTest, ::testing::Values("stored", "deflated"));

TEST(NpzReader, RefusesAMemberShorterThanItsShape) {
  const TemporaryFolder folder;
  ZipWriter zip(folder / "x.npz");
  zip.add("mu.npy", as_bytes(npy_header("<f8", {1'000'000'000}) + "short"));
  zip.commit();
  EXPECT_NE(error_of([&] {
              NpzReader(folder / "x.npz").read("mu");
            }).find("x.npz:mu: expected 8000000000 bytes of <f8, found 5"),
            std::string::npos);
}

TEST(NpzWriter, WritesWhatTheReaderReads) {
  const TemporaryFolder folder;
  const std::vector<double> mu = {1.5, -2};
  const std::vector<float> features = {1, 2, 3, 4, 5, 6};
  const std::vector<std::int64_t> labels = {7, -1};
  const std::vector<std::uint8_t> pixels = {0, 255};
  NpzWriter writer(folder / "x.npz");
  writer.add("mu", {2}, mu);
  writer.add("features", {2, 3}, features);
  writer.add("labels", {2}, labels);
  writer.add("pixels", {1, 1, 2}, pixels);
  writer.add("nothing", {0, 4}, std::span<const float>());
  writer.commit();

  const NpzReader npz(folder / "x.npz");
  EXPECT_EQ(npz.read("mu").as_float64(), mu);
  EXPECT_EQ(npz.read("features").as_float64(), std::vector<double>(features.begin(), features.end()));
  EXPECT_EQ(npz.read("features").shape(), (Shape{2, 3}));
  EXPECT_EQ(npz.read("labels").as_int64(), labels);
  EXPECT_EQ(npz.read("pixels").as_uint8(), pixels);
  EXPECT_EQ(npz.read("nothing").shape(), (Shape{0, 4}));
}

TEST(NpzWriter, StreamsAnArrayInPieces) {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> pixels = {1, 2, 3, 4, 5, 6};
  NpzWriter whole(folder / "whole.npz"), pieces(folder / "pieces.npz");
  whole.add("arr_0", {3, 2}, pixels);
  pieces.begin("arr_0", "|u1", {3, 2});
  for (std::size_t row = 0; row < 3; ++row)
    pieces.append(std::as_bytes(std::span(pixels).subspan(2 * row, 2)));
  whole.commit();
  pieces.commit();
  EXPECT_EQ(read_text(folder / "whole.npz"), read_text(folder / "pieces.npz"));
  EXPECT_EQ(NpzReader(folder / "pieces.npz").read("arr_0").as_uint8(), pixels);
}

TEST(NpzWriter, RefusesDataOtherThanTheShape) {
  const TemporaryFolder folder;
  const std::vector<double> mu = {1.5, -2};
  NpzWriter writer(folder / "x.npz");
  EXPECT_NE(
      error_of([&] { writer.add("mu", {3}, mu); }).find("mu: expected 24 bytes for the shape given, got 16"),
      std::string::npos);
  EXPECT_NE(error_of([&] { writer.begin("mu", "<f7", {3}); }), "");
  writer.begin("mu", "<f8", {3});
  writer.append(std::as_bytes(std::span(mu)));
  EXPECT_NE(
      error_of([&] { writer.append(std::as_bytes(std::span(mu))); }).find("expected 8 more bytes, got 16"),
      std::string::npos);
  EXPECT_NE(error_of([&] { writer.commit(); }).find("mu.npy: expected"), std::string::npos);
}

TEST(NpzWriter, LeavesNothingBehindWithoutCommit) {
  const TemporaryFolder folder;
  NpzWriter(folder / "x.npz").begin("a", "<f8", {3});
  EXPECT_EQ(folder.count(), 0);
}

}  // namespace
}  // namespace gdd
