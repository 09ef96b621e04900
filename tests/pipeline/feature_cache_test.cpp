#include "pipeline/feature_cache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "archive/npz.h"
#include "base/atomic_file.h"
#include "distributed/work_share.h"
#include "pipeline/measured_images.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::MeanDetector;
using testing_support::picture;
using testing_support::TemporaryFolder;
using testing_support::write_pictures;

class FeatureCache : public testing::Test {
 protected:
  FeatureCache() {
    write_pictures(folder_ / "set", 6);
    options_.cache = folder_ / "cache";
    options_.extract.warn = [this](const std::string& message) { said_ += message + "\n"; };
    request_.features = request_.probabilities = request_.statistics = true;
  }

  Side measure(const std::string& images) {
    return accumulate_side(FeatureInput(folder_ / images), request_, &detector_, options_);
  }
  std::ptrdiff_t cached_files() const {
    return std::distance(std::filesystem::directory_iterator(options_.cache), {});
  }

  TemporaryFolder folder_;
  MeanDetector detector_;
  SideOptions options_;
  SideRequest request_;
  std::string said_;
};

TEST_F(FeatureCache, TheSecondTimeNothingIsComputed) {
  const Side first = measure("set");
  const int calls = detector_.calls;
  const Side second = measure("set");
  EXPECT_EQ(detector_.calls, calls);
  EXPECT_EQ(first.features, second.features);
  EXPECT_EQ(first.probabilities, second.probabilities);
  EXPECT_EQ(first.statistics->sigma, second.statistics->sigma);
  EXPECT_EQ(first.hash, second.hash);
  options_.cache.clear();
  const Side without = measure("set");
  EXPECT_EQ(first.features, without.features);
  EXPECT_EQ(first.hash, without.hash);  // the report does not depend on the cache
}

TEST_F(FeatureCache, ANameMayChangeAndAPixelMayNot) {
  measure("set");
  std::filesystem::rename(folder_ / "set", folder_ / "renamed");
  const int calls = detector_.calls;
  measure("renamed");
  EXPECT_EQ(detector_.calls, calls);
  write_file_atomically(folder_ / "renamed/0002.png", encode_png(picture(99)));
  const Side changed = measure("renamed");
  EXPECT_GT(detector_.calls, calls);
  EXPECT_EQ(changed.features[7], picture(99).pixels.front());
  EXPECT_EQ(cached_files(), 2);
}

TEST_F(FeatureCache, ASubsetIsASetOfItsOwn) {
  measure("set");
  options_.selection.num = 3;
  EXPECT_EQ(measure("set").num_samples, 3);
  EXPECT_EQ(cached_files(), 2);
}

// The last bits of a network depend on its batch.
TEST_F(FeatureCache, AnotherBatchIsAnotherFile) {
  measure("set");
  options_.extract.batch = 3;
  measure("set");
  EXPECT_EQ(cached_files(), 2);
}

TEST_F(FeatureCache, ADamagedFileIsMadeAnew) {
  const Side first = measure("set");
  const std::string file = std::filesystem::directory_iterator(options_.cache)->path().string();
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  EXPECT_EQ(measure("set").features, first.features);
  EXPECT_NE(said_.find("made anew"), std::string::npos) << said_;
  EXPECT_EQ(NpzReader(file).read("features").shape()[0], 6);
}

TEST_F(FeatureCache, GreyImagesAreSaidEveryTime) {
  write_file_atomically(folder_ / "set/grey.png", encode_png(picture(5, 4, 4, 1)));
  measure("set");
  said_.clear();
  measure("set");
  EXPECT_NE(said_.find("1 of 7 images are grey"), std::string::npos) << said_;
}

// The leader of several processes, all of whose parts are its own.
class LeadingShare : public WorkShare {
 public:
  std::function<void()> before_merge = [] {};
  std::optional<std::int64_t> next(const std::string&, std::int64_t count) override {
    return taken_ < count ? std::optional(taken_++) : std::nullopt;
  }
  bool alone() const override { return false; }
  bool leads() const override { return true; }
  bool speaks() const override { return true; }
  std::string name() const override { return "rank 0 of 2"; }
  void leader_first(const std::string&, const std::function<void()>& action) override { action(); }
  void gather(const std::string&) override { before_merge(); }
  void publish(const std::string&) override {}
  std::string tell_all(const std::string& text) override { return text; }
  void ask_stop() override {}
  bool stop_asked() override { return false; }
  void finish() override {}

 private:
  std::int64_t taken_ = 0;
};

TEST_F(FeatureCache, AnotherJobMayFinishTheFileAndTakeItsPartsAway) {
  const Side alone = measure("set");
  const std::string file = std::filesystem::directory_iterator(options_.cache)->path().string();
  std::filesystem::rename(file, folder_ / "made");
  LeadingShare share;
  options_.share = &share;
  share.before_merge = [&] {
    std::filesystem::rename(folder_ / "made", file);
    EXPECT_GT(std::filesystem::remove_all(file + ".parts"), 1u);
  };
  EXPECT_EQ(measure("set").features, alone.features);
  std::filesystem::remove(file);
  LeadingShare next;
  options_.share = &next;
  next.before_merge = [&] { std::filesystem::remove_all(file + ".parts"); };
  EXPECT_NE(testing_support::error_of([&] { measure("set"); }), "");  // nobody made it
}

TEST_F(FeatureCache, TwoMayFillItAtOnce) {
  Side sides[2];
  const auto fill = [&](int i) {
    const MeanDetector detector;
    SideOptions options;
    options.cache = folder_ / "cache";
    sides[i] = accumulate_side(FeatureInput(folder_ / "set"), request_, &detector, options);
  };
  std::thread other(fill, 0);
  fill(1);
  other.join();
  EXPECT_EQ(sides[0].features, sides[1].features);
  EXPECT_EQ(cached_files(), 1);  // nothing half-written stays
}

}  // namespace
}  // namespace gdd
