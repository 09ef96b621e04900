#include "images/prefetch.h"

#include <gtest/gtest.h>

#include <algorithm>
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
  using ImageSource::read;
  void visit_stored(std::int64_t, const std::function<void(Bytes)>&) const override {}
  Image read(std::int64_t index, const Admit& admit) const override {
    ++reads;
    const auto bytes = static_cast<std::uint64_t>(side_) * static_cast<std::uint64_t>(side_);
    if (admit) admit(bytes);
    alive += static_cast<std::int64_t>(bytes);
    most = std::max<std::int64_t>(most, alive);
    if (index == damaged_) throw Error("x:" + name(index), "damaged");
    Image image{side_, side_, 1, {}};
    image.pixels.assign(static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_),
                        static_cast<std::uint8_t>(index));
    return image;
  }
  void release() { alive -= static_cast<std::int64_t>(side_) * side_; }  // the consumer has done with one

  mutable std::atomic<std::size_t> reads = 0;
  mutable std::atomic<std::int64_t> alive = 0, most = 0;  // bytes

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

// However many workers: what waits and is being decoded fits, but for the image that is next.
TEST(PrefetchingReader, BoundsTheBytesThatWait) {
  const int side = 8192;  // 64 MiB an image: 4 fill the bound
  Counting source(-1, side);
  PrefetchingReader reader(source, first(24), 6);
  for (std::size_t i = 0; i < 24; ++i) {
    reader.next();
    source.release();
  }
  EXPECT_LE(source.most,
            static_cast<std::int64_t>(PrefetchingReader::kAheadBytes) + 2 * std::int64_t{side} * side);
}

// Small images but for number 51, and those from 100 on, which wait for next() three at a time. Image 50 is
// read when three are.
class LargeBehindSmall : public ImageSource {
 public:
  LargeBehindSmall() : ImageSource("x") {}
  std::int64_t size() const override { return 110; }
  std::string name(std::int64_t index) const override { return std::to_string(index); }
  using ImageSource::read;
  void visit_stored(std::int64_t, const std::function<void(Bytes)>&) const override {}
  Image read(std::int64_t index, const Admit& admit) const override {
    if (index == 50)
      for (int seen = large_; seen < 3; seen = large_) large_.wait(seen);
    const bool is_large = index == 51 || index >= 100;
    Image image{1, is_large ? 80 << 20 : 1, 1, {}};
    if (admit) admit(ImageView(image).size());
    image.pixels.assign(ImageView(image).size(), static_cast<std::uint8_t>(index));
    if (is_large) ++large_;
    large_.notify_all();
    return image;
  }

 private:
  mutable std::atomic<int> large_ = 0;
};

// Whoever waits for room holds nothing back that was decoded before: next() would wait for it, and nothing
// would make room.
TEST(PrefetchingReader, GivesWhatIsReadBeforeAnImageThatWaitsForRoom) {
  const LargeBehindSmall source;
  PrefetchingReader reader(source, first(110), 2);
  for (int i = 0; i < 110; ++i) EXPECT_EQ(reader.next()->pixels[0], i);
}

// Images that exceed the bound each come one by one, and all come.
TEST(PrefetchingReader, GivesImagesThatExceedTheBound) {
  const Counting source(-1, 17'000);
  PrefetchingReader reader(source, first(4), 3);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(reader.next()->pixels[0], i);
}

TEST(PrefetchingReader, MayBeLeftInTheMiddle) {
  const Counting source;
  PrefetchingReader(source, first(100'000), 3).next();
  EXPECT_LE(source.reads, 1 + PrefetchingReader::kAhead);
}

TEST(PrefetchingReader, GivesNothingOfNothing) {
  const Counting source;
  EXPECT_FALSE(PrefetchingReader(source, {}, 2).next());
}

}  // namespace
}  // namespace gdd
