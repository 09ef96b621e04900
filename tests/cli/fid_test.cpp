#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "archive/npz.h"
#include "cli/run_program.h"
#include "measurement/measured_images.h"
#include "support/temporary_folder.h"

namespace gdd::testing {
namespace {

using nlohmann::json;

// Two sets of small pictures, measured with the embedded detector.
class GddFid : public ::testing::Test {
 protected:
  void SetUp() override {
    testing_support::write_pictures(folder_ / "a", 9, 0, 16);
    testing_support::write_pictures(folder_ / "b", 8, 100, 16);
  }
  Outcome run(const std::string& arguments) { return run_program("gdd-fid", arguments); }
  std::string calc(const std::string& more = "") {
    return "calc --images '" + folder_ / "a" + "' --ref '" + folder_ / "b" + "' --detector demo " + more;
  }
  ScratchFolder folder_;
};

TEST_F(GddFid, CalcEndsInTheBareNumber) {
  const Outcome outcome = run(calc("--json '" + folder_ / "r.json" + "'"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json report = json::parse(read_text(folder_ / "r.json"));
  const double value = report["scores"][0]["value"];
  char text[40];
  std::snprintf(text, sizeof(text), "%g\n", value);
  EXPECT_EQ(outcome.out, text);
  EXPECT_GT(value, 0);
}

TEST_F(GddFid, TheReportSaysWhatWasCompared) {
  ASSERT_EQ(run(calc("--json '" + folder_ / "r.json" + "'")).exit_code, 0);
  const json report = json::parse(read_text(folder_ / "r.json"));
  EXPECT_EQ(report["scores"][0]["name"], "fid");
  EXPECT_EQ(report["scores"][0]["protocol"], "edm");
  EXPECT_EQ(report["scores"][0]["num_samples"], 9);
  EXPECT_EQ(report["scores"][0]["notes"]["features"], "demo features, not comparable with any published FID");
  EXPECT_EQ(report["provenance"]["device"], "cpu");
  EXPECT_EQ(report["provenance"]["threads"], 1);
  EXPECT_EQ(report["provenance"]["hashes"]["weights"].get<std::string>().size(), 64u);
  EXPECT_EQ(report["provenance"]["hashes"]["images"].get<std::string>().size(), 64u);
}

TEST_F(GddFid, AMetricNamedTwiceIsComputedOnce) {
  ASSERT_EQ(run(calc("--metrics fid,pr,fid --json '" + folder_ / "r.json" + "'")).exit_code, 0);
  const json report = json::parse(read_text(folder_ / "r.json"));
  std::vector<std::string> names;
  for (const json& score : report["scores"]) names.push_back(score["name"]);
  EXPECT_EQ(names, (std::vector<std::string>{"fid", "precision", "recall"}));
}

// Of images, with a reference and a training set.
TEST_F(GddFid, ScoresOfRowsAreOfAnyImages) {
  const Outcome outcome = run(calc("--metrics mind,clipped,authpct --train '" + folder_ / "b" + "' --json '" +
                                   folder_ / "r.json" + "'"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json report = json::parse(read_text(folder_ / "r.json"));
  std::vector<std::string> names;
  for (const json& score : report["scores"]) names.push_back(score["name"]);
  EXPECT_EQ(names, (std::vector<std::string>{"mind", "clipped_density", "clipped_coverage", "authpct"}));
  EXPECT_EQ(report["provenance"]["hashes"]["train"], report["provenance"]["hashes"]["ref"]);
  EXPECT_EQ(report["provenance"]["inputs"]["train"], folder_ / "b (8 images)");
}

TEST_F(GddFid, AnyTorchScriptNetworkServesPrecisionAndRecall) {
  const Outcome outcome = run("calc --images '" + folder_ / "a" + "' --ref '" + folder_ / "b" +
                              "' --metrics pr,prdc --detector '" GDD_TEST_DATA "/detectors/tiny.pt'");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("recall"), std::string::npos) << outcome.out;
}

TEST_F(GddFid, AuthpctNeedsNoReference) {
  const Outcome outcome = run("calc --images '" + folder_ / "a" + "' --train '" + folder_ / "a" +
                              "' --metrics authpct --detector demo");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "0\n");
}

// Before anything is opened, in words and without a range of 300 digits.
TEST_F(GddFid, NumbersBeyondTheirRangeAreRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {"--k 0", "--k: expected a whole number of at least 1, found '0'"},
      {"--k 1.5", "--k: expected a whole number of at least 1, found '1.5'"},
      {"--split-size 0", "--split-size: expected a whole number of at least 1, found '0'"},
      {"--skip-corrupt -1", "--skip-corrupt: expected a whole number of at least 0, found '-1'"},
      {"--kid-subsets 1000000000000", "--kid-subsets: expected a whole number from 1 to 100000, found"},
      {"--mind-directions 0", "--mind-directions: expected a whole number from 1 to 1000000, found '0'"},
      {"--kid-subset-size 1", "--kid-subset-size: expected a whole number of at least 2, found '1'"},
      {"--num 1", "--num: expected a whole number from 2 to"},
      {"--batch 0", "--batch: expected a whole number from 1 to 65536, found '0'"},
      {"--threads 100000", "--threads: expected a whole number from 1 to"},
      {"--timeout-batch nan", "--timeout-batch: expected seconds from 0 to 1e+06, found 'nan'"}};
  for (const auto& [flag, complaint] : cases) {
    const Outcome outcome = run(calc(flag));
    EXPECT_EQ(outcome.exit_code, 2) << flag;
    EXPECT_NE(outcome.err.find(complaint), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << outcome.err;
  }
}

TEST_F(GddFid, DemoFeaturesAndFewImagesAreWarnedOf) {
  const std::string err = run(calc()).err;
  EXPECT_NE(err.find("demo features, not comparable with any published FID"), std::string::npos) << err;
  EXPECT_NE(err.find("9 images; protocol edm expects 50000"), std::string::npos) << err;
}

TEST_F(GddFid, AllProtocolsAreATable) {
  const Outcome outcome = run(calc("--protocol all --json '" + folder_ / "r.json" + "'"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* protocol :
       {"protocol ", "\nedm ", "\nadm ", "\npytorch-fid ", "\nclean ", "\ntorch-fidelity "})
    EXPECT_NE(outcome.out.find(protocol), std::string::npos) << outcome.out;
  EXPECT_EQ(json::parse(read_text(folder_ / "r.json"))["scores"].size(), 5u);
}

TEST_F(GddFid, TheCacheChangesNothingButTheTime) {
  const std::string without = run(calc()).out;
  const std::string cache = "--cache '" + folder_ / "cache" + "'";
  EXPECT_EQ(run(calc(cache)).out, without);
  EXPECT_EQ(run(calc(cache)).out, without);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_ / "cache"), {}), 2);
}

TEST_F(GddFid, DamagedImagesAreLeftOutWhenThatIsAllowed) {
  testing_support::write_text(folder_ / "a/broken.png", "no picture");
  const Outcome refused = run(calc());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("broken.png"), std::string::npos) << refused.err;
  const Outcome allowed = run(calc("--skip-corrupt 1 --json '" + folder_ / "r.json" + "'"));
  EXPECT_EQ(allowed.exit_code, 0) << allowed.err;
  EXPECT_NE(allowed.err.find("broken.png"), std::string::npos) << allowed.err;
  EXPECT_EQ(json::parse(read_text(folder_ / "r.json"))["scores"][0]["num_samples"], 9);
}

TEST_F(GddFid, AnyTorchScriptNetworkMeasures) {
  const Outcome outcome =
      run("calc --images '" + folder_ / "a" + "' --ref '" + folder_ / "b" +
          "' --detector '" GDD_TEST_DATA "/detectors/tiny.pt' --json '" + folder_ / "r.json" + "'");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json report = json::parse(read_text(folder_ / "r.json"));
  EXPECT_NE(report["scores"][0]["notes"]["features"].get<std::string>().find("tiny"), std::string::npos);
  EXPECT_EQ(report["provenance"]["detector"], "tiny");
}

TEST_F(GddFid, ASetHasNoDistanceFromItself) {
  const Outcome outcome =
      run("calc --images '" + folder_ / "a" + "' --ref '" + folder_ / "a" + "' --detector demo");
  EXPECT_LT(std::abs(std::atof(outcome.out.c_str())), 1e-9) << outcome.out;
}

TEST_F(GddFid, StoredFeaturesGiveTheSameNumberAsTheirImages) {
  for (const std::string set : {"a", "b"})
    ASSERT_EQ(
        run("features --data '" + folder_ / set + "' --dest '" + folder_ / set + ".npz' --detector demo")
            .exit_code,
        0);
  const std::string direct = run(calc()).out;
  EXPECT_EQ(run("calc --images '" + folder_ / "a.npz" + "' --ref '" + folder_ / "b.npz" + "'").out, direct);
  EXPECT_EQ(
      run("calc --images '" + folder_ / "a.npz:features" + "' --ref '" + folder_ / "b" + "' --detector demo")
          .out,
      direct);
}

TEST_F(GddFid, AReferenceFileIsUsedAndInspected) {
  testing_support::write_pictures(folder_ / "many", 90, 500, 16);
  const Outcome made =
      run("ref --data '" + folder_ / "many" + "' --dest '" + folder_ / "r.npz" + "' --detector demo");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(made.out, "");
  const Outcome outcome =
      run("calc --images '" + folder_ / "many" + "' --ref '" + folder_ / "r.npz" + "' --detector demo");
  EXPECT_LT(std::abs(std::atof(outcome.out.c_str())), 1e-9) << outcome.out;
  const Outcome inspected = run("inspect '" + folder_ / "r.npz" + "'");
  EXPECT_NE(inspected.out.find("dimensions: 64"), std::string::npos) << inspected.out;
}

TEST_F(GddFid, NumTakesASubset) {
  const Outcome outcome = run(calc("--num 5 --seed 1 --json '" + folder_ / "r.json" + "'"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(json::parse(read_text(folder_ / "r.json"))["scores"][0]["num_samples"], 5);
  const Outcome too_many = run(calc("--num 10"));
  EXPECT_EQ(too_many.exit_code, 1);
  EXPECT_NE(too_many.err.find("--num asks for 10 images, found 9"), std::string::npos) << too_many.err;
}

struct Mistake {
  const char* name;
  const char* arguments;  // {A} and {B} stand for the two folders
  int exit_code;
  const char* says;
};
void PrintTo(const Mistake& value, std::ostream* out) { *out << value.name; }

class GddFidMistake : public GddFid, public ::testing::WithParamInterface<Mistake> {};

TEST_P(GddFidMistake, EndsWithOneLineThatSaysWhatToDo) {
  std::string arguments = GetParam().arguments;
  for (const auto& [mark, set] : {std::pair{"{A}", "a"}, std::pair{"{B}", "b"}})
    if (const std::size_t at = arguments.find(mark); at != std::string::npos)
      arguments.replace(at, 3, "'" + folder_ / set + "'");
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.exit_code, GetParam().exit_code) << outcome.err;
  EXPECT_NE(outcome.err.find(GetParam().says), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    All, GddFidMistake,
    ::testing::Values(Mistake{"no_command", "", 2, "A subcommand is required"},
                      Mistake{"no_reference", "calc --images {A}", 2, "--ref: is needed for fid"},
                      Mistake{"no_training_set", "calc --images {A} --ref {B} --metrics pr,authpct", 2,
                              "--train: is needed for authpct"},
                      Mistake{"training_set_of_nothing", "calc --images {A} --train {B} --metrics is", 2,
                              "--train: is of authpct"},
                      Mistake{"protocol", "calc --images {A} --ref {B} --detector demo --protocol fid", 2,
                              "known: edm, adm, pytorch-fid, clean, torch-fidelity"},
                      Mistake{"metric", "calc --images {A} --ref {B} --detector demo --metrics fid,fud", 2,
                              "'fud' is not known"},
                      Mistake{"precision_of_a_gpu",
                              "calc --images {A} --ref {B} --detector demo --device cpu --precision fp16", 2,
                              "--precision fp16: is a GPU's"},
                      Mistake{"precision", "calc --images {A} --ref {B} --detector demo --precision bf16", 2,
                              "detector 'demo': computes in float32 alone"},
                      Mistake{"no_images", "calc --images /none --ref {B} --detector demo", 1, "none"},
                      Mistake{"no_weights", "calc --images {A} --ref {B} --detector /nowhere.pkl", 1,
                              "/nowhere.pkl"},
                      Mistake{"spatial", "calc --images {A} --ref {B} --detector demo --metrics sfid", 1,
                              "no spatial features"}),
    [](const auto& case_info) { return std::string(case_info.param.name); });

// Arrays that are wrong, and what must stand in the one line about each.
struct BadArray {
  const char* name;
  const char* arguments;  // {} is the folder
  const char* complaint;
};
void PrintTo(const BadArray& bad, std::ostream* out) { *out << bad.name; }

class BadArrays : public ::testing::TestWithParam<BadArray> {
 protected:
  void SetUp() override {
    std::vector<double> rows(60);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>((i * i * 7 + i) % 23);
    write("good.npz", "features", 3, rows);
    std::vector<double> bad = rows;
    bad[3 * 11 + 2] = std::numeric_limits<double>::quiet_NaN();
    write("nan.npz", "features", 3, bad);
    write("one.npz", "features", 3, {1, 2, 3});
    write("wide.npz", "features", 4, rows);
    write("logits.npz", "probabilities", 3, rows);
    write_statistics("asymmetric.npz", {1, 0.5, 0, 0, 1, 0, 0, 0, 1});
    write_statistics("indefinite.npz", {1, 2, 0, 2, 1, 0, 0, 0, 1});
    write_statistics("flat.npz", {1, 0, 0, 0});
    NpzWriter bytes(folder_ / "bytes.npz");
    bytes.add("features", {2, 3}, std::span<const std::uint8_t>(std::vector<std::uint8_t>(6)));
    bytes.commit();
    NpzWriter images(folder_ / "floats.npz");
    images.add("arr_0", {2, 3, 1, 1}, std::span<const double>(rows.data(), 6));
    images.commit();
  }
  void write(const std::string& name, const std::string& member, std::int64_t columns,
             const std::vector<double>& values) {
    NpzWriter npz(folder_ / name);
    npz.add(member, {static_cast<std::int64_t>(values.size()) / columns, columns}, std::span(values));
    npz.commit();
  }
  void write_statistics(const std::string& name, const std::vector<double>& sigma) {
    const std::vector<double> mu(3, 0.0);
    NpzWriter npz(folder_ / name);
    npz.add("mu", {3}, std::span(mu));
    npz.add("sigma", {static_cast<std::int64_t>(sigma.size()) / 3, 3},
            std::span(sigma).first(sigma.size() / 3 * 3));
    npz.commit();
  }
  ScratchFolder folder_;
};

TEST_P(BadArrays, AreRefusedInOneLine) {
  std::string arguments = GetParam().arguments;
  for (std::size_t at = 0; (at = arguments.find("{}")) != std::string::npos;)
    arguments.replace(at, 2, folder_ / "");
  const std::size_t space = arguments.find(' ');
  const Outcome outcome = run_program(arguments.substr(0, space), arguments.substr(space + 1));
  EXPECT_EQ(outcome.exit_code, 1) << outcome.out;
  const std::size_t error = outcome.err.find("error: ");
  ASSERT_NE(error, std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(GetParam().complaint, error), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find('\n', error), outcome.err.size() - 1) << outcome.err;
}

INSTANTIATE_TEST_SUITE_P(
    GddFid, BadArrays,
    ::testing::Values(
        BadArray{"nan", "gdd-fid calc --images {}nan.npz --ref {}good.npz",
                 "nan.npz: expected finite numbers, found NaN or infinity in features[11, 2]"},
        BadArray{"nan_pr", "gdd-pr --images {}good.npz --ref {}nan.npz", "features[11, 2]"},
        BadArray{"nan_kid",
                 "gdd-fid calc --images {}nan.npz --ref {}good.npz --metrics kid --kid-subset-size 5",
                 "features[11, 2]"},
        BadArray{"one_row", "gdd-fid calc --images {}one.npz --ref {}good.npz",
                 "at least 2 samples, found 1"},
        BadArray{"neighbours", "gdd-pr --images {}good.npz --ref {}good.npz --k 20",
                 "needs more rows than neighbours, found 20"},
        BadArray{"clipped_neighbours",
                 "gdd-fid calc --images {}good.npz --ref {}good.npz --metrics clipped --k 20",
                 "clipped needs more rows than neighbours, found 20"},
        BadArray{"nan_train", "gdd-fid calc --images {}good.npz --train {}nan.npz --metrics authpct",
                 "nan.npz: expected finite numbers, found NaN or infinity in features[11, 2]"},
        BadArray{"one_training_row", "gdd-fid calc --images {}good.npz --train {}one.npz --metrics authpct",
                 "one.npz: authpct needs two training rows, found 1"},
        BadArray{"nan_mind", "gdd-fid calc --images {}good.npz --ref {}nan.npz --metrics mind",
                 "features[11, 2]"},
        BadArray{"dimensions", "gdd-fid calc --images {}wide.npz --ref {}good.npz", "of 3 dimensions"},
        BadArray{"asymmetric", "gdd-fid calc --images {}good.npz --ref {}asymmetric.npz",
                 "expected a symmetric sigma"},
        BadArray{"indefinite", "gdd-fid calc --images {}good.npz --ref {}indefinite.npz",
                 "positive semi-definite sigma, found the eigenvalue -1"},
        BadArray{"flat_sigma", "gdd-fid calc --images {}good.npz --ref {}flat.npz",
                 "expected mu [D] and sigma [D, D]"},
        BadArray{"bytes", "gdd-fid calc --images {}bytes.npz --ref {}good.npz",
                 "bytes.npz:features: expected a float array [N, D], found |u1 [2, 3]"},
        BadArray{"logits", "gdd-is --images {}logits.npz", "not logits"},
        BadArray{"float_images", "gdd-fid calc --images {}floats.npz --ref {}good.npz --detector demo",
                 "expected images, uint8"},
        BadArray{"no_such_key", "gdd-fid calc --images {}good.npz:pool3 --ref {}good.npz",
                 "present: features"}),
    [](const auto& case_info) { return std::string(case_info.param.name); });

}  // namespace
}  // namespace gdd::testing
