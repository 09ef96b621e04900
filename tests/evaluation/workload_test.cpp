#include "evaluation/workload.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "evaluation/pace.h"
#include "evaluation/seven_hundred_images.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;

class CountWork : public ::testing::Test {
 protected:
  CountWork() { options_ = testing_support::seven_hundred_images(folder_ / "out", observer_); }
  Workload count(std::int64_t processes = 1) {
    return count_work(network_.info(), *detector_, options_, processes, observer_);
  }
  void evaluate_all() {
    const std::unique_ptr<WorkShare> share = work_alone();
    options_.distances.sample.share = options_.distances.reference.share = share.get();
    evaluate(
        network_, [&] { return detector_; }, options_, *share, observer_);
    options_.distances.sample.share = options_.distances.reference.share = nullptr;
  }
  // The features of another evaluation, 700 rows, as a reference.
  std::string features(const std::string& outdir) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / outdir))
      if (entry.path().filename() == "00000000.npz") return entry.path().string();
    return "";
  }
  std::set<std::string> files() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / ""))
      found.insert(entry.path().string());
    return found;
  }

  TemporaryFolder folder_;
  const Network network_ = Network::open(GDD_TEST_DATA "/networks/tiny.pkl", true);
  const std::shared_ptr<const Detector> detector_ = make_demo_detector();
  testing_support::RecordingObserver observer_;
  EvaluateOptions options_;
};

TEST_F(CountWork, OfAFreshRunIsAllOfItAndNothingIsMade) {
  const Workload work = count();
  EXPECT_EQ(work.images, 700);
  EXPECT_EQ(work.features, (std::map<std::string, std::int64_t>{{"edm", 700}}));
  EXPECT_EQ(work.batch, 64);
  EXPECT_DOUBLE_EQ(work.batch_bytes, 64 * network_.info().activation_bytes);
  const Pace pace = measure_pace(network_, *detector_, options_, work, observer_);
  EXPECT_GT(pace.image_seconds, 0);
  EXPECT_GT(pace.feature_seconds.at("edm"), 0);
  EXPECT_GT(pace.rates.float32, 0);
  EXPECT_GT(pace.rates.float64, 0);
  EXPECT_GT(pace.rates.visits, 0);
  EXPECT_TRUE(files().empty());
}

TEST_F(CountWork, OfARunThatGoesOnIsWhatIsMissing) {
  evaluate_all();
  const std::set<std::string> before = files();
  EXPECT_EQ(count().images, 0);
  EXPECT_EQ(count().features.at("edm"), 0);
  EXPECT_EQ(count().all_images, 700);
  EXPECT_EQ(files(), before);
  options_.keep_images = true;  // which this run did not
  EXPECT_EQ(count().images, 700);
  EXPECT_EQ(count().features.at("edm"), 0);
  options_.keep_images = false;
  for (const auto& path : before)
    if (path.ends_with("part-00000001")) std::filesystem::remove(path);
  EXPECT_EQ(count().features.at("edm"), 188);
  EXPECT_GE(count().images, 188);
  EXPECT_LE(count().images, 188 + 63);  // one batch lies across the border
}

TEST_F(CountWork, ReadsImagesThatAreKept) {
  options_.keep_images = true;
  evaluate_all();
  for (const auto& path : files())
    if (path.find("features-") != std::string::npos) std::filesystem::remove_all(path);
  EXPECT_EQ(count().images, 0);
  EXPECT_EQ(count().features.at("edm"), 700);
}

TEST_F(CountWork, IsMultipliedByRuns) {
  options_.runs = 3;
  const Workload work = count();
  EXPECT_EQ(work.images, 2100);
  EXPECT_EQ(work.features.at("edm"), 2100);
  ASSERT_EQ(work.scores.size(), 1u);
  EXPECT_EQ(work.scores[0].cost.visits, 3 * 700 * 10);
}

TEST_F(CountWork, HasALineForEachScoreThatIsAskedFor) {
  evaluate_all();
  options_.ref = features("out");
  options_.files.outdir = folder_ / "other";
  options_.train = options_.ref;
  options_.distances.metrics = {"fid",  "fid_infinity", "kid",  "is",     "pr",
                                "prdc", "clipped",      "mind", "authpct"};
  options_.distances.kid.subset_size = 50;
  const Workload work = count();
  std::vector<std::string> names;
  for (const Workload::Scoring& each : work.scores) {
    names.push_back(each.name);
    EXPECT_GT(each.cost.float32 + each.cost.float64 + each.cost.visits, 0) << each.name;
    EXPECT_GT(each.bytes, 0) << each.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"statistics", "fid", "fid_infinity", "kid", "is", "pr", "prdc",
                                             "clipped", "mind", "authpct"}));
  EXPECT_EQ(work.scores.back().work, "700 rows against 512");
  ASSERT_EQ(work.references.size(), 1u);
  EXPECT_EQ(work.references[0].images, 0);  // it has rows
}

// They are measured in the first run, and found again in the others and by the next evaluation.
TEST_F(CountWork, MeasuresImagesOfAReferenceUnlessTheyAreCached) {
  options_.keep_images = true;
  evaluate_all();
  options_.keep_images = false;
  options_.ref = folder_ / "out";
  options_.files.outdir = folder_ / "other";
  options_.distances.metrics = {"fid"};
  options_.runs = 2;
  const Workload fresh = count();
  ASSERT_EQ(fresh.references.size(), 1u);
  EXPECT_EQ(fresh.references[0].images, 700);
  const auto measured = measure_pace(network_, *detector_, options_, fresh, observer_).reference_seconds;
  EXPECT_GT(measured.at({options_.ref, "edm"}), 0);
  evaluate_all();
  EXPECT_EQ(count().references.at(0).images, 0);
}

TEST_F(CountWork, MeasuresImagesOfATrainingSet) {
  options_.keep_images = true;
  evaluate_all();
  options_.keep_images = false;
  options_.train = folder_ / "out";
  options_.files.outdir = folder_ / "other";
  options_.distances.metrics = {"authpct"};
  ASSERT_EQ(count().references.size(), 1u);
  EXPECT_EQ(count().references[0].images, 700);
  evaluate_all();
  EXPECT_EQ(count().references.at(0).images, 0);
}

TEST_F(CountWork, WarnsOfARunWithOtherSettings) {
  evaluate_all();
  EXPECT_EQ(observer_.said.find("other settings"), std::string::npos);
  options_.generate.batch = 32;
  EXPECT_EQ(count().images, 700);
  EXPECT_NE(observer_.said.find("holds a run with other settings"), std::string::npos) << observer_.said;
}

TEST_F(CountWork, RefusesWhatAnEvaluationRefuses) {
  options_.generate.classes = {1000};
  EXPECT_NE(error_of([&] { count(); }).find("--class"), std::string::npos);
  options_.generate.classes.clear();
  options_.distances.metrics = {"fid"};
  EXPECT_NE(error_of([&] { count(); }).find("--ref: is needed for fid"), std::string::npos);
}

TEST_F(CountWork, EndsItsMeasurementWhereItIsToStop) {
  observer_.on_stop = [] { return true; };
  EXPECT_THROW(measure_pace(network_, *detector_, options_, count(), observer_), Stopped);
}

}  // namespace
}  // namespace gdd
