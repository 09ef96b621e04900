#include "evaluation/predict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gdd {
namespace {

// A machine whose every number is known.
Pace pace() {
  Pace pace;
  pace.start_seconds = 3;
  pace.start_bytes = 100;
  pace.image_seconds = 0.5;
  pace.feature_seconds = {{"edm", 0.25}, {"clean", 0.125}};
  pace.reference_seconds = {{{"ref.zip", "edm"}, 0.0625}};
  pace.detector_bytes = 150;
  pace.network_bytes = 120;
  pace.rates = {1000, 100, 10};
  return pace;
}

Workload work() {
  Workload work;
  work.images = 600;
  work.all_images = 1000;
  work.batch_bytes = 700;
  work.features = {{"edm", 400}, {"clean", 800}};
  work.references = {{"ref.zip", "edm", 1600}, {"ref.npz", "", 0}};
  work.scores = {{"fid", "1 000 rows", {0, 2000, 0}, 60}, {"pr", "1 000 rows", {5000, 0, 20}, 900}};
  return work;
}

std::vector<double> seconds(const Prediction& prediction) {
  std::vector<double> all;
  for (const Stage& stage : prediction.stages) all.push_back(stage.seconds);
  return all;
}

TEST(Predict, GivesEachStageItsCountTimesItsPace) {
  const Prediction found = predict(work(), pace());
  std::vector<std::string> names;
  for (const Stage& stage : found.stages) names.push_back(stage.name);
  EXPECT_EQ(names, (std::vector<std::string>{"start-up", "sampling", "features", "features", "reference",
                                             "reference", "fid", "pr"}));
  EXPECT_EQ(seconds(found), (std::vector<double>{3, 300, 100, 100, 100, 0, 20, 7}));
  EXPECT_EQ(found.seconds(), 630);
  EXPECT_EQ(found.stages[1].work, "600 of 1 000 images");
  EXPECT_EQ(found.stages[5].work, "ref.npz: nothing to measure");
}

TEST(Predict, GrowsWithTheImages) {
  Workload twice = work();
  twice.images *= 2;
  for (auto& [protocol, images] : twice.features) images *= 2;
  EXPECT_EQ(seconds(predict(twice, pace())), (std::vector<double>{3, 600, 200, 200, 100, 0, 20, 7}));
}

TEST(Predict, SharesAllButTheScoresAmongProcesses) {
  Workload shared = work();
  shared.processes = 4;
  EXPECT_EQ(seconds(predict(shared, pace())), (std::vector<double>{3, 75, 25, 25, 25, 0, 20, 7}));
}

TEST(Predict, TakesTheMemoryOfTheLargestStage) {
  const Prediction found = predict(work(), pace());
  EXPECT_EQ(found.stages[1].bytes, 800);  // the estimate, which is above what was seen
  EXPECT_EQ(found.stages[2].bytes, 150);
  EXPECT_EQ(found.stages[5].bytes, 100);
  EXPECT_EQ(found.stages[6].bytes, 160);
  EXPECT_EQ(found.bytes(), 1000);
  Pace seen = pace();
  seen.network_bytes = 5000;
  EXPECT_EQ(predict(work(), seen).bytes(), 5000);
}

// Of what is done already nothing is measured.
TEST(Predict, WantsNoPaceForWhatIsDone) {
  Workload done = work();
  done.images = 0;
  for (auto& [protocol, images] : done.features) images = 0;
  done.references.clear();
  done.scores = {{"fid", "", {}, 0}};
  const Prediction found = predict(done, {});
  EXPECT_EQ(found.seconds(), 0);
  EXPECT_EQ(found.stages[1].work, "0 of 1 000 images");
}

TEST(PredictionTable, HasALineAStageAndTheTotal) {
  Prediction prediction;
  prediction.stages = {{"sampling", "50 000 of 50 000 images", 11'000, 2e9}, {"fid", "x\ny", 0.25, 5e8}};
  const std::string text = prediction_table(prediction);
  EXPECT_EQ(std::ranges::count(text, '\n'), 4) << text;
  EXPECT_NE(text.find("11000   2.0 GB"), std::string::npos) << text;
  EXPECT_NE(text.find("0.2   500 MB"), std::string::npos) << text;
  EXPECT_NE(text.find("about 3 h 04 min"), std::string::npos) << text;
}

TEST(PredictionTable, SaysTheTotalAsPeopleDo) {
  const auto total = [](double seconds) {
    Prediction prediction;
    prediction.stages = {{"sampling", "", seconds, 0}};
    const std::string text = prediction_table(prediction), last = text.substr(text.find("\nall") + 1);
    const std::size_t about = last.find("about");
    return last.substr(about, last.find("  ", about) - about);
  };
  EXPECT_EQ(total(0), "about 1 s");
  EXPECT_EQ(total(42), "about 42 s");
  EXPECT_EQ(total(601), "about 11 min");
  EXPECT_EQ(total(2 * 3600), "about 2 h 00 min");
}

TEST(PredictionJson, HasEveryNumber) {
  const auto json =
      nlohmann::json::parse(prediction_json(predict(work(), pace()), {{"versions.gdd", "1", false}}));
  EXPECT_EQ(json["prediction"]["seconds"], 630);
  EXPECT_EQ(json["prediction"]["memory_bytes"], 1000);
  EXPECT_EQ(json["prediction"]["stages"].size(), 8u);
  EXPECT_EQ(json["prediction"]["stages"][1]["stage"], "sampling");
  EXPECT_EQ(json["provenance"]["versions"]["gdd"], "1");
}

}  // namespace
}  // namespace gdd
