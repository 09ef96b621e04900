#include "report/result_lines.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <locale>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/temporary_folder.h"

namespace gdd {
namespace {

using nlohmann::ordered_json;
using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;

Score score(const char* name, double value, const char* metric, std::int64_t run = 0) {
  Score made{name, value, "edm", 50000, {}, {}, {}};
  made.metric = metric;
  made.run = run;
  return made;
}

Report example() {
  Report report;
  report.scores = {score("fid", 0.1 + 0.2, "fid"), score("precision", 0.7, "pr"), score("recall", 0.5, "pr")};
  report.scores[0].std = 0.25;
  report.scores[0].interval = {0.1, 0.5};
  report.scores[0].notes = {{"route", "eigenvalues"}};
  report.provenance = {{"hashes.snapshot", "abc"},
                       {"hashes.weights", "def"},
                       {"detector", "Inception, \"2015\""},
                       {"seeds", "0-49999"},
                       {"inputs.ref", "ref.npz (mu and sigma)"}};
  return report;
}

const ResultSource kSource{"/runs/a/network-snapshot-000410.pkl", 1700000000.25, 3725.5, 2};

std::vector<std::string> lines_of(const std::string& path) {
  std::istringstream text(read_text(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> keys_of(const ordered_json& json) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  return keys;
}

TEST(JsonLines, AreAMetricEachInTheShapeOfStyleGan) {
  const auto lines = jsonl_lines(example(), kSource, "/runs/a");
  ASSERT_EQ(lines.size(), 2u);
  const auto fid = ordered_json::parse(lines[0].text), pr = ordered_json::parse(lines[1].text);
  EXPECT_EQ(keys_of(fid),
            (std::vector<std::string>{"results", "metric", "total_time", "total_time_str", "num_gpus",
                                      "snapshot_pkl", "timestamp", "protocol", "num_samples", "std",
                                      "interval", "notes", "provenance", "id"}));
  EXPECT_EQ(fid["results"], ordered_json({{"fid", 0.1 + 0.2}}));
  EXPECT_EQ(fid["metric"], "fid");
  EXPECT_EQ(fid["total_time"], 3725.5);
  EXPECT_EQ(fid["total_time_str"], "1h 02m 06s");
  EXPECT_EQ(fid["num_gpus"], 2);
  EXPECT_EQ(fid["snapshot_pkl"], "network-snapshot-000410.pkl");
  EXPECT_EQ(fid["timestamp"], 1700000000.25);
  EXPECT_EQ(fid["protocol"], "edm");
  EXPECT_EQ(fid["num_samples"], 50000);
  EXPECT_EQ(fid["std"]["fid"], 0.25);
  EXPECT_EQ(fid["interval"]["fid"], ordered_json({0.1, 0.5}));
  EXPECT_EQ(fid["notes"]["fid"]["route"], "eigenvalues");
  EXPECT_EQ(fid["provenance"]["hashes"]["weights"], "def");
  EXPECT_EQ(pr["metric"], "pr");
  EXPECT_EQ(pr["results"], ordered_json({{"precision", 0.7}, {"recall", 0.5}}));
  for (const ResultLine& line : lines) EXPECT_TRUE(line.text.ends_with("\"id\":\"" + line.id + "\"}"));
  EXPECT_NE(lines[0].id, lines[1].id);
}

// pr and prdc have scores of one name.
TEST(JsonLines, KeepMetricsAndRunsApart) {
  Report report;
  report.scores = {score("precision", 1, "pr", 1),   score("recall", 2, "pr", 1),
                   score("precision", 3, "prdc", 1), score("coverage", 4, "prdc", 1),
                   score("fid", 5, "fid", 1),        score("fid", 6, "fid", 2)};
  const auto lines = jsonl_lines(report, kSource, "");
  ASSERT_EQ(lines.size(), 4u);
  std::set<std::string> ids;
  for (const ResultLine& line : lines) ids.insert(line.id);
  EXPECT_EQ(ids.size(), 4u);
  EXPECT_EQ(ordered_json::parse(lines[1].text)["results"], ordered_json({{"precision", 3}, {"coverage", 4}}));
  EXPECT_EQ(ordered_json::parse(lines[3].text)["run"], 2);
}

TEST(JsonLines, NameTheSnapshotAsSeenFromTheirFile) {
  const auto seen = [](const ResultSource& source, const char* folder) {
    return ordered_json::parse(jsonl_lines(example(), source, folder)[0].text)["snapshot_pkl"];
  };
  EXPECT_EQ(seen(kSource, "/runs/b/logs/"), "../../a/network-snapshot-000410.pkl");
  EXPECT_EQ(seen({"x.pkl", 0, 0, 0}, ""), "x.pkl");
  EXPECT_EQ(seen({"sub/x.pkl", 0, 0, 0}, "sub"), "x.pkl");
  EXPECT_TRUE(seen({"", 0, 0, 0}, "").is_null());
}

TEST(JsonLines, SayTheTimeAsStyleGanDoes) {
  const auto text = [](double seconds) {
    return ordered_json::parse(jsonl_lines(example(), {"", 0, seconds, 0}, "")[0].text)["total_time_str"];
  };
  EXPECT_EQ(text(12.4), "12s");
  EXPECT_EQ(text(59.6), "1m 00s");
  EXPECT_EQ(text(2 * 86400 + 3 * 3600 + 4 * 60), "2d 03h 04m");
}

TEST(JsonLines, HoldNamesOfAnyBytesInOneLine) {
  const auto lines = jsonl_lines(example(), {"a\nb\xff.pkl", 0, 0, 0}, "");
  EXPECT_EQ(lines[0].text.find('\n'), std::string::npos);
  EXPECT_EQ(ordered_json::parse(lines[0].text)["snapshot_pkl"], "a\\nb\\xff.pkl");
}

TEST(CsvLines, AreAScoreEachWithEveryDigit) {
  const auto lines = csv_lines(example(), kSource, "/runs/a");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].text,
            "1700000000.25,network-snapshot-000410.pkl,fid,fid,0.30000000000000004,0.25,0.1,0.5,edm,50000,,"
            "0-49999,,ref.npz (mu and sigma),\"Inception, \"\"2015\"\"\",def,abc,,2,3725.5," +
                lines[0].id);
  EXPECT_EQ(lines[1].text.find("1700000000.25,network-snapshot-000410.pkl,pr,precision,0.7,,,,edm"), 0u);
  EXPECT_EQ(std::ranges::count(csv_header(), ','), 20);
}

// Whatever a program that this is linked into has set.
TEST(CsvLines, HaveAPointInEveryLocale) {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    std::string do_grouping() const override { return "\3"; }
  };
  const auto csv = csv_lines(example(), kSource, ""), json = jsonl_lines(example(), kSource, "");
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Comma));
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"})
    if (std::setlocale(LC_ALL, name)) break;
  EXPECT_EQ(csv_lines(example(), kSource, "")[0].text, csv[0].text);
  EXPECT_EQ(jsonl_lines(example(), kSource, "")[0].text, json[0].text);
  std::locale::global(before);
  std::setlocale(LC_ALL, "C");
}

class ResultLog : public ::testing::Test {
 protected:
  void append() const { append_results(files_, example(), kSource); }
  void append_missing(const Report& report) const { append_missing_results(files_, {{&report, kSource}}); }

  TemporaryFolder folder_;
  const ResultFiles files_{folder_ / "a.jsonl", folder_ / "a.csv"};
};

TEST_F(ResultLog, HasOneHeader) {
  append();
  append();
  const auto csv = lines_of(files_.csv);
  ASSERT_EQ(csv.size(), 7u);
  EXPECT_EQ(csv[0], csv_header());
  EXPECT_EQ(std::ranges::count(csv, csv_header()), 1);
  EXPECT_EQ(lines_of(files_.jsonl).size(), 4u);
}

TEST_F(ResultLog, OfAnotherHeaderIsRefusedAndLeftAlone) {
  for (const std::string other : {"epoch,fid\n1,2\n", "epoch,fid", "\xEF\xBB\xBFtimestamp,snapshot_pkl\n"}) {
    write_text(files_.csv, other);
    EXPECT_NE(error_of([&] { check_result_files(files_); }).find("expected the header 'timestamp,"),
              std::string::npos);
    EXPECT_NE(error_of([&] { append_results({"", files_.csv}, example(), kSource); }), "");
    EXPECT_EQ(read_text(files_.csv), other);
  }
  write_text(files_.jsonl, "\x89PNG\r\n");
  EXPECT_NE(error_of([&] {
              check_result_files({files_.jsonl, ""});
            }).find("expected lines of JSON"),
            std::string::npos);
}

TEST_F(ResultLog, IsNotMadeByAskingForIt) {
  check_result_files(files_);
  EXPECT_EQ(folder_.count(), 0);
  EXPECT_NE(error_of([] { check_result_files({"/proc/none/a.jsonl", ""}); }), "");
}

// A spreadsheet may have written it again.
TEST_F(ResultLog, TakesAHeaderWithAReturn) {
  write_text(files_.csv, csv_header() + "\r\n");
  append();
  EXPECT_EQ(lines_of(files_.csv).size(), 4u);
}

TEST_F(ResultLog, TakesATornLineOfJsonAway) {
  const auto append_json = [&] { append_results({files_.jsonl, ""}, example(), kSource); };
  append_json();
  const std::string whole = read_text(files_.jsonl), first = whole.substr(0, whole.find('\n') + 1);
  for (std::size_t size = first.size() + 1; size < whole.size() - 1; size += 31) {
    write_text(files_.jsonl, whole.substr(0, size));
    append_json();
    EXPECT_EQ(read_text(files_.jsonl), first + whole) << size;
  }
  for (const std::size_t size : {std::size_t{1}, std::size_t{5}, first.size() - 2}) {
    write_text(files_.jsonl, whole.substr(0, size));
    append_json();
    EXPECT_EQ(read_text(files_.jsonl), whole) << size;
  }
  write_text(files_.jsonl, whole.substr(0, whole.size() - 1));  // whole, but for its end
  append_json();
  EXPECT_EQ(read_text(files_.jsonl), whole + whole);
  for (const std::string& line : lines_of(files_.jsonl)) EXPECT_TRUE(ordered_json::accept(line)) << line;
}

TEST_F(ResultLog, LeavesWhatOthersBegan) {
  append();
  const std::string whole = read_text(files_.jsonl);
  for (const std::string other : {R"({"results": {"fid50k)", R"({"loss": 1, "ti)", R"({"loss": 1})"}) {
    write_text(files_.jsonl, other);
    append();
    EXPECT_EQ(read_text(files_.jsonl), other + "\n" + whole);
  }
}

TEST_F(ResultLog, GoesOnOnANewLineOfCsvBehindATornOne) {
  append();
  const std::string csv = read_text(files_.csv);
  for (const std::size_t cut : {1u, 10u, 40u, 100u, 150u}) {
    write_text(files_.csv, csv.substr(0, csv.size() - cut));
    const auto before = lines_of(files_.csv);
    append();
    const auto after = lines_of(files_.csv);
    ASSERT_EQ(after.size(), before.size() + 3) << cut;
    for (const std::string& line : after) EXPECT_EQ(std::ranges::count(line, '"') % 2, 0) << line;
  }
}

TEST_F(ResultLog, FinishesATornHeader) {
  write_text(files_.csv, csv_header().substr(0, 20));
  append();
  EXPECT_EQ(lines_of(files_.csv)[0], csv_header());
  EXPECT_EQ(lines_of(files_.csv).size(), 4u);
}

TEST_F(ResultLog, TakesWhatIsMissingAlone) {
  const Report report = example();
  append_missing(report);
  append_missing(report);
  EXPECT_EQ(lines_of(files_.jsonl).size(), 2u);
  EXPECT_EQ(lines_of(files_.csv).size(), 4u);
  const std::string jsonl = read_text(files_.jsonl), csv = read_text(files_.csv);
  write_text(files_.jsonl, jsonl.substr(0, jsonl.size() - 1));  // whole, but for its end
  write_text(files_.csv, csv.substr(0, csv.size() - 1));
  append_missing(report);
  EXPECT_EQ(lines_of(files_.jsonl).size(), 2u);
  EXPECT_EQ(lines_of(files_.csv).size(), 4u);
  write_text(files_.jsonl, jsonl.substr(0, jsonl.size() - 10));
  write_text(files_.csv, csv.substr(0, csv.size() - 10));
  append_missing(report);
  EXPECT_EQ(read_text(files_.jsonl), jsonl);
  EXPECT_EQ(lines_of(files_.csv).size(), 5u);
}

TEST_F(ResultLog, TakesLinesOfProcessesAtOnce) {
  constexpr int kWriters = 4, kTimes = 20;
  for (int writer = 0; writer < kWriters; ++writer)
    if (::fork() == 0) {
      for (int i = 0; i < kTimes; ++i)
        append_results(files_, example(), {"", static_cast<double>(writer * kTimes + i), 0, 0});
      ::_exit(0);
    }
  for (int writer = 0; writer < kWriters; ++writer) ::wait(nullptr);
  std::set<std::string> ids;
  for (const std::string& line : lines_of(files_.jsonl))
    ids.insert(ordered_json::parse(line).at("id").get<std::string>());
  EXPECT_EQ(ids.size(), 2u * kWriters * kTimes);
  const auto csv = lines_of(files_.csv);
  EXPECT_EQ(csv.size(), 3u * kWriters * kTimes + 1);
  EXPECT_EQ(std::ranges::count(csv, csv_header()), 1);
}

}  // namespace
}  // namespace gdd
