#include "report/training_page.h"

#include <gtest/gtest.h>

#include <deque>

namespace gdd {
namespace {

class TrainingPage : public ::testing::Test {
 protected:
  static Score score(const char* name, double value, std::int64_t run = 0) {
    Score made{name, value, "edm", 64, {}, {}, {}};
    made.run = run;
    return made;
  }
  void add(const std::string& name, std::optional<std::int64_t> number, std::vector<Score> scores) {
    reports_.push_back({std::move(scores), {}, {}});
    reports_.back().summaries = summarise_runs(reports_.back().scores);
    points_.push_back(
        {name, "network-snapshot-*.pkl", number, name + "-1a2b/report.html", 1700000000, &reports_.back()});
  }
  std::string page() const {
    return to_html(points_, "training images, thousands", {"runs/a", "gdd-eval watch"});
  }
  bool shows(const std::string& text) const { return page().find(text) != std::string::npos; }
  std::string best() const {
    const auto found = best_of(points_);
    return found ? points_[*found].name : "none";
  }

  std::deque<Report> reports_;
  std::vector<TrainingPoint> points_;
};

TEST_F(TrainingPage, HasAPlotAScoreAndALineASnapshot) {
  add("a.pkl", 0, {score("fid", 9), score("precision", 0.5)});
  add("b.pkl", 200, {score("fid", 3), score("precision", 0.75)});
  EXPECT_TRUE(shows("<h3>fid (edm)</h3>"));
  EXPECT_TRUE(shows("<h3>precision (edm)</h3>"));
  EXPECT_TRUE(shows("<title>200: 3</title>"));  // a point, at what the number is
  EXPECT_TRUE(shows("<title>0: 9</title>"));
  EXPECT_TRUE(shows("<td><a href=\"./a.pkl-1a2b/report.html\">a.pkl</a></td>"));
  EXPECT_TRUE(shows("Best: <strong>b.pkl</strong>, fid (edm) 3, of 2 snapshots."));
  EXPECT_TRUE(shows("2023-11-14 22:13:20 UTC"));
}

TEST_F(TrainingPage, ShowsOneThatHasNoNumberInTheTableAlone) {
  add("final.pkl", std::nullopt, {score("fid", 9)});
  EXPECT_FALSE(shows("<svg"));
  EXPECT_TRUE(shows(">final.pkl</a>"));
}

TEST_F(TrainingPage, OfNothingIsAPage) {
  EXPECT_TRUE(shows("<h1>runs/a</h1>"));
  EXPECT_EQ(best(), "none");
}

TEST_F(TrainingPage, EscapesNamesAndPlaces) {
  add("a<b> 100%#?.pkl", 1, {score("fid", 9)});
  EXPECT_TRUE(shows("a&lt;b&gt; 100%#?.pkl"));
  EXPECT_TRUE(shows("href=\"./a%3Cb%3E%20100%25%23%3F.pkl-1a2b/report.html\""));
}

TEST_F(TrainingPage, TakesTheMeanOfSeveralRuns) {
  add("a.pkl", 1, {score("fid", 1, 1), score("fid", 4, 2)});
  add("b.pkl", 2, {score("fid", 2, 1), score("fid", 2, 2)});
  EXPECT_EQ(plain_scores(*points_[0].report).size(), 1u);
  EXPECT_EQ(plain_scores(*points_[0].report)[0].value, 2.5);
  EXPECT_EQ(best(), "b.pkl");
}

TEST_F(TrainingPage, KnowsWhichWayAScoreIsBetter) {
  add("a.pkl", 1, {score("inception_score", 9)});
  add("b.pkl", 2, {score("inception_score", 8)});
  EXPECT_EQ(best(), "a.pkl");
  points_.clear();
  add("a.pkl", 1, {score("kid", 9)});
  add("b.pkl", 2, {score("kid", 8)});
  add("c.pkl", 3, {score("kid", 8)});
  EXPECT_EQ(best(), "b.pkl");  // the first of equal ones
}

}  // namespace
}  // namespace gdd
