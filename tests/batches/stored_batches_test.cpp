#include "batches/stored_batches.h"

#include <gtest/gtest.h>

#include "gdd/error.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;

// Image i is grey, side x side, of the value i mod 251.
class Counting : public ImageSource {
 public:
  explicit Counting(std::int64_t count, int side = 1) : ImageSource("set"), count_(count), side_(side) {}
  std::int64_t size() const override { return count_; }
  std::string name(std::int64_t index) const override { return "image " + std::to_string(index); }
  Image read(std::int64_t index, const Admit&) const override {
    if (index == damaged) throw Error(path() + "/" + name(index), "is damaged");
    return {side_, side_, 1,
            std::vector<std::uint8_t>(static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_),
                                      static_cast<std::uint8_t>(index % 251))};
  }
  void visit_stored(std::int64_t, const std::function<void(Bytes)>&) const override {}
  std::int64_t damaged = -1;

 private:
  std::int64_t count_;
  int side_;
};

std::vector<std::int64_t> upto(std::int64_t count) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(i);
  return all;
}

// {first, size} of each batch; the numbers count up, and every image is the one of its position.
std::vector<std::pair<std::int64_t, std::int64_t>> cuts(StoredImages& images, std::int64_t first,
                                                        std::int64_t last, std::int64_t batch) {
  std::vector<std::pair<std::int64_t, std::int64_t>> found;
  const auto source = images.range(first, last, batch);
  while (const auto next = source->next()) {
    EXPECT_EQ(next->number, std::ssize(found));
    for (std::int64_t i = 0; i < next->size(); ++i)
      EXPECT_EQ(next->images[static_cast<std::size_t>(i)].pixels[0],
                images.chosen()[static_cast<std::size_t>(next->first + i)] % 251);
    found.emplace_back(next->first, next->size());
  }
  return found;
}

using Cuts = std::vector<std::pair<std::int64_t, std::int64_t>>;

TEST(StoredImages, NoBatchHoldsImagesOfTwoParts) {
  const Counting source(1100);
  StoredImages images(source, upto(1100));
  EXPECT_EQ(cuts(images, 0, 1100, 200),
            (Cuts{{0, 200}, {200, 200}, {400, 112}, {512, 200}, {712, 200}, {912, 112}, {1024, 76}}));
  EXPECT_EQ(cuts(images, 0, 1100, 2000), (Cuts{{0, 512}, {512, 512}, {1024, 76}}));
}

// Whoever measures a part alone cuts it as one who measures all.
TEST(StoredImages, ARangeIsCutAsTheWhole) {
  const Counting source(1100);
  StoredImages images(source, upto(1100));
  EXPECT_EQ(cuts(images, 512, 1024, 200), (Cuts{{512, 200}, {712, 200}, {912, 112}}));
  EXPECT_EQ(cuts(images, 500, 530, 64), (Cuts{{500, 12}, {512, 18}}));
  EXPECT_EQ(cuts(images, 5, 5, 64), Cuts{});
}

TEST(StoredImages, GivesTheChosenOnesAndTheirNames) {
  const Counting source(10);
  StoredImages images(source, {1, 4, 9});
  EXPECT_EQ(images.size(), 3);
  EXPECT_EQ(images.where(), "set");
  EXPECT_EQ(images.name(1), "image 4");
  EXPECT_EQ(cuts(images, 0, 3, 2), (Cuts{{0, 2}, {2, 1}}));
}

// 8192 x 8192 are 64 MB: four of them are a batch, on every machine.
TEST(StoredImages, LargePicturesMakeSmallerBatches) {
  const Counting source(6, 8192);
  StoredImages images(source, upto(6), 1);
  EXPECT_EQ(cuts(images, 0, 6, 64), (Cuts{{0, 4}, {4, 2}}));
}

TEST(StoredImages, ADamagedOneIsNamedWhenItsTurnComes) {
  Counting source(10);
  source.damaged = 7;
  StoredImages images(source, upto(10));
  const auto batches = images.range(0, 10, 5);
  EXPECT_EQ(batches->next()->size(), 5);
  EXPECT_NE(error_of([&] { batches->next(); }).find("set/image 7: is damaged"), std::string::npos);
}

}  // namespace
}  // namespace gdd
