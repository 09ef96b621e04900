#include "measurement/extract_features.h"

#include <gtest/gtest.h>

#include <utility>

#include "measurement/measured_images.h"
#include "support/batch_of.h"

namespace gdd {
namespace {

using testing_support::batch_of;
using testing_support::MeanDetector;
using testing_support::picture;

// Images that have names.
class Named : public ImageSet {
 public:
  std::int64_t size() const override { return 4; }
  const std::string& where() const override { return where_; }
  std::string name(std::int64_t position) const override { return std::to_string(position) + ".png"; }
  std::unique_ptr<BatchSource> range(std::int64_t, std::int64_t, std::int64_t) override { return nullptr; }

 private:
  std::string where_ = "set";
};

class TwoBatches : public ::testing::Test {
 protected:
  ImageBatch batch(int number) const {
    ImageBatch made = batch_of({picture(2 * number), picture(2 * number + 1)});
    made.first = std::int64_t{2} * number;
    return made;
  }

  Named images_;
  MeanDetector detector_;
  std::vector<float> rows_;  // as they are handed on
  FeatureSink sink_{images_, detector_, {}, [this](const FeatureBlock& block) {
                      EXPECT_EQ(block.rows, 2);
                      rows_.insert(rows_.end(), block.features.begin(), block.features.end());
                    }};
};

TEST_F(TwoBatches, OnACpuAreHandedOnAtOnce) {
  sink_.take(batch(0));
  EXPECT_EQ(rows_.size(), 6u);
  sink_.take(batch(1));
  EXPECT_EQ(rows_.size(), 12u);
}

TEST_F(TwoBatches, OnADeviceAreHandedOnWhileItHasTheNext) {
  sink_.take(batch(0));
  sink_.take(batch(1));
  const std::vector<float> expected = std::exchange(rows_, {});
  detector_.to(c10::Device(c10::kMeta));
  sink_.take(batch(0));
  EXPECT_TRUE(rows_.empty());
  sink_.take(batch(1));
  EXPECT_EQ(rows_.size(), 6u);
  sink_.finish();
  EXPECT_EQ(rows_, expected);
}

}  // namespace
}  // namespace gdd
