#include "distributed/rank_place.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "gdd/error.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

class RankPlaceTest : public ::testing::Test {
 protected:
  RankPlaceTest() {
    for (const char* name :
         {"RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_USE_AGENT_STORE",
          "TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS",
          "GDD_RANK_PATIENCE", "SLURM_LOCALID", "SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_STEP_NODELIST"})
      ::unsetenv(name);
  }
  static void set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
};

TEST_F(RankPlaceTest, IsNothingWithoutALauncher) {
  EXPECT_FALSE(find_rank_place());
  set("SLURM_JOB_ID", "12");  // a batch script that did not call srun
  set("SLURM_PROCID", "0");
  EXPECT_FALSE(find_rank_place());
}

TEST_F(RankPlaceTest, ComesFromTorchrun) {
  set("RANK", "1");
  set("WORLD_SIZE", "4");
  set("LOCAL_RANK", "1");
  set("MASTER_ADDR", "10.0.0.1");
  set("MASTER_PORT", "29500");
  auto place = find_rank_place();
  ASSERT_TRUE(place);
  EXPECT_EQ(place->rank, 1);
  EXPECT_EQ(place->size, 4);
  EXPECT_EQ(place->port, 29500);
  EXPECT_FALSE(place->serves);
  set("RANK", "0");
  EXPECT_TRUE(find_rank_place()->serves);
  set("TORCHELASTIC_USE_AGENT_STORE", "True");
  EXPECT_FALSE(find_rank_place()->serves);
  set("WORLD_SIZE", "1");
  EXPECT_FALSE(find_rank_place());
}

TEST_F(RankPlaceTest, ForeignTextIsMadePrintable) {
  set("WORLD_SIZE", "2\x1b]0;owned\x07");
  set("RANK", "0");
  try {
    find_rank_place();
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("found '2\\x1b]0;owned\\x07'"), std::string::npos)
        << error.what();
  }
}

TEST_F(RankPlaceTest, PatienceIsSettable) {
  set("WORLD_SIZE", "2");
  set("RANK", "1");
  set("MASTER_ADDR", "localhost");
  set("MASTER_PORT", "29500");
  EXPECT_EQ(find_rank_place()->patience.count(), 15);
  set("GDD_RANK_PATIENCE", "300");
  EXPECT_EQ(find_rank_place()->patience.count(), 300);
  set("GDD_RANK_PATIENCE", "0");
  EXPECT_THROW(find_rank_place(), Error);
}

TEST_F(RankPlaceTest, RefusesNumbersThatAreNone) {
  set("WORLD_SIZE", "2");
  set("MASTER_ADDR", "localhost");
  set("MASTER_PORT", "29500");
  for (const char* rank : {"2", "-1", "x", "1x"}) {
    set("RANK", rank);
    EXPECT_THROW(find_rank_place(), Error) << rank;
  }
  set("RANK", "0");
  set("MASTER_PORT", "70000");
  EXPECT_THROW(find_rank_place(), Error);
}

TEST_F(RankPlaceTest, ComesFromSrun) {
  set("SLURM_PROCID", "3");
  set("SLURM_STEP_NUM_TASKS", "8");
  set("SLURM_LOCALID", "1");
  set("SLURM_JOB_ID", "123456");
  set("SLURM_STEP_ID", "0");
  set("SLURM_STEP_NODELIST", "gpu[07-09,12]");
  const auto place = find_rank_place();
  ASSERT_TRUE(place);
  EXPECT_EQ(place->rank, 3);
  EXPECT_EQ(place->local_rank, 1);
  EXPECT_EQ(place->address, "gpu07");
  EXPECT_EQ(place->job, "123456.0");
  EXPECT_FALSE(place->serves);
}

// As `srun --pty` leaves one process of several, and whoever copies the two variables.
TEST_F(RankPlaceTest, SrunNeedsNoMoreThanTwoVariables) {
  set("SLURM_PROCID", "0");
  set("SLURM_STEP_NUM_TASKS", "4");
  const auto place = find_rank_place();
  ASSERT_TRUE(place);
  EXPECT_EQ(place->address, "localhost");
  EXPECT_TRUE(place->serves);
  EXPECT_EQ(place->variable, "SLURM_STEP_NUM_TASKS");
  set("SLURM_JOB_ID", "x");
  EXPECT_NE(testing_support::error_of([] {
              find_rank_place();
            }).find("run alone, with env -u SLURM_STEP_NUM_TASKS"),
            std::string::npos);
}

TEST(FirstHost, OfSlurmsLists) {
  EXPECT_EQ(first_host("node1"), "node1");
  EXPECT_EQ(first_host("node1,node2"), "node1");
  EXPECT_EQ(first_host("node[03-05,9]-ib,other"), "node03-ib");
  EXPECT_EQ(first_host("a,node[1-2]"), "a");
  EXPECT_EQ(first_host("n[7]"), "n7");
  EXPECT_THROW(first_host("n[7"), Error);
}

}  // namespace
}  // namespace gdd
