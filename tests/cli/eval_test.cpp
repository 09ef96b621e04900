// gdd-eval as a user runs it, against the programs that it takes the place of.
#include <algorithm>
#include <cmath>

#include "archive/npz.h"
#include "base/sha256.h"
#include "cli/evaluations.h"
#include "compute/compute.h"
#include "compute/version.h"

namespace gdd::testing {
namespace {

class GddEval : public Evaluations {
 protected:
  void sample(const std::string& to, const std::string& seeds = "0-1299", const std::string& more = "") {
    const Outcome outcome = run("gdd-sample", words({"--seeds", seeds, "--outdir", folder_ / to}), more);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  // What another program says of images.
  Json scored(const std::string& program, const std::string& images, const std::string& more) const {
    const std::string json = folder_ / "scored.json";
    const Outcome outcome =
        run_program(program, (program == "gdd-fid" ? "calc " : "") + std::string("--images '") +
                                 folder_ / images + "' --detector demo --json '" + json + "' " + more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return Json::parse(read_text(json)).at("scores");
  }
  std::string ref(const std::string& name = "ref") const { return "--ref '" + folder_ / name + "' "; }
  // features.npz of the reference, and ref.npz, its statistics alone.
  void measure_reference() const {
    for (const std::string verb : {"features", "ref"}) {
      const Outcome outcome =
          run_program("gdd-fid", verb + " --data '" + folder_ / "ref" + "' --detector demo --dest '" +
                                     folder_ / (verb + ".npz") + "'");
      ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    }
  }
  Outcome refused(const std::string& flags) const {
    return run("gdd-eval", words({"--seeds", "0-99", "--outdir", folder_ / "none", "--detector", "demo"}),
               flags);
  }
  // Every image goes into a part or a file.
  bool nothing_was_made() const {
    const std::string out = folder_ / "none";
    return !std::filesystem::exists(out) || (files("none").empty() && parts("none") == 0);
  }
};

// Value and error by name, whatever the protocol is called that they were asked for by.
std::map<std::string, std::pair<double, double>> numbers(const nlohmann::json& scores) {
  std::map<std::string, std::pair<double, double>> found;
  for (const auto& score : scores)
    found[score.at("name").get<std::string>()] = {score.at("value"), score.value("std", 0.0)};
  return found;
}

TEST_F(GddEval, ScoresAsTheSeparateProgramsDoToTheLastDigit) {
  const std::string pack = "images/image_pack.npz";
  sample("images");
  ASSERT_EQ(evaluate("out", kScores).exit_code, 0);
  EXPECT_EQ(scores("out").size(), 10u);
  EXPECT_EQ(scores("out"), scored("gdd-fid", pack, ref() + kScores));
  EXPECT_TRUE(files("out").empty());  // no picture

  ASSERT_EQ(evaluate("out", "--metrics is --split-size 300").exit_code, 0);
  EXPECT_EQ(numbers(scores("out")), numbers(scored("gdd-is", pack, "--split-size 300")));
  ASSERT_EQ(evaluate("out", "--metrics pr").exit_code, 0);
  EXPECT_EQ(numbers(scores("out")), numbers(scored("gdd-pr", pack, ref())));
  ASSERT_EQ(evaluate("out", "--metrics prdc").exit_code, 0);
  EXPECT_EQ(numbers(scores("out")), numbers(scored("gdd-pr", pack, ref() + "--protocol prdc")));
}

TEST_F(GddEval, ScoresAllProtocolsInOnePass) {
  sample("images");
  ASSERT_EQ(evaluate("out", "--metrics fid,is --protocol all").exit_code, 0);
  EXPECT_EQ(scores("out"),
            scored("gdd-fid", "images/image_pack.npz", ref() + "--metrics fid,is --protocol all"));
  EXPECT_EQ(scores("out").size(), 10u);
}

TEST_F(GddEval, GivesTheErrorOfAScore) {
  sample("images");
  ASSERT_EQ(evaluate("out", "--confidence").exit_code, 0);
  EXPECT_EQ(scores("out"), scored("gdd-fid", "images/image_pack.npz", ref() + "--confidence"));
  EXPECT_TRUE(scores("out").at(0).contains("interval"));
}

// Each score takes of the two what it needs, as the separate programs would.
TEST_F(GddEval, TakesRowsFromOneReferenceAndStatisticsFromAnother) {
  measure_reference();
  sample("images");
  const std::string rows = "'" + folder_ / "features.npz" + "' ", pack = "images/image_pack.npz";
  const Words flags = words({"--seeds", "0-1299", "--outdir", folder_ / "out", "--detector", "demo", "--json",
                             folder_ / "out.json"});
  const Outcome outcome = run("gdd-eval", flags, ref("ref.npz") + "--ref-images " + rows + kScores);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  Json expected = scored("gdd-fid", pack, ref("ref.npz") + "--metrics fid,fid_infinity,is --split-size 300");
  for (const Json& score :
       scored("gdd-fid", pack, ref("features.npz") + "--metrics kid,pr,prdc --kid-subset-size 50"))
    expected.push_back(score);
  EXPECT_EQ(scores("out"), expected);
  EXPECT_EQ(report("out")["provenance"]["hashes"]["ref"], sha256_of_file(folder_ / "ref.npz"));
  EXPECT_EQ(report("out")["provenance"]["hashes"]["ref_images"], sha256_of_file(folder_ / "features.npz"));
}

// The training set is beside both; images of it are measured once.
TEST_F(GddEval, ScoresAgainstATrainingSet) {
  measure_reference();
  sample("images", "0-599");
  const std::string train = "--train '" + folder_ / "ref" + "' ",
                    metrics = "--metrics fid,clipped,mind,authpct ";
  const std::string rows = "--ref-images '" + folder_ / "features.npz" + "' ";
  const Outcome outcome = run("gdd-eval",
                              words({"--seeds", "0-599", "--outdir", folder_ / "out", "--detector", "demo",
                                     "--json", folder_ / "out.json"}),
                              ref("ref.npz") + rows + train + metrics);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string pack = "images/image_pack.npz";
  EXPECT_EQ(numbers(scores("out")), numbers(scored("gdd-fid", pack, ref() + train + metrics)));
  EXPECT_EQ(parts("out"), 3);  // two, and one of the training set
  const Json found = report("out").at("provenance");
  EXPECT_EQ(found["inputs"]["train"], folder_ / "ref (300 images)");
  EXPECT_EQ(found["hashes"]["train"].get<std::string>().size(), 64u);
  EXPECT_EQ(found["hashes"]["ref_images"], sha256_of_file(folder_ / "features.npz"));
}

TEST_F(GddEval, GivesTheErrorOfTheFidAloneOfTwoReferences) {
  measure_reference();
  const Outcome outcome = run("gdd-eval",
                              words({"--seeds", "0-99", "--outdir", folder_ / "out", "--detector", "demo",
                                     "--json", folder_ / "out.json"}),
                              ref("ref.npz") + "--ref-images '" + folder_ / "features.npz" +
                                  "' --metrics fid,kid --kid-subset-size 50 --confidence");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(scores("out").at(0).contains("interval"));
  EXPECT_FALSE(scores("out").at(1).contains("interval"));
}

TEST_F(GddEval, TellsTheRunningFidOfTheFirstThousand) {
  sample("images");
  ASSERT_EQ(evaluate("out").exit_code, 0);
  const Outcome measured =
      run_program("gdd-fid", "features --data '" + folder_ / "images/image_pack.npz" +
                                 "' --detector demo --dest '" + folder_ / "all.npz" + "'");
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  const NpyArray all = NpzReader(folder_ / "all.npz").read("features");
  std::vector<double> rows = all.as_float64();
  const std::int64_t dim = std::ssize(rows) / 1300;
  rows.resize(static_cast<std::size_t>(1000 * dim));
  NpzWriter first(folder_ / "first.npz");
  first.add("features", {1000, dim}, rows);
  first.commit();
  const double fid = scored("gdd-fid", "first.npz", ref()).at(0).at("value");
  EXPECT_EQ(report("out").at("series"),
            Json::array({Json{{"name", "fid"}, {"protocol", "edm"}, {"num_samples", 1000}, {"value", fid}}}));
}

TEST_F(GddEval, KeepsTheImagesThatGddSampleWouldMake) {
  for (const std::string more : {"", "--subdirs"}) {
    std::filesystem::remove_all(folder_ / "images");
    std::filesystem::remove_all(folder_ / "out");
    sample("images", "0-599", more);
    ASSERT_EQ(evaluate("out", more, "0-599").exit_code, 0);
    EXPECT_TRUE(files("out").empty());
    const Json before = scores("out");
    ASSERT_EQ(evaluate("out", "--keep-images " + more, "0-599").exit_code, 0);  // of features that are there
    EXPECT_EQ(files("out"), files("images"));
    EXPECT_EQ(scores("out"), before);
  }
  ASSERT_EQ(evaluate("at-once", "--keep-images --subdirs", "0-599").exit_code, 0);
  EXPECT_EQ(files("at-once"), files("images"));
}

// An image is put in the place of another, with its record: who made all again would not see it.
TEST_F(GddEval, ReadsTheImagesThatAreThere) {
  sample("out", "0-599");
  const std::string record = folder_ / "out/.gdd-run/batch-0", first = folder_ / "out/000000.png";
  std::string text = read_text(record);
  const std::string hash = sha256_of_file(first);
  std::filesystem::copy_file(folder_ / "out/000001.png", first,
                             std::filesystem::copy_options::overwrite_existing);
  text.replace(text.find(hash), hash.size(), sha256_of_file(first));
  testing_support::write_text(record, text);
  std::filesystem::remove(folder_ / "out/image_pack.npz");
  ASSERT_EQ(evaluate("out", "", "0-599").exit_code, 0);
  EXPECT_EQ(scores("out"), scored("gdd-fid", "out", ref()));
  ASSERT_EQ(evaluate("other", "", "0-599").exit_code, 0);
  EXPECT_NE(scores("out"), scores("other"));
}

TEST_F(GddEval, DrawsTheGridOfGddSample) {
  const std::string grid = "--captions labels --grid 5x7 ";
  ASSERT_EQ(
      run("gdd-sample", words({"--seeds", "0-599"}), grid + "'" + folder_ / "sample.png" + "'").exit_code, 0);
  ASSERT_EQ(evaluate("out", grid + "'" + folder_ / "eval.png" + "'", "0-599").exit_code, 0);
  EXPECT_EQ(read_text(folder_ / "eval.png"), read_text(folder_ / "sample.png"));
  ASSERT_EQ(evaluate("out", grid + "'" + folder_ / "later.png" + "'", "0-599").exit_code,
            0);  // of what is there
  EXPECT_EQ(read_text(folder_ / "later.png"), read_text(folder_ / "sample.png"));
  EXPECT_TRUE(files("out").empty());
}

TEST_F(GddEval, ScoresSeveralRunsAndSumsThemUp) {
  const auto own = [](Json scores) {  // without the number of the run
    for (Json& score : scores) score.erase("run");
    return scores;
  };
  const std::string metrics = "--metrics fid,is";
  ASSERT_EQ(evaluate("first", metrics, "0-599").exit_code, 0);
  ASSERT_EQ(evaluate("second", metrics, "600-1199").exit_code, 0);
  Json expected = scores("first");
  for (const Json& score : scores("second")) expected.push_back(score);
  const auto before = finished("first");
  ASSERT_EQ(evaluate("first", metrics + " --runs 2", "0-599").exit_code, 0);
  expect_kept(before, "first");
  EXPECT_EQ(own(scores("first")), expected);
  for (const std::size_t i : {0u, 1u, 2u, 3u}) EXPECT_EQ(scores("first")[i]["run"], i / 2 + 1);
  const Json summaries = report("first").at("summaries");
  ASSERT_EQ(summaries.size(), 2u);
  for (const std::size_t i : {0u, 1u}) {
    const double a = expected[i]["value"], b = expected[i + 2]["value"];
    EXPECT_EQ(summaries[i]["name"], expected[i]["name"]);
    EXPECT_EQ(summaries[i]["runs"], 2);
    EXPECT_DOUBLE_EQ(summaries[i]["mean"], (a + b) / 2);
    EXPECT_NEAR(summaries[i]["std"].get<double>(), std::abs(a - b) / std::sqrt(2.0), 1e-12 * std::abs(a));
    EXPECT_EQ(summaries[i]["lowest"], std::min(a, b));
    EXPECT_EQ(summaries[i]["highest"], std::max(a, b));
  }
}

TEST_F(GddEval, RemovesFeaturesWhenAskedTo) {
  ASSERT_EQ(evaluate("out", "--keep-images", "0-599").exit_code, 0);
  const Json before = scores("out");
  EXPECT_EQ(parts("out"), 3);  // two, and one of the reference
  const auto images = files("out");
  ASSERT_EQ(evaluate("out", "--keep-images --prune", "0-599").exit_code, 0);
  EXPECT_EQ(scores("out"), before);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "out"))
    EXPECT_FALSE(entry.path().filename().string().starts_with("features-")) << entry.path();
  EXPECT_EQ(files("out"), images);
  ASSERT_EQ(evaluate("out", "--keep-images", "0-599").exit_code, 0);
  EXPECT_EQ(scores("out"), before);
}

TEST_F(GddEval, ReportsWhatWasInForce) {
  ASSERT_EQ(evaluate("out", "--sigma_max 70 --batch 32 --class 3", "0-99").exit_code, 0);
  const Json found = report("out").at("provenance");
  EXPECT_EQ(found["device"], "cpu");
  EXPECT_EQ(found["threads"], 1);
  EXPECT_EQ(found["cpu"], cpu_capability());
  EXPECT_EQ(found["tf32"], "none");
  EXPECT_EQ(found["precision"], "float32 images, float32 features, float64 statistics");
  EXPECT_EQ(found["versions"], (Json{{"gdd", suite_version()}, {"torch", torch_version()}}));
  EXPECT_EQ(found["seeds"], "0-99");
  EXPECT_EQ(found["num_images"], 100);
  EXPECT_EQ(found["batch"], 32);
  EXPECT_EQ(found["class"], "3");
  EXPECT_EQ(found["sampler"]["name"], "one_step");
  EXPECT_EQ(found["sampler"]["sigma_max"], 70);
  EXPECT_EQ(found["detector"], "demo");
  EXPECT_EQ(found["protocol"], "edm");
  EXPECT_EQ(found["hashes"]["snapshot"], sha256_of_file(words({}).at(1)));
  EXPECT_FALSE(found.contains("share"));
  EXPECT_GT(found["seconds"], 0);
}

TEST_F(GddEval, LosesNoResultToAPathThatIsNotUtf8) {
  const std::string to = "out\xff";
  const Outcome outcome = evaluate(to, "", "0-99");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(scores(to).size(), 1u);
  EXPECT_NE(report(to)["provenance"]["inputs"]["images"].get<std::string>().find("out\\xff"),
            std::string::npos);
}

TEST_F(GddEval, NeedsNoReferenceWhereNoScoreDoes) {
  const Outcome outcome = refused("--metrics is");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_FALSE(outcome.out.empty());
}

// Of each the line that it gives; what follows is left open.
TEST_F(GddEval, RefusesInOneLineBeforeTheFirstImage) {
  measure_reference();
  const std::string statistics = ref("ref.npz");
  struct Case {
    std::string flags;
    int exit_code;
    std::string complaint;
  };
  const std::vector<Case> cases{
      {statistics + "--metrics kid", 1, "ref.npz: features are needed, not statistics alone"},
      {statistics + "--metrics fid,kid", 1, "ref.npz: features are needed, not statistics alone"},
      {statistics + "--ref-images '" + folder_ / "ref.npz" + "' --metrics kid", 1, "features are needed"},
      {"", 2, "--ref: is needed for fid"},
      {"--metrics authpct", 2, "--train: is needed for authpct"},
      {statistics + "--train '" + folder_ / "ref" + "'", 2, "--train: is of authpct"},
      {"--metrics authpct --train '" + folder_ / "ref.npz" + "'", 1, "ref.npz: features are needed"},
      {statistics + "--metrics fid,what", 2, "--metrics: 'what' is not known"},
      {statistics + "--protocol what", 2, "--protocol: 'what' is not known"},
      {statistics + "--runs 0", 2, "--runs: expected a whole number from 1"},
      {statistics + "--confidence --metrics kid --ref-images '" + folder_ / "features.npz" + "'", 2,
       "--confidence: is of fid"},
      {ref("missing"), 1, "missing"},
      {statistics + "--grid 8 '" + folder_ / "g.png" + "'", 2, "--grid"},
      {statistics + "--class 99", 2, "expected classes from 0 to 9"},
      {statistics + "--shard 3/3", 2, "--shard"},
  };
  for (const Case& each : cases) {
    const Outcome outcome = refused(each.flags);
    EXPECT_EQ(outcome.exit_code, each.exit_code) << each.flags << '\n' << outcome.err;
    EXPECT_NE(outcome.err.find(each.complaint), std::string::npos) << each.flags << '\n' << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << each.flags << '\n' << outcome.err;
    EXPECT_TRUE(outcome.out.empty()) << each.flags;
    EXPECT_TRUE(nothing_was_made()) << each.flags;
  }
}

// What the second reference is asked for is known before the first one is looked at.
TEST_F(GddEval, RefusesBeforeTheFirstImageWhatOneOfTwoReferencesLacks) {
  measure_reference();
  const std::string rows = "--ref-images '" + folder_ / "features.npz" + "' ";
  const std::pair<std::string, std::string> cases[] = {
      {ref("ref.npz") + rows + "--metrics fid,kid --kid-subset-size 200", "kid draws subsets of 200"},
      {rows + "--metrics kid,fid --kid-subset-size 50", "--ref: is needed for fid"},
      {rows + "--metrics kid,what --kid-subset-size 50", "--metrics: 'what' is not known"}};
  for (const auto& [flags, complaint] : cases) {
    const Outcome outcome = refused(flags);
    EXPECT_NE(outcome.exit_code, 0) << flags;
    EXPECT_NE(outcome.err.find(complaint), std::string::npos) << outcome.err;
    EXPECT_TRUE(nothing_was_made()) << flags;
  }
}

TEST_F(GddEval, RefusesBeforeTheFirstImageSeedsThatPassTheLargest) {
  const Outcome outcome =
      run("gdd-eval", words({"--seeds", "9223372036854775000-9223372036854775007", "--outdir",
                             folder_ / "none", "--detector", "demo", "--metrics", "is", "--runs", "200"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("--runs: the seeds of run"), std::string::npos) << outcome.err;
  EXPECT_TRUE(nothing_was_made());
}

TEST_F(GddEval, TellsOfWhichProtocolEachRunningFidIs) {
  ASSERT_EQ(evaluate("out", "--protocol all").exit_code, 0);
  std::map<std::string, double> points;
  const Json series = report("out").at("series");
  ASSERT_GT(series.size(), 1u);
  for (Json point : series) {
    const double value = point.at("value");
    point.erase("value");
    EXPECT_TRUE(points.emplace(point.dump(), value).second) << "twice: " << point;
  }
}

TEST_F(GddEval, RemovesTheFeaturesOfSeveralRuns) {
  ASSERT_EQ(evaluate("kept", "--runs 2", "0-599").exit_code, 0);
  const Outcome outcome = evaluate("out", "--runs 2 --prune", "0-599");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(scores("out"), scores("kept"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "out"))
    EXPECT_FALSE(entry.path().filename().string().starts_with("features-")) << entry.path();
}

// The classes of its images are those that their seeds drew; a reference tells its own in arr_1.
class GddEvalOfClasses : public Evaluations {
 protected:
  Outcome evaluate_classes(const std::string& more = "") const {
    return run("gdd-eval",
               words({"--seeds", "0-599", "--outdir", folder_ / "out", "--json", folder_ / "out.json",
                      "--ref", folder_ / "ref/image_pack.npz", "--detector", "demo", "--per-class"}),
               more);
  }
};

TEST_F(GddEvalOfClasses, AreScoredAsGddFidScoresThem) {
  const Outcome outcome = evaluate_classes();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("class "), std::string::npos) << outcome.out;
  ASSERT_EQ(run("gdd-sample", words({"--seeds", "0-599", "--outdir", folder_ / "images"})).exit_code, 0);
  const Outcome separate = run_program("gdd-fid", "calc --images '" + folder_ / "images/image_pack.npz" +
                                                      "' --ref '" + folder_ / "ref/image_pack.npz" +
                                                      "' --detector demo --per-class --threads 1 --json '" +
                                                      folder_ / "fid.json" + "'");
  ASSERT_EQ(separate.exit_code, 0) << separate.err;
  const Json classes = report("out").at("classes");
  EXPECT_GT(classes.size(), 1u);
  EXPECT_EQ(classes, report("fid").at("classes"));

  // Of what is kept: no image is made again, for the classes or for the page.
  const std::string page = read_text(folder_ / "out/report.html");
  const Outcome again = evaluate_classes();
  EXPECT_NE(again.err.find("nothing was sampled"), std::string::npos) << again.err;
  EXPECT_EQ(report("out").at("classes"), classes);
  EXPECT_EQ(report("out").at("galleries").size(), 5u);
  const auto pictures = [](const std::string& text) {
    return text.substr(text.find("<h2>The first images"),
                       text.find("<h2>Where it comes") - text.find("<h2>The first"));
  };
  EXPECT_EQ(pictures(read_text(folder_ / "out/report.html")), pictures(page));
}

TEST_F(GddEvalOfClasses, NeedThemOnBothSides) {
  const Outcome untold = run("gdd-eval", evaluation("out", "0-99"), "--per-class");
  EXPECT_EQ(untold.exit_code, 1);
  EXPECT_NE(untold.err.find("scores of each class need the classes of its images"), std::string::npos)
      << untold.err;
  const Outcome none = run_program(
      "gdd-eval",
      "--network '" GDD_TEST_DATA
      "/networks/gdd-ncsnpp-uncond.torch1.13.1.pkl' --seeds 0-99 --detector demo --per-class --ref '" +
          folder_ / "ref/image_pack.npz" + "' --outdir '" + folder_ / "tiny'");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_NE(none.err.find("--per-class: needs a network with classes"), std::string::npos) << none.err;
}

TEST_F(GddEvalOfClasses, StandBesideEachOtherInOnePage) {
  ASSERT_EQ(evaluate_classes("--report-rows 0").exit_code, 0);
  EXPECT_FALSE(report("out").contains("galleries"));
  ASSERT_EQ(evaluate("other", "--confidence", "0-599").exit_code, 0);
  EXPECT_EQ(scores("other")[0].at("without_block").size(), 20u);
  const std::string page = folder_ / "both.html";
  const Outcome outcome = run_program("gdd-eval", "report '" + folder_ / "out.json" + "' '" +
                                                      folder_ / "other.json" + "' --html '" + page + "'");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string text = read_text(page);
  for (const char* part : {"Side by side", "<h2>Classes</h2>", ">out<", ">other<", "gdd-eval report"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  const Outcome itself = run_program("gdd-eval", "report '" + page + "' --html '" + page + "'");
  EXPECT_NE(itself.exit_code, 0);
  EXPECT_EQ(read_text(page), text);
}

}  // namespace
}  // namespace gdd::testing
