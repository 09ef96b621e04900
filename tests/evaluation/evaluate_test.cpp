#include "evaluation/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>

#include "base/stopped.h"
#include "evaluation/seven_hundred_images.h"
#include "gdd/error.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;
using Seeds = std::vector<std::int64_t>;

constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

TEST(SeedsOfRun, FollowThoseOfTheRunBefore) {
  EXPECT_EQ(seeds_of_run({0, 1, 2, 3}, 0), (Seeds{0, 1, 2, 3}));
  EXPECT_EQ(seeds_of_run({0, 1, 2, 3}, 1), (Seeds{4, 5, 6, 7}));
  EXPECT_EQ(seeds_of_run({10, 11}, 2), (Seeds{14, 15}));
  EXPECT_EQ(seeds_of_run({5}, 3), (Seeds{8}));
}

// By the length of their range, so that no seed is used twice, in whatever order they stand.
TEST(SeedsOfRun, OfAListAreMovedByItsRange) {
  EXPECT_EQ(seeds_of_run({9, 2, 5}, 1), (Seeds{17, 10, 13}));
  EXPECT_EQ(seeds_of_run({9, 2, 5}, 2), (Seeds{25, 18, 21}));
}

TEST(SeedsOfRun, ThatPassTheLargestNumberAreRefused) {
  EXPECT_EQ(seeds_of_run({kLast - 5, kLast - 4}, 2), (Seeds{kLast - 1, kLast}));
  EXPECT_EQ(seeds_of_run({0, kLast}, 0), (Seeds{0, kLast}));
  EXPECT_EQ(error_of([] {
              seeds_of_run({kLast - 5, kLast - 4}, 3);
            }),
            "--runs: the seeds of run 4 pass 2^63");
  EXPECT_EQ(error_of([] { seeds_of_run({0, kLast}, 1); }), "--runs: the seeds of run 2 pass 2^63");
  EXPECT_NE(error_of([] { seeds_of_run({0, 1}, kLast); }), "");
}

TEST(FolderOfRun, IsTheFirstOnesForOneRunToo) {
  EXPECT_EQ(folder_of_run("results/x", 0), "results/x");
  EXPECT_EQ(folder_of_run("results/x", 1), "results/x/run-2");
  EXPECT_EQ(folder_of_run("results/x/", 2), "results/x/run-3");
}

class Evaluate : public ::testing::Test {
 protected:
  Evaluate() {
    options_ = testing_support::seven_hundred_images(folder_ / "out", observer_);
    options_.distances.sample.share = options_.distances.reference.share = share_.get();
  }
  // How many images the network made for it.
  std::int64_t made() {
    std::int64_t all = 0;
    EvaluateListener listener;
    listener.finished = [&](std::int64_t, std::int64_t images, std::int64_t of) {
      EXPECT_EQ(of, std::ssize(options_.generate.seeds));
      all += images;
    };
    report_ = evaluate(
        network_, [] { return std::shared_ptr<const Detector>(make_demo_detector()); }, options_, *share_,
        observer_, listener);
    return all;
  }
  // The part of the features, wherever they stand.
  std::string part(int number) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "out/.gdd-run"))
      if (entry.is_directory())
        return (entry.path() / ("0000000" + std::to_string(number) + ".npz")).string();
    return "";
  }
  void begin_again() { share_ = work_alone(), options_.distances.sample.share = share_.get(); }

  TemporaryFolder folder_;
  const Network network_ = Network::open(GDD_TEST_DATA "/networks/tiny.pkl", true);
  std::unique_ptr<WorkShare> share_ = work_alone();
  testing_support::RecordingObserver observer_;
  EvaluateOptions options_;
  Report report_;
};

// As on a GPU.
TEST_F(Evaluate, ABatchBegunAheadOfTimeIsTheSame) {
  EXPECT_EQ(made(), 700);
  const double expected = report_.scores.at(0).value;
  for (const std::int64_t ahead : {1, 2, 30}) {
    std::filesystem::remove_all(options_.files.outdir);
    begin_again();
    options_.generate.ahead = ahead;
    EXPECT_EQ(made(), 700);
    EXPECT_EQ(report_.scores.at(0).value, expected);
  }
}

TEST_F(Evaluate, MakesEveryImageOnceAndForAnotherMetricNone) {
  EXPECT_EQ(made(), 700);
  const double first = report_.scores.at(0).value;
  begin_again();
  EXPECT_EQ(made(), 0);
  EXPECT_EQ(report_.scores.at(0).value, first);
  begin_again();
  options_.distances.metrics = {"is", "kid"};
  options_.distances.kid.subset_size = 50;
  options_.ref = part(0);
  EXPECT_EQ(made(), 0);
  EXPECT_EQ(report_.scores.size(), 2u);
}

TEST_F(Evaluate, MakesOfAPartThatIsLostItsBatchesAlone) {
  EXPECT_EQ(made(), 700);
  std::filesystem::remove(part(1));
  begin_again();
  const std::int64_t again = made();
  EXPECT_GE(again, 700 - 512);
  EXPECT_LE(again, 700 - 512 + 63);  // one batch lies across the border
  EXPECT_NE(observer_.said.find("00000001.npz: is damaged or gone"), std::string::npos) << observer_.said;
}

// They are written beside the work, and made by nobody twice.
TEST_F(Evaluate, ImagesThatAreKeptAreRead) {
  options_.keep_images = true;
  EXPECT_EQ(made(), 700);
  std::filesystem::remove_all(std::filesystem::path(part(0)).parent_path());
  begin_again();
  EXPECT_EQ(made(), 0);
  write_text(folder_ / "out/000500.png", "damaged");
  begin_again();
  const std::int64_t again = made();
  EXPECT_TRUE(again == 63 || again == 64) << again;  // its batch
}

TEST_F(Evaluate, AStopLeavesWhatIsFinished) {
  bool stop = false;
  observer_.on_progress = [&](const std::string&, const std::string&, std::int64_t done, std::int64_t) {
    stop = stop || done > 600;
  };
  observer_.on_stop = [&] { return stop; };
  EXPECT_THROW(made(), Stopped);
  observer_.on_progress = {};
  observer_.on_stop = {};
  begin_again();
  EXPECT_LE(made(), 700 - 512 + 63);
}

TEST_F(Evaluate, RunsAreOfTheirOwnSeeds) {
  options_.runs = 3;
  EXPECT_EQ(made(), 3 * 700);
  ASSERT_EQ(report_.scores.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(report_.scores[i].run, static_cast<std::int64_t>(i) + 1);
  ASSERT_EQ(report_.summaries.size(), 1u);
  EXPECT_EQ(report_.summaries[0].runs, 3);
  const double last = report_.scores[2].value;
  options_.runs = 1;
  for (std::int64_t& seed : options_.generate.seeds) seed += 1400;
  options_.files.outdir = folder_ / "other";
  begin_again();
  EXPECT_EQ(made(), 700);
  EXPECT_EQ(report_.scores.at(0).value, last);
  EXPECT_EQ(report_.scores.at(0).run, 0);
  EXPECT_TRUE(report_.summaries.empty());
}

TEST_F(Evaluate, ShowsTheInceptionScoreOfTheFirstImages) {
  options_.generate.seeds.resize(1001);
  std::iota(options_.generate.seeds.begin(), options_.generate.seeds.end(), std::int64_t{0});
  options_.distances.split_size = 10'000;
  made();
  ASSERT_EQ(report_.series.size(), 1u);
  EXPECT_EQ(report_.series[0].name, "inception_score");
  EXPECT_EQ(report_.series[0].num_samples, 1000);
  EXPECT_NEAR(report_.series[0].value, report_.scores.at(0).value, 0.01 * report_.scores[0].value);
  EXPECT_NE(report_.series[0].value, report_.scores[0].value);
}

TEST(SummariseRuns, GivesMeanErrorAndExtremesOfEachScore) {
  const auto score = [](const char* name, double value, const char* protocol, std::int64_t run) {
    Score one;
    one.name = name;
    one.value = value;
    one.protocol = protocol;
    one.run = run;
    return one;
  };
  const std::vector<Summary> found =
      summarise_runs({score("fid", 2, "edm", 1), score("fid", 10, "adm", 1), score("is", 7, "edm", 1),
                      score("fid", 4, "edm", 2), score("fid", 11, "adm", 2), score("is", 7, "edm", 2),
                      score("fid", 9, "edm", 3), score("fid", 12, "adm", 3), score("is", 7, "edm", 3)});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].name + found[0].protocol + found[1].protocol + found[2].name, "fidedmadmis");
  EXPECT_EQ(found[0].runs, 3);
  EXPECT_DOUBLE_EQ(found[0].mean, 5);
  EXPECT_DOUBLE_EQ(found[0].std, std::sqrt(13.0));  // (9 + 1 + 16) / 2
  EXPECT_EQ(found[0].lowest, 2);
  EXPECT_EQ(found[0].highest, 9);
  EXPECT_DOUBLE_EQ(found[1].std, 1);
  EXPECT_EQ(found[2].std, 0);
}

TEST(SummariseRuns, SaysNothingOfOneRun) {
  Score one;
  one.name = "fid";
  EXPECT_TRUE(summarise_runs({one}).empty());
  EXPECT_TRUE(summarise_runs({}).empty());
  one.run = 1;  // the only one of several that is there
  EXPECT_EQ(summarise_runs({one}).at(0).std, 0);
}

}  // namespace
}  // namespace gdd
