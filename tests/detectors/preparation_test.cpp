#include "detectors/preparation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/memory_budget.h"
#include "batches/image_batch.h"
#include "support/batch_of.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::batch_of;

Image filled(int height, int width, std::uint8_t value) {
  return {height, width, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(height) * width * 3, value)};
}

Preparation cropping(const char* resize) {
  Preparation preparation;
  preparation.resize = resize;
  preparation.center_crop = true;
  preparation.size = 224;
  preparation.scaling.mean.fill(0);
  preparation.scaling.std.fill(1);
  return preparation;
}

class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : before_(memory_budget()) { set_memory_budget(bytes); }
  ~MemoryBudget() { set_memory_budget(before_); }
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

 private:
  std::uint64_t before_;
};

class Slivers : public testing::TestWithParam<const char*> {};

// The whole of it would be 224 x 14 672 000 pixels.
TEST_P(Slivers, AreCutOutOfAnImageThatWouldNotFitIntoMemory) {
  const MemoryBudget budget(std::uint64_t{256} << 20);
  const std::vector<Image> images{filled(65500, 1, 50), filled(1, 65500, 200)};
  const at::Tensor batch = prepare_images(batch_of(images).views(), cropping(GetParam()));
  EXPECT_EQ(batch.sizes(), at::IntArrayRef({2, 3, 224, 224}));
  EXPECT_TRUE(batch[0].sub(50).abs().le(1e-4).all().item<bool>());
  EXPECT_TRUE(batch[1].sub(200).abs().le(1e-4).all().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(All, Slivers,
                         testing::Values("tf1-bilinear", "half-pixel-bilinear", "pil-bicubic",
                                         "pil-bicubic-uint8"),
                         [](const auto& case_info) {
                           std::string name = case_info.param;
                           for (char& c : name)
                             if (c == '-') c = '_';
                           return name;
                         });

TEST(PrepareImages, SaysWhichImageNeedsTooMuchMemory) {
  const MemoryBudget budget(std::uint64_t{64} << 20);
  Preparation preparation = cropping("pil-bicubic");
  preparation.center_crop = false;
  const std::vector<Image> images{filled(4, 4, 0), filled(65500, 1, 0)};
  const std::string error =
      testing_support::error_of([&] { prepare_images(batch_of(images).views(), preparation); });
  EXPECT_EQ(error.find("an image of 65500x1 pixels (height x width): needs 176 MB of memory for resizing it"),
            0u)
      << error;
}

TEST(ImagesAtOnce, TakeAQuarterOfAGigabyte) {
  Preparation preparation;
  preparation.size = 224;
  EXPECT_EQ(images_at_once(preparation), 445u);  // no batch of today is cut
  preparation.size = 4096;
  EXPECT_EQ(images_at_once(preparation), 1u);
}

}  // namespace
}  // namespace gdd
