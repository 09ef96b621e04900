// Scores of stored rows through their names, with the numbers of the reference codes on tests/data/metrics,
// what reports tell of them, and the training set as a side of its own.
#include "scoring/scores.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "archive/npz.h"
#include "base/memory_budget.h"
#include "base/sha256.h"
#include "measurement/measured_images.h"
#include "measurement/save_features.h"
#include "metrics/golden_rows.h"
#include "scoring/compute_distances.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::load;
using testing_support::Rows;
using testing_support::TemporaryFolder;

class StoredScores : public ::testing::Test {
 protected:
  static std::string golden(const std::string& name) { return GDD_TEST_DATA "/metrics/metrics.npz:" + name; }
  // Rows first <= i < end of an array there.
  std::string part(const std::string& name, std::int64_t first, std::int64_t end) const {
    const Rows rows = load(name);
    const std::string path = folder_ / (name + std::to_string(first) + ".npz");
    NpzWriter npz(path);
    npz.add("features", {end - first, rows.view.columns},
            std::span<const double>(rows.values.data() + first * rows.view.columns,
                                    static_cast<std::size_t>((end - first) * rows.view.columns)));
    npz.commit();
    return path;
  }
  DistanceOptions asking(std::vector<std::string> metrics, const std::string& train = "") const {
    DistanceOptions options;
    options.metrics = std::move(metrics);
    if (!train.empty()) options.training_set = std::make_shared<const FeatureInput>(train);
    return options;
  }
  // `reference` empty: none.
  Report report_of(const std::string& sample, const std::string& reference, const DistanceOptions& options) {
    const FeatureInput left(sample);
    std::optional<FeatureInput> right;
    if (!reference.empty()) right.emplace(reference);
    return compute_distances(left, right ? &*right : nullptr, make_demo_detector, options);
  }
  std::map<std::string, Score> scores_of(const std::string& sample, const std::string& reference,
                                         const DistanceOptions& options) {
    std::map<std::string, Score> found;
    for (const Score& score : report_of(sample, reference, options).scores) found.emplace(score.name, score);
    return found;
  }
  void expect_mind(double expected, const std::string& sample, const std::string& reference,
                   const DistanceOptions& options) {
    EXPECT_NEAR(scores_of(sample, reference, options).at("mind").value, expected, 1e-6 * expected);
  }

  const TemporaryFolder folder_;
};

// The larger set is cut before the directions are drawn, which are others where none is.
TEST_F(StoredScores, MindIsTorchFidelitys) {
  DistanceOptions options = asking({"mind"});
  expect_mind(5.800535559654236, golden("sample"), golden("reference"), options);
  expect_mind(5.800535559654236, golden("reference"), golden("sample"), options);
  expect_mind(37.13590908050537, golden("few"), golden("reference"), options);
  expect_mind(56.141286849975586, golden("duplicates"), golden("reference"), options);
  expect_mind(6.205870449542999, golden("sample"), part("reference", 0, 500), options);
  expect_mind(4.926377356052399, part("reference", 0, 350), part("reference", 350, 700), options);
  options.mind = {100, 7};
  expect_mind(6.162005066871643, golden("sample"), golden("reference"), options);
}

TEST_F(StoredScores, ClippedIsThePapers) {
  const auto found = scores_of(golden("reference"), golden("sample"), asking({"clipped"}));
  EXPECT_NEAR(found.at("clipped_density").value, 0.6699241352706699, 1e-9);
  EXPECT_NEAR(found.at("clipped_coverage").value, 0.6604850213980028, 1e-9);
  DistanceOptions options = asking({"clipped"});
  options.k = 3;
  EXPECT_NEAR(scores_of(golden("reference"), golden("sample"), options).at("clipped_density").value,
              0.6526291298278268, 1e-9);
}

TEST_F(StoredScores, AuthpctIsOfTheTrainingSetAndNeedsNoReference) {
  const DistanceOptions options = asking({"authpct"}, golden("reference"));
  EXPECT_NEAR(scores_of(golden("sample"), "", options).at("authpct").value, 65.2, 1e-9);
  EXPECT_NEAR(scores_of(golden("sample"), golden("few"), options).at("authpct").value, 65.2, 1e-9);
  EXPECT_NEAR(scores_of(golden("few"), "", options).at("authpct").value, 65.0, 1e-9);
}

TEST_F(StoredScores, NotesTellTheSettings) {
  const auto found = scores_of(golden("sample"), golden("reference"),
                               asking({"mind", "clipped", "authpct"}, golden("reference")));
  using Notes = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(found.at("mind").notes, (Notes{{"directions", "1000, seed 2020"},
                                           {"rows", "500 of each, drawn with that seed of the 700"}}));
  EXPECT_EQ(found.at("clipped_density").notes, (Notes{{"k", "5"}, {"before the cut at 1", "1.30858"}}));
  EXPECT_EQ(found.at("clipped_coverage").notes, (Notes{{"k", "5"}, {"before calibration", "0.770286"}}));
  EXPECT_EQ(found.at("authpct").notes, (Notes{{"train", "700 rows"}, {"distances", "exact"}}));
  const auto equal = scores_of(golden("sample"), part("reference", 0, 500), asking({"mind"}));
  EXPECT_EQ(equal.at("mind").notes.at(1).second, "500 of each");
}

TEST_F(StoredScores, TheTrainingSetIsAnInputOfTheReport) {
  const std::string train = part("reference", 0, 600);
  std::map<std::string, std::string> told;
  for (const ProvenanceEntry& entry :
       report_of(golden("sample"), golden("few"), asking({"fid", "authpct"}, train)).provenance)
    told[entry.key] = entry.value;
  EXPECT_EQ(told.at("inputs.train"), train + " (features 600 x 48)");
  EXPECT_EQ(told.at("hashes.train"), sha256_of_file(train));
  EXPECT_NE(told.at("hashes.ref"), told.at("hashes.train"));
}

TEST_F(StoredScores, AreTheSameWhateverMultipliesTheRows) {
  DistanceOptions options = asking({"clipped", "authpct"}, golden("reference"));
  const auto expected = scores_of(golden("sample"), golden("reference"), options);
  options.device = c10::Device(c10::kCPU);
  for (const auto& [name, score] : scores_of(golden("sample"), golden("reference"), options))
    EXPECT_EQ(score.value, expected.at(name).value) << name;
}

TEST_F(StoredScores, ThatCannotBeAreRefusedInWords) {
  const std::string statistics = folder_ / "s.npz", one = part("few", 0, 1), four = part("few", 36, 40);
  NpzWriter npz(statistics);
  const std::vector<double> mu(48), sigma(std::size_t{48} * 48);
  npz.add("mu", {48}, std::span<const double>(mu));
  npz.add("sigma", {48, 48}, std::span<const double>(sigma));
  npz.commit();
  NpzWriter wide(folder_ / "wide.npz");
  wide.add("features", {10, 4}, std::span<const double>(mu.data(), 40));
  wide.commit();
  const auto refusal = [&](std::vector<std::string> metrics, const std::string& sample,
                           const std::string& reference, const std::string& train = "") {
    return error_of([&] { report_of(sample, reference, asking(std::move(metrics), train)); });
  };
  const std::string all = golden("sample");
  EXPECT_NE(refusal({"authpct"}, all, all).find("--train: is needed for authpct"), std::string::npos);
  EXPECT_NE(refusal({"fid"}, all, all, all).find("--train: is of authpct"), std::string::npos);
  EXPECT_NE(refusal({"mind"}, all, "").find("--ref: is needed for mind"), std::string::npos);
  EXPECT_NE(refusal({"authpct"}, all, "", one).find("authpct needs two training rows, found 1"),
            std::string::npos);
  EXPECT_NE(refusal({"authpct"}, all, "", statistics).find("s.npz: features are needed"), std::string::npos);
  EXPECT_NE(refusal({"mind"}, all, statistics).find("s.npz: features are needed"), std::string::npos);
  EXPECT_NE(refusal({"fid", "authpct"}, all, all, folder_ / "wide.npz").find("wide.npz: holds features of 4"),
            std::string::npos);
  EXPECT_NE(refusal({"authpct"}, all, "", folder_ / "wide.npz").find("of 48"), std::string::npos);
  EXPECT_NE(refusal({"clipped"}, four, all).find("clipped needs more rows than neighbours, found 4"),
            std::string::npos);
  EXPECT_NE(refusal({"clipped"}, all, four).find("found 4"), std::string::npos);
}

TEST_F(StoredScores, TheTrainingSetIsChargedFirst) {
  NpzWriter npz(folder_ / "many.npz");
  const std::vector<float> rows(4'000'000);
  npz.add("features", {4'000, 1'000}, std::span<const float>(rows));
  npz.commit();
  const std::uint64_t before = memory_budget();
  set_memory_budget(64 << 20);
  const std::string said =
      error_of([&] { report_of(folder_ / "many.npz", "", asking({"authpct"}, folder_ / "many.npz")); });
  set_memory_budget(before);
  EXPECT_NE(said.find("of memory for scores of 4000 rows against 4000 in 1000 dimensions"), std::string::npos)
      << said;
}

// Features of 12 pictures by the demo detector under one protocol.
class TrainingSetOfAProtocol : public StoredScores {
 protected:
  TrainingSetOfAProtocol() { testing_support::write_pictures(folder_ / "set", 12, 0, 40); }
  std::string features(const std::string& protocol) const {
    SideOptions options;
    options.extract.request.protocol = protocol;
    const FeatureInput set(folder_ / "set");
    StoredImages images(*set.images(), choose_images(*set.images(), {}, nobody()));
    const std::string path = folder_ / (protocol + ".npz");
    save_features(images, 0, images.size(), *make_demo_detector(), options.extract, nobody(), path);
    return path;
  }
};

TEST_F(TrainingSetOfAProtocol, IsHeldAgainstTheOtherSides) {
  const std::string edm = features("edm"), clean = features("clean"), images = folder_ / "set";
  const std::string error = error_of([&] { report_of(edm, edm, asking({"fid", "authpct"}, clean)); });
  EXPECT_NE(error.find("clean.npz: was made under protocol clean"), std::string::npos) << error;
  EXPECT_EQ(error_of([&] { report_of(edm, edm, asking({"fid", "authpct"}, edm)); }), "");
  EXPECT_NE(error_of([&] { report_of(images, "", asking({"authpct"}, clean)); }).find("clean.npz"),
            std::string::npos);
}

TEST_F(TrainingSetOfAProtocol, IsMeasuredWhereItIsImages) {
  const std::string stored = features("edm"), images = folder_ / "set";
  testing_support::write_pictures(folder_ / "others", 9, 100, 40);
  const double expected = scores_of(folder_ / "others", "", asking({"authpct"}, stored)).at("authpct").value;
  EXPECT_EQ(scores_of(folder_ / "others", "", asking({"authpct"}, images)).at("authpct").value, expected);
  EXPECT_EQ(scores_of(images, "", asking({"authpct"}, stored)).at("authpct").value, 0);
}

}  // namespace
}  // namespace gdd
