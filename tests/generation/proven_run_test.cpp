#include "generation/proven_run.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "generation/image_parts.h"
#include "support/batch_of.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::batch_of;

using testing_support::TemporaryFolder;
using testing_support::write_text;

// A run of four images in two batches, with subfolders.
class ProvenRunTest : public ::testing::Test {
 protected:
  ProvenRunTest() {
    ImageParts run(out(), true, settings_);
    for (const std::int64_t first : {0, 2}) {
      ImageBatch batch = batch_of({Image{1, 1, 1, {1}}, Image{1, 1, 1, {2}}});
      batch.number = first / 2;
      batch.items = {{first, first, std::nullopt}, {first + 1, first + 1, std::nullopt}};
      run.take(batch);
    }
    write_text(out() + "/image_pack.npz", "pack");
    run.store().record_output("image_pack", out() + "/image_pack.npz");
  }
  std::string out() const { return folder_ / "out"; }
  std::string network(const std::string& path) const {
    const ProvenRun run = prove_run(path);
    const std::string* const found = find_setting(run.settings, "network");
    return found ? *found : "";
  }

  TemporaryFolder folder_;
  const RunSettings settings_ = {{"network", "abc"}, {"seeds", "0-3"}, {"batch", "2"}, {"subdirs", "true"}};
};

TEST_F(ProvenRunTest, OfWhatTheRunMadeAndNobodyChanged) {
  EXPECT_EQ(network(out()), "abc");
  EXPECT_EQ(network(out() + "/image_pack.npz"), "abc");
}

TEST_F(ProvenRunTest, WhatLiesBeneathProvesNothing) {
  EXPECT_EQ(network(out() + "/000000"), "");
  write_text(out() + "/mine/a.png", "x");
  EXPECT_EQ(network(out() + "/mine"), "");
  write_text(out() + "/other.npz", "x");
  EXPECT_EQ(network(out() + "/other.npz"), "");
  EXPECT_EQ(prove_run(out() + "/other.npz").doubt, "");
}

TEST_F(ProvenRunTest, AChangedFileIsNamed) {
  write_text(out() + "/000000/000002.png", "another picture");
  const ProvenRun run = prove_run(out());
  EXPECT_TRUE(run.settings.empty());
  EXPECT_NE(run.doubt.find("000000/000002.png is not as its run made it"), std::string::npos) << run.doubt;
  write_text(out() + "/image_pack.npz", "another pack");
  EXPECT_EQ(network(out() + "/image_pack.npz"), "");
}

TEST_F(ProvenRunTest, AMissingFileOrRecordIsNamed) {
  std::filesystem::remove(out() + "/000000/000003.png");
  EXPECT_NE(prove_run(out()).doubt.find("000003.png"), std::string::npos);
  std::filesystem::remove(out() + "/.gdd-run/batch-0");
  EXPECT_NE(prove_run(out()).doubt.find("000000.png"), std::string::npos);
}

TEST_F(ProvenRunTest, RecordsThatAreNotOursProveNothing) {
  for (const char* text :
       {"", "nonsense", "network abc\nseeds 0-3\nbatch x\nsubdirs true\n", "seeds 3-0\n"}) {
    write_text(out() + "/.gdd-run/settings", text);
    EXPECT_EQ(network(out()), "") << text;
  }
}

}  // namespace
}  // namespace gdd
