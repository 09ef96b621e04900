#include "batches/image_batch.h"
#include "support/batch_of.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <numeric>

namespace gdd {
namespace {

using testing_support::batch_of;

// `count` images of 2x1 with 3 channels, whose pixels count up from 6 * first; with seeds and floats.
ImageBatch made(std::int64_t first, std::int64_t count) {
  ImageBatch batch;
  batch.number = 7;
  batch.first = first;
  batch.pixels = at::arange(6 * first, 6 * (first + count), at::kByte).reshape({count, 2, 1, 3});
  batch.floats = batch.pixels.permute({0, 3, 1, 2}).to(at::kDouble);
  for (std::int64_t i = first; i < first + count; ++i) batch.items.push_back({100 + i, i, i % 2});
  return batch;
}

// The same as a list.
ImageBatch listed(std::int64_t first, std::int64_t count) {
  ImageBatch batch = made(first, count);
  batch.images = batch.list();
  batch.pixels = batch.floats = at::Tensor();
  return batch;
}

std::vector<std::uint8_t> pixels_of(const Image& image) { return image.pixels; }

std::vector<std::uint8_t> all_pixels(const ImageBatch& batch) {
  std::vector<std::uint8_t> all;
  for (const Image& image : batch.list()) all.insert(all.end(), image.pixels.begin(), image.pixels.end());
  return all;
}

std::vector<std::uint8_t> counting(std::size_t from, std::size_t to) {
  std::vector<std::uint8_t> values(to - from);
  std::iota(values.begin(), values.end(), static_cast<std::uint8_t>(from));
  return values;
}

TEST(ImageBatch, ShowsTheSamePixelsInEveryForm) {
  for (const ImageBatch& batch : {made(0, 3), listed(0, 3)}) {
    ASSERT_EQ(batch.size(), 3);
    const std::vector<ImageView> views = batch.views();
    ASSERT_EQ(views.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(std::vector<int>({views[i].height, views[i].width, views[i].channels}),
                std::vector<int>({2, 1, 3}));
      EXPECT_EQ(std::vector<std::uint8_t>(views[i].pixels, views[i].pixels + views[i].size()),
                counting(6 * i, 6 * i + 6));
      EXPECT_EQ(pixels_of(batch.image(static_cast<std::int64_t>(i))), counting(6 * i, 6 * i + 6));
    }
    EXPECT_EQ(all_pixels(batch), counting(0, 18));
  }
}

TEST(ImageBatch, APartHasItsImagesAndTheirPlace) {
  for (const ImageBatch& batch : {made(2, 4), listed(2, 4)}) {
    const ImageBatch part = batch.part(1, 3);
    EXPECT_EQ(part.size(), 2);
    EXPECT_EQ(part.first, 3);
    EXPECT_EQ(part.number, 7);
    EXPECT_EQ(all_pixels(part), counting(18, 30));
    ASSERT_EQ(part.items.size(), 2u);
    EXPECT_EQ(part.items[0].seed, 103);
    EXPECT_EQ(part.items[1].seed, 104);
    if (batch.floats.defined()) {
      EXPECT_TRUE(at::equal(part.floats, batch.floats.slice(0, 1, 3)));
    }
  }
}

// A batch that was read from files may stand beside one that was made.
TEST(ImageBatch, JoinedHasBothInOrderWhateverTheirForm) {
  for (const ImageBatch& one : {made(0, 2), listed(0, 2)})
    for (const ImageBatch& other : {made(2, 3), listed(2, 3)}) {
      const ImageBatch both = joined(one, other);
      EXPECT_EQ(both.size(), 5);
      EXPECT_EQ(both.first, 0);
      EXPECT_EQ(all_pixels(both), counting(0, 30));
      ASSERT_EQ(both.items.size(), 5u);
      EXPECT_EQ(both.items[4].seed, 104);
    }
  EXPECT_EQ(joined(made(0, 2), made(2, 3)).floats.size(0), 5);
}

// As a batch whose images a device made, with the CPU as the device.
TEST(ImageBatch, KeepsWhatLiesOnADeviceBesideWhatLiesOnTheCpu) {
  const auto on_device = [](ImageBatch batch) {
    batch.device_pixels = batch.pixels.clone();
    return batch;
  };
  const ImageBatch one = on_device(made(0, 3)), other = on_device(made(3, 2));
  const ImageBatch part = one.part(1, 3), both = joined(one, other);
  EXPECT_TRUE(part.device_pixels.equal(part.pixels));
  EXPECT_TRUE(both.device_pixels.equal(both.pixels));
  for (const ImageBatch& mixed :
       {joined(one, made(3, 2)), joined(made(0, 3), other), joined(one, listed(3, 2))})
    EXPECT_FALSE(mixed.device_pixels.defined());
}

TEST(ImageBatch, ImagesOfSeveralSizesAreAList) {
  const ImageBatch batch = batch_of({Image{1, 1, 1, {5}}, Image{1, 2, 1, {6, 7}}});
  EXPECT_EQ(batch.size(), 2);
  EXPECT_EQ(all_pixels(batch), counting(5, 8));
  EXPECT_EQ(batch.views()[1].width, 2);
}

}  // namespace
}  // namespace gdd
