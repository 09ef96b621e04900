#include "report/read_report.h"

#include <gtest/gtest.h>

#include "report/html_report.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;

Report whole_report() {
  Report report;
  report.scores.push_back({"fid", 1.0 / 3, "edm", 5000, 0.01, std::pair{1.2, 1.3}, {{"route", "rows"}}, 2});
  report.scores[0].without_block = {1, 2.5};
  report.scores[0].metric = "fid";
  report.series = {{"fid", "edm", 1000, 3, 2}};
  report.summaries = {{"fid", "edm", 3, 1, 0.1, 0.9, 1.1}};
  ClassScores one{.label = 4, .name = "cat", .protocol = "edm", .num_samples = 5, .num_references = 6};
  one.sample_share = 0.25;
  one.recall = 0.5;
  one.run = 2;
  report.classes = {one};
  report.provenance = {{"versions.gdd", "0.1.0"}, {"threads", "2", true}};
  report.warnings = {"demo features"};
  return report;
}

class ReadReport : public ::testing::Test {
 protected:
  std::string write(const std::string& text, const std::string& name = "a.json") const {
    write_text(folder_ / name, text);
    return folder_ / name;
  }
  std::string refusal(const std::string& text) const {
    const std::string path = write(text);
    const std::string error = error_of([&] { read_reports(path); });
    EXPECT_TRUE(error.starts_with(path)) << error;
    return error;
  }
  const TemporaryFolder folder_;
};

// Written and read and written again it is the same, to the last digit.
TEST_F(ReadReport, GivesBackWhatWasWritten) {
  const std::string text = to_json(whole_report());
  const auto reports = read_reports(write(text, "results.fid.json"));
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].first, "results.fid");
  EXPECT_EQ(to_json(reports[0].second), text);
}

TEST_F(ReadReport, TakesEachOfAList) {
  const std::string report = to_json(whole_report());
  const auto reports = read_reports(write(
      "[{\"name\": \"a\", \"evaluation\": \"fid\", \"report\": " + report +
      "}, {\"name\": \"b\", \"evaluation\": \"fid\", \"error\": \"no\"}, {\"name\": \"a\", \"evaluation\": "
      "\"is\", \"report\": " +
      report + "}]"));
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].first, "a: fid");
  EXPECT_EQ(reports[1].first, "a: is");
}

TEST_F(ReadReport, SaysWhatIsNoReport) {
  EXPECT_NE(error_of([&] { read_reports(folder_ / "none.json"); }).find("there is no such file"),
            std::string::npos);
  EXPECT_NE(refusal("{\"scores\": [").find("expected JSON"), std::string::npos);
  EXPECT_NE(refusal("{}").find("has no 'scores'"), std::string::npos);
  EXPECT_NE(refusal("5").find("expected an object"), std::string::npos);
  EXPECT_NE(refusal("[]").find("holds no report"), std::string::npos);
  EXPECT_NE(refusal("{\"scores\": [{\"name\": \"fid\", \"value\": \"1\"}]}")
                .find("scores[0]: expected a number as 'value', found string"),
            std::string::npos);
  EXPECT_NE(
      refusal("{\"scores\": [], \"series\": [{\"name\": \"fid\", \"protocol\": \"edm\", \"num_samples\": 0, "
              "\"value\": 1}]}")
          .find("series[0]: expected a whole number as 'num_samples'"),
      std::string::npos);
  EXPECT_NE(refusal(std::string(100'000, '[')), "");
  EXPECT_NE(refusal("{\"scores\": [{\"name\": \"fid\", \"value\": 1e999}]}").find("range of float64"),
            std::string::npos);
  std::string many = "{\"scores\": [], \"provenance\": {";
  for (int i = 0; i < 2000; ++i) many += (i > 0 ? ", \"" : "\"") + std::to_string(i) + "\": 1";
  EXPECT_NE(refusal(many + "}}").find("objects of at most 1000 names"), std::string::npos);
}

// Whatever numbers are in it, a page comes of it.
TEST_F(ReadReport, MakesAPageOfExtremes) {
  Report report = whole_report();
  report.scores[0].without_block.clear();
  report.series = {{"fid", "edm", 1, 1e308, 0}, {"fid", "edm", 2, -1e308, 0}, {"fid", "edm", 3, 0, 0}};
  const auto drawn = [&] {
    const std::string page = to_html(read_reports(write(to_json(report)))[0].second, {"t", ""});
    EXPECT_NE(page.find("</html>"), std::string::npos);
    for (const char* bad : {"nan", "\"inf", "inf\"", " inf ", "-inf"})
      EXPECT_EQ(page.find(bad), std::string::npos) << bad;
    return page;
  };
  EXPECT_EQ(drawn().find("<svg"), std::string::npos);
  report.series = {{"fid", "edm", 7, 1, 0}, {"fid", "edm", 7, 2, 0}, {"fid", "edm", 7, 3, 0}};
  EXPECT_EQ(drawn().find("where the line"), std::string::npos);
}

}  // namespace
}  // namespace gdd
