#include "report/html_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/base64.h"
#include "report/line_plot.h"

namespace gdd {
namespace {

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

Report some_report() {
  Report report;
  report.scores.push_back(
      {"fid", 1.25, "edm", 5000, 0.01, std::pair{1.2, 1.3}, {{"route", "eigenvalues"}}, 0});
  report.series = {{"fid", "edm", 1000, 3, 0}, {"fid", "edm", 2000, 2, 0}, {"fid", "edm", 5000, 1.4, 0}};
  report.provenance = {{"versions.gdd", "0.1.0"}};
  report.warnings = {"demo features"};
  return report;
}

TEST(Base64, IsThatOfTheRfc) {  // section 10
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(base64(as_bytes(std::string(text))), expected);
  const std::byte high[] = {std::byte{0xff}, std::byte{0xfe}, std::byte{0xfd}};
  EXPECT_EQ(base64(high), "//79");
}

TEST(HtmlReport, HoldsAllThatTheReportHolds) {
  const std::string page = to_html(some_report(), {"a title", "gdd-eval --network x.pkl"});
  for (const char* part : {"<title>a title</title>", ">1.25<", "1.2 to 1.3", "route: eigenvalues",
                           "versions.gdd", "demo features", "gdd-eval --network x.pkl", "<svg", "</html>"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(times(page, "<section>"), 4u);  // scores, running scores, provenance, command
}

TEST(HtmlReport, LeavesOutWhatIsNotThere) {
  Report report;
  report.scores.push_back({"fid", 1, "edm", 10, {}, {}, {}, 0});
  const std::string page = to_html(report, {"t", ""});
  EXPECT_EQ(times(page, "<section>"), 1u);
  EXPECT_EQ(page.find("<svg"), std::string::npos);
}

// 1 + 2000 / N, to the limit of which the line through the points leads.
TEST(HtmlReport, LeadsARunningScoreToInfinitelyManyImages) {
  const std::string page = to_html(some_report(), {"t", ""});
  EXPECT_NE(page.find("fid: 1 where the line through the last 3 points"), std::string::npos);
  Report two = some_report();
  two.series.pop_back();
  EXPECT_EQ(to_html(two, {"t", ""}).find("where the line"), std::string::npos);
}

// Text from a stranger's file stays text, and nothing is loaded from anywhere.
// All that a report can hold has its section.
TEST(HtmlReport, ShowsClassesPicturesBlocksAndTheMap) {
  Report report = some_report();
  report.scores[0].without_block = std::vector<double>(20, 1.24);
  report.classes = {{.label = 3, .protocol = "edm", .num_samples = 12, .num_references = 9, .kid = 0.125}};
  report.galleries = {{"least_realistic", "The least realistic", "how", {{{"seed 7", "class 3", {}}}}},
                      {"first", "The first images", "", {{{"seed 0", "", std::vector<std::byte>(3)}}}},
                      {"nearest", "Pairs", "", {{{"a", "", {}}, {"b", "", {}}}}}};
  report.map = {"two components", {{0, 1}, {1, 2}}, {{2, 3}}, {0.5, 0.25}};
  const std::string page = to_html(report, {"t", ""});
  for (const char* part :
       {"<h2>Classes</h2>", ">0.125<", "<h2>The least realistic</h2>", "seed 7, class 3", "class=\"empty\"",
        "<h2>The first images</h2>", "<h2>Pairs</h2>", "group pair", "<h2>Without each block of images</h2>",
        "<h2>Samples and references on a plane</h2>", "two components"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_LT(page.find("The first images"), page.find("<h2>Classes"));
  EXPECT_LT(page.find("<h2>Classes"), page.find("The least realistic"));
  EXPECT_EQ(times(page, "<svg"), 3u);
  EXPECT_EQ(times(page, "<circle"), 3u + 20u + 3u);
  EXPECT_EQ(page.find(">name<"), std::string::npos);  // no class has one
}

TEST(HtmlReport, PutsSeveralReportsSideBySide) {
  Report other = some_report();
  other.scores[0].value = 0.5;
  other.scores.push_back({"kid", 7, "edm", 5000, {}, {}, {}, 0});
  other.provenance[0].value = "0.2.0";
  const Report report = some_report();
  const std::string page = to_html({{"one", &report}, {"<two>", &other}}, {"t", ""});
  for (const char* part : {"<h2>Side by side</h2>", "fid (edm)", "kid (edm)", "&lt;two&gt;", ">0.5<", "0.2.0",
                           "one: line in 1/N", "&lt;two&gt;: line in 1/N"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(times(page, "<svg"), 1u);  // both in one plot
  EXPECT_EQ(page.find("<two>"), std::string::npos);
}

TEST(HtmlReport, IsNotWhatItsTextsSay) {
  Report report = some_report();
  const std::string evil = "<script>alert(1)</script>\"'&\x01";
  report.scores[0].name = report.scores[0].protocol = report.series[0].name = evil;
  report.provenance[0] = {evil, evil};
  report.warnings = {evil};
  report.scores[0].notes = {{evil, evil}};
  report.classes = {{.label = 1, .name = evil, .protocol = evil}};
  report.galleries = {{evil, evil, evil, {{{evil, evil, std::vector<std::byte>(3)}}}}};
  report.map = {evil, {{0, 1}, {1, 2}}, {}, {}};
  const std::string page = to_html(report, {evil, evil});
  EXPECT_EQ(times(page, "<script"), 1u);  // its own
  EXPECT_EQ(page.find("alert(1)</"), std::string::npos);
  EXPECT_EQ(page.find('\x01'), std::string::npos);
  EXPECT_EQ(page.find("http:"), std::string::npos);
  EXPECT_EQ(page.find("https:"), std::string::npos);
}

TEST(LinePlot, DrawsWhatItIsGiven) {
  EXPECT_EQ(draw_svg({"images", "fid", {{"nothing", {}, false}}}), "");
  const std::string one = draw_svg({"images", "fid", {{"a", {{1000, 2}}, false}}});
  EXPECT_EQ(times(one, "<circle"), 1u);
  EXPECT_EQ(one.find("nan"), std::string::npos);
  EXPECT_EQ(one.find("inf"), std::string::npos);
  const std::string flat = draw_svg({"images", "fid", {{"a", {{1000, 0}, {2000, 0}}, false}}});
  EXPECT_EQ(times(flat, "<circle"), 2u);
  EXPECT_EQ(flat.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace gdd
