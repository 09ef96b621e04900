#include "images/prefetch.h"

#include <gtest/gtest.h>

#include <atomic>

#include "gdd/error.h"

namespace gdd {
namespace {

// Image i is one pixel of value i mod 256, but for one that is damaged.
class Counting : public ImageSource {
 public:
  explicit Counting(std::int64_t damaged = -1, int side = 1)
      : ImageSource("x"), damaged_(damaged), side_(side) {}
  std::int64_t size() const override { return 1 << 20; }
  std::string name(std::int64_t index) const override { return std::to_string(index); }
  std::vector<std::byte> stored_bytes(std::int64_t) const override { return {}; }
  Image read(std::int64_t index) const override {
    ++reads;
    if (index == damaged_) throw Error("x:" + name(index), "damaged");
    Image image{side_, side_, 1, {}};
    image.pixels.assign(static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_),
                        static_cast<std::uint8_t>(index));
    return image;
  }
  mutable std::atomic<std::size_t> reads = 0;

 private:
  std::int64_t damaged_;
  int side_;
};

std::vector<std::int64_t> first(std::int64_t count) {
  std::vector<std::int64_t> list;
  for (std::int64_t i = 0; i < count; ++i) list.push_back(i);
  return list;
}

TEST(PrefetchingReader, KeepsTheOrderWhateverTheThreads) {
  for (const int threads : {0, 1, 2, 7}) {
    const Counting source;
    PrefetchingReader reader(source, first(2000), threads);
    for (int i = 0; i < 2000; ++i) EXPECT_EQ(reader.next()->pixels[0], i % 256);
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(source.reads, 2000u);
  }
}

TEST(PrefetchingReader, FollowsTheListEvenWithRepetitions) {
  const Counting source;
  PrefetchingReader reader(source, {9, 3, 3, 200}, 2);
  std::vector<int> values;
  while (const auto image = reader.next()) values.push_back(image->pixels[0]);
  EXPECT_EQ(values, (std::vector<int>{9, 3, 3, 200}));
}

TEST(PrefetchingReader, ThrowsWhenTheDamagedImagesTurnComes) {
  const Counting source(2);
  PrefetchingReader reader(source, first(4), 3);
  EXPECT_EQ(reader.next()->pixels[0], 0);
  EXPECT_EQ(reader.next()->pixels[0], 1);
  EXPECT_THROW(reader.next(), Error);
  EXPECT_EQ(reader.next()->pixels[0], 3);
  EXPECT_FALSE(reader.next());
}

TEST(PrefetchingReader, ReadsNoFurtherAheadThanItSays) {
  const Counting source;
  PrefetchingReader reader(source, first(5000), 4);
  for (std::size_t i = 0; i < 1000; ++i) {
    reader.next();
    EXPECT_LE(source.reads, i + 1 + PrefetchingReader::kAhead);
  }
}

TEST(PrefetchingReader, BoundsTheBytesThatWait) {
  const int side = 8192;  // 64 MiB an image: 4 fill the bound, and 2 workers may be at one more each
  const Counting source(-1, side);
  PrefetchingReader reader(source, first(12), 2);
  for (std::size_t i = 0; i < 12; ++i) {
    reader.next();
    for (int busy = 0; busy < 2; ++busy) Counting(-1, side).read(0);  // time enough to read too far ahead
    EXPECT_LE(source.reads, i + 1 + 6);
  }
}

TEST(PrefetchingReader, MayBeLeftInTheMiddle) {
  const Counting source;
  PrefetchingReader(source, first(100'000), 3).next();
  EXPECT_LT(source.reads, 1000u);
}

TEST(PrefetchingReader, GivesNothingOfNothing) {
  const Counting source;
  EXPECT_FALSE(PrefetchingReader(source, {}, 2).next());
}

}  // namespace
}  // namespace gdd
