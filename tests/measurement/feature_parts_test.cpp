#include "measurement/feature_parts.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "archive/npz.h"
#include "base/atomic_file.h"
#include "distributed/work_share.h"
#include "measurement/measure_side.h"
#include "measurement/measured_images.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::MeanDetector;
using testing_support::picture;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_pictures;
using testing_support::write_text;

class KeptFeatures : public testing::Test {
 protected:
  KeptFeatures() {
    write_pictures(folder_ / "set", 6);
    options_.cache = folder_ / "cache";
    options_.observer = &observer_;
    request_.features = request_.probabilities = request_.statistics = true;
  }

  Side measure(const std::string& images) {
    return measure_side(FeatureInput(folder_ / images), request_, &detector_, options_);
  }
  std::ptrdiff_t sets() const {
    return std::distance(std::filesystem::directory_iterator(options_.cache), {});
  }

  TemporaryFolder folder_;
  MeanDetector detector_;
  SideOptions options_;
  SideRequest request_;
  testing_support::RecordingObserver observer_;
};

TEST_F(KeptFeatures, TheSecondTimeNothingIsComputed) {
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

TEST_F(KeptFeatures, ASetIsOpenedOnceForSeveralComparisons) {
  FeatureSets sets;
  const auto open = [&](const std::string& images, const std::string& protocol) {
    const std::string cache = folder_ / "cache";
    return &sets.open(cache, cache, feature_settings(detector_, "edm", 64, images), 6, detector_, protocol);
  };
  const FeatureParts* const first = open("some", "edm");
  EXPECT_EQ(open("some", "edm"), first);
  EXPECT_NE(open("others", "edm"), first);
  EXPECT_NE(open("some", "clean"), first);
}

TEST_F(KeptFeatures, ANameMayChangeAndAPixelMayNot) {
  measure("set");
  std::filesystem::rename(folder_ / "set", folder_ / "renamed");
  const int calls = detector_.calls;
  measure("renamed");
  EXPECT_EQ(detector_.calls, calls);
  write_file_atomically(folder_ / "renamed/0002.png", encode_png(picture(99)));
  const Side changed = measure("renamed");
  EXPECT_GT(detector_.calls, calls);
  EXPECT_EQ(changed.features[7], picture(99).pixels.front());
  EXPECT_EQ(sets(), 2);
}

TEST_F(KeptFeatures, ASubsetIsASetOfItsOwn) {
  measure("set");
  options_.selection.num = 3;
  EXPECT_EQ(measure("set").num_samples, 3);
  EXPECT_EQ(sets(), 2);
}

// The last bits of a network depend on its batch.
TEST_F(KeptFeatures, AnotherBatchIsAnotherFile) {
  measure("set");
  options_.extract.batch = 3;
  measure("set");
  EXPECT_EQ(sets(), 2);
}

TEST_F(KeptFeatures, ADamagedPartIsNamedAndMadeAgain) {
  write_pictures(folder_ / "set", 1100);  // three parts
  const Side first = measure("set");
  const std::string set = std::filesystem::directory_iterator(options_.cache)->path().string();
  for (const bool shorter : {true, false}) {
    const std::string file = set + "/00000001.npz", whole = read_text(file);
    write_text(file, shorter ? whole.substr(0, whole.size() / 2)
                             : whole.substr(0, whole.size() - 30) + whole.substr(0, 30));
    detector_.calls = 0;
    observer_.said.clear();
    EXPECT_EQ(measure("set").features, first.features);
    EXPECT_EQ(detector_.calls, 8);  // 512 images by 64: of that part alone
    EXPECT_NE(observer_.said.find("00000001.npz: is damaged or gone, and is made again"), std::string::npos)
        << observer_.said;
    EXPECT_EQ(read_text(file), whole);
  }
}

TEST_F(KeptFeatures, GreyImagesAreSaidEveryTime) {
  write_file_atomically(folder_ / "set/grey.png", encode_png(picture(5, 4, 4, 1)));
  measure("set");
  observer_.said.clear();
  measure("set");
  EXPECT_NE(observer_.said.find("1 of 7 images are grey"), std::string::npos) << observer_.said;
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

TEST_F(KeptFeatures, APartThatAnotherJobTakesAwayIsMadeAgain) {
  const Side alone = measure("set");
  const std::string set = std::filesystem::directory_iterator(options_.cache)->path().string();
  LeadingShare share;
  options_.share = &share;
  share.before_merge = [&] { EXPECT_TRUE(std::filesystem::remove(set + "/00000000.npz")); };
  EXPECT_EQ(measure("set").features, alone.features);
}

// A part's file and record under another part's name: the record says whose it is.
TEST_F(KeptFeatures, ACopyOfAPartIsNotAnotherPart) {
  write_pictures(folder_ / "set", 1100);
  const Side first = measure("set");
  const std::string set = std::filesystem::directory_iterator(options_.cache)->path().string();
  constexpr auto kOver = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(set + "/00000000.npz", set + "/00000001.npz", kOver);
  std::filesystem::copy_file(set + "/part-00000000", set + "/part-00000001", kOver);
  EXPECT_EQ(measure("set").features, first.features);
  EXPECT_NE(observer_.said.find("00000001.npz: has no record that is whole"), std::string::npos)
      << observer_.said;
}

// A link that somebody planted leads to a file of theirs, or of ours.
TEST_F(KeptFeatures, NothingIsWrittenThroughALink) {
  measure("set");
  const std::string set = std::filesystem::directory_iterator(options_.cache)->path().string();
  write_text(folder_ / "precious", "x");
  std::filesystem::remove(set + "/00000000.npz");
  std::filesystem::create_symlink(folder_ / "precious", set + "/00000000.npz");
  const std::string error = testing_support::error_of([&] { measure("set"); });
  EXPECT_NE(error.find("00000000.npz: expected a regular file"), std::string::npos) << error;
  EXPECT_EQ(read_text(folder_ / "precious"), "x");
}

// Hashing it would take hours.
TEST_F(KeptFeatures, AFileLargerThanAPartCanBeIsNotRead) {
  const Side first = measure("set");
  const std::string set = std::filesystem::directory_iterator(options_.cache)->path().string();
  std::filesystem::resize_file(set + "/00000000.npz", std::uintmax_t{1} << 42);
  EXPECT_EQ(measure("set").features, first.features);
}

// Of a part of 512 images each batch is told, not its end alone.
TEST_F(KeptFeatures, ProgressMovesWithEveryBatch) {
  write_pictures(folder_ / "set", 200);
  std::vector<std::int64_t> told;
  observer_.on_progress = [&](const std::string& what, const std::string&, std::int64_t done, std::int64_t) {
    if (what == "images") told.push_back(done);
  };
  measure("set");
  EXPECT_EQ(told, (std::vector<std::int64_t>{64, 128, 192, 200}));
}

// What is finished stays, and is not made twice.
TEST_F(KeptFeatures, AStopKeepsFinishedParts) {
  write_pictures(folder_ / "set", 1100);
  observer_.on_stop = [&] { return detector_.calls >= 8 + 3; };
  EXPECT_THROW(measure("set"), Stopped);
  EXPECT_EQ(detector_.calls, 8 + 3);
  observer_.on_stop = {};
  detector_.calls = 0;
  EXPECT_EQ(measure("set").num_samples, 1100);
  EXPECT_EQ(detector_.calls, 8 + 2);
}

TEST_F(KeptFeatures, TwoMayFillItAtOnce) {
  Side sides[2];
  const auto fill = [&](int i) {
    const MeanDetector detector;
    SideOptions options;
    options.cache = folder_ / "cache";
    sides[i] = measure_side(FeatureInput(folder_ / "set"), request_, &detector, options);
  };
  std::thread other(fill, 0);
  fill(1);
  other.join();
  EXPECT_EQ(sides[0].features, sides[1].features);
  EXPECT_EQ(sets(), 1);
}

}  // namespace
}  // namespace gdd
