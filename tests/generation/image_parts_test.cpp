#include "generation/image_parts.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include "support/batch_of.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::batch_of;

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;

class ImagePartsTest : public ::testing::Test {
 protected:
  std::unique_ptr<ImageParts> open(const RunSettings& settings) const {
    return std::make_unique<ImageParts>(out(), false, settings);
  }
  std::string refusal(const RunSettings& settings) const {
    return error_of([&] { open(settings); });
  }
  std::string out() const { return folder_ / "out"; }
  // One finished batch of one image.
  static void keep(ImageParts& run, std::int64_t seed) {
    ImageBatch batch = batch_of({Image{1, 1, 1, {static_cast<std::uint8_t>(seed)}}});
    batch.items = {{seed, 0, std::nullopt}};
    run.take(batch);
  }

  TemporaryFolder folder_;
  const RunSettings one_ = {{"seeds", "0-3"}, {"sigma_max", "80"}};
  const RunSettings other_ = {{"seeds", "0-3"}, {"sigma_max", "3"}};
};

TEST_F(ImagePartsTest, TakesOtherSettingsOnlyWhenNothingWasMadeAndNobodyLives) {
  auto living = open(one_);
  EXPECT_NE(refusal(other_).find("another run is at work here, with sigma_max 80, found 3"),
            std::string::npos)
      << refusal(other_);
  EXPECT_EQ(refusal(one_), "");
  living.reset();
  EXPECT_EQ(refusal(other_), "");
  auto next = open(one_);
  keep(*next, 0);
  next.reset();
  EXPECT_NE(refusal(other_).find("expected a run with sigma_max 80, found 3"), std::string::npos);
  EXPECT_EQ(refusal(one_), "");
}

// Of a run that was killed in its first batch: fewer images of other settings would leave some of them there.
TEST_F(ImagePartsTest, ImagesWithoutARecordBindToo) {
  open(one_);
  const std::string image = out() + "/001000/001003.png";
  write_text(image, "x");
  EXPECT_NE(refusal(other_).find("expected a run with sigma_max 80, found 3"), std::string::npos)
      << refusal(other_);
  EXPECT_EQ(refusal(one_), "");
  std::filesystem::remove(image);
  EXPECT_EQ(refusal(other_), "");
}

// Whatever happened to the settings meanwhile: a record counts for the plan that it was made by.
TEST_F(ImagePartsTest, ARecordOfOtherSettingsIsNone) {
  const std::vector<std::int64_t> seeds = {7};
  auto run = open(one_);
  keep(*run, 7);
  EXPECT_TRUE(run->has({0, 0, seeds}, nobody()));
  const std::string record = read_text(out() + "/.gdd-run/batch-0");
  run.reset();
  std::filesystem::remove_all(out() + "/.gdd-run");
  run = open(other_);
  write_text(out() + "/.gdd-run/batch-0", record);
  EXPECT_FALSE(run->has({0, 0, seeds}, nobody()));
}

TEST_F(ImagePartsTest, RefusesRecordsThatAreNoFiles) {
  open(one_);
  const std::string record = out() + "/.gdd-run/batch-0", settings = out() + "/.gdd-run/settings";
  std::filesystem::create_symlink("/dev/zero", record);
  EXPECT_NE(error_of([&] {
              open(one_)->has({0, 0, std::vector<std::int64_t>{1}}, nobody());
            }).find("expected a regular file"),
            std::string::npos);
  std::filesystem::remove(settings);
  ASSERT_EQ(::mkfifo(settings.c_str(), 0600), 0);
  EXPECT_NE(refusal(one_).find("settings: expected a regular file"), std::string::npos);
}

// A link that somebody planted leads to a file of theirs, or of ours.
TEST_F(ImagePartsTest, WritesNoRecordThroughALink) {
  auto run = open(one_);
  write_text(folder_ / "precious", "x");
  std::filesystem::create_symlink("../../precious", out() + "/.gdd-run/batch-0");
  EXPECT_NE(error_of([&] { keep(*run, 0); }).find("batch-0: expected a regular file"), std::string::npos);
  EXPECT_NE(error_of([&] {
              run->has({0, 0, std::vector<std::int64_t>{0}}, nobody());
            }).find("found a link"),
            std::string::npos);
  EXPECT_EQ(read_text(folder_ / "precious"), "x");
}

TEST_F(ImagePartsTest, RemovesItsOwnTemporaryFilesAndNobodyElses) {
  open(one_);
  const std::vector<std::string> mine = {"000001.png.tmp.12-0", "001000/001234.png.tmp.9-17",
                                         ".gdd-run/settings.tmp.7-3"};
  const std::vector<std::string> theirs = {"notes.tmp.12",     "notes.txt.tmp.12-0",
                                           "000001.png.tmp.x", "sub/000001.png.tmp.12-0",
                                           "001000/x.tmp.9",   "a/b.tmp.12-3"};
  for (const auto* names : {&mine, &theirs})
    for (const std::string& name : *names) write_text(out() + "/" + name, "x");
  const auto exists = [&](const std::string& name) { return std::filesystem::exists(out() + "/" + name); };
  auto living = open(one_);
  for (const std::string& name : mine) EXPECT_FALSE(exists(name)) << name;
  for (const std::string& name : theirs) EXPECT_TRUE(exists(name)) << name;
  for (const std::string& name : mine) write_text(out() + "/" + name, "x");  // of the run that lives
  open(one_);
  for (const std::string& name : mine) EXPECT_TRUE(exists(name)) << name;
}

// Batch 0 of forty images, image i of seed 100 + i and of label i.
ImageBatch forty() {
  std::vector<Image> images;
  for (std::uint8_t i = 0; i < 40; ++i) images.push_back({1, 1, 1, {i}});
  ImageBatch batch = batch_of(std::move(images));
  for (std::int64_t i = 0; i < 40; ++i) batch.items.push_back({100 + i, i, i});
  return batch;
}

std::vector<std::int64_t> seeds_of(const ImageBatch& batch) {
  std::vector<std::int64_t> seeds;
  for (const SinkItem& item : batch.items) seeds.push_back(item.seed);
  return seeds;
}

// The threads that torch has here, put back at the end.
class Threads {
 public:
  explicit Threads(int count) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_ = at::get_num_threads();
};

TEST_F(ImagePartsTest, ABatchIsTheSameWhateverTheThreads) {
  std::vector<std::string> records;
  for (const int count : {1, 4}) {
    const Threads threads(count);
    const auto run = std::make_unique<ImageParts>(folder_ / std::to_string(count), false, one_);
    const ImageBatch batch = forty();
    run->take(batch);
    const std::vector<std::int64_t> seeds = seeds_of(batch);
    EXPECT_TRUE(run->has({0, 0, seeds}, nobody()));
    const ImageBatch read = run->read({0, 0, seeds});
    for (std::size_t i = 0; i < 40; ++i) {
      EXPECT_EQ(read.images[i].pixels, batch.images[i].pixels) << i;
      EXPECT_EQ(read.items[i].label, batch.items[i].label) << i;
    }
    records.push_back(read_text(run->outdir() + "/.gdd-run/batch-0"));
  }
  EXPECT_EQ(records[0], records[1]);
}

TEST_F(ImagePartsTest, AnImageThatCannotBeWrittenIsNamedAndItsBatchIsNotKept) {
  const Threads threads(4);
  const auto run = open(one_);
  const ImageBatch batch = forty();
  std::filesystem::create_directory(out() + "/000123.png");
  EXPECT_NE(error_of([&] { run->take(batch); }).find("000123.png: expected a regular file"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(out() + "/.gdd-run/batch-0"));
}

}  // namespace
}  // namespace gdd
