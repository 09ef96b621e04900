#include "gdd/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gdd {
namespace {

Report example() {
  Score score{"fid", 0.1 + 0.2, "edm", 50000, std::nullopt, {{0.25, 0.35}}, {{"route", "eigenvalues"}}};
  return {{score},
          {{"versions.torch", "2.11.0"}, {"versions.gdd", "0.1.0"}, {"threads", "2", true}},
          {"few images"}};
}

TEST(Report, JsonKeepsEveryDigitAndTheNamesOfTheContract) {
  const auto json = nlohmann::json::parse(to_json(example()));
  const auto& score = json.at("scores").at(0);
  EXPECT_EQ(score.at("name"), "fid");
  EXPECT_EQ(score.at("value").get<double>(), 0.1 + 0.2);
  EXPECT_EQ(score.at("protocol"), "edm");
  EXPECT_EQ(score.at("num_samples"), 50000);
  EXPECT_EQ(score.at("interval").at(1).get<double>(), 0.35);
  EXPECT_FALSE(score.contains("std"));
  EXPECT_EQ(json.at("warnings").at(0), "few images");
}

TEST(Report, JsonNestsProvenanceAtItsDots) {
  const auto provenance = nlohmann::json::parse(to_json(example())).at("provenance");
  EXPECT_EQ(provenance.at("versions").at("torch"), "2.11.0");
  EXPECT_EQ(provenance.at("versions").at("gdd"), "0.1.0");
  EXPECT_EQ(provenance.at("threads"), 2);
}

TEST(Report, TextNamesScoreProtocolAndCount) {
  EXPECT_EQ(to_text(example()), "fid              0.3  (edm, N = 50000)\n");
}

TEST(Table, HasALineForEachProtocolAndAColumnForEachScore) {
  Report report;
  report.scores = {Score{"fid", 1.5, "edm", 9, {}, {}, {}}, Score{"kid", 0.25, "edm", 9, {}, {}, {}},
                   Score{"fid", 2.5, "clean", 9, {}, {}, {}}};
  EXPECT_EQ(to_table(report),
            "protocol        fid               kid               \n"
            "edm             1.5               0.25              \n"
            "clean           2.5               -                 \n");
}

}  // namespace
}  // namespace gdd
