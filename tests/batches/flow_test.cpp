#include "batches/flow.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/batch_of.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::batch_of;

using testing_support::error_of;

// Batches of one grey pixel, numbered.
class Numbers : public BatchSource {
 public:
  explicit Numbers(std::int64_t count) : count_(count) {}
  std::optional<ImageBatch> next() override {
    if (made == count_) return std::nullopt;
    ImageBatch batch = batch_of({Image{1, 1, 1, {static_cast<std::uint8_t>(made)}}});
    batch.number = batch.first = made++;
    return batch;
  }
  std::int64_t made = 0;

 private:
  std::int64_t count_;
};

class Recorder : public BatchSink {
 public:
  explicit Recorder(bool computing = false) : computing_(computing) {}
  void take(const ImageBatch& batch) override {
    if (batch.number == fails_at) throw std::runtime_error("no room");
    taken.push_back(batch.number);
    threads.push_back(std::this_thread::get_id());
  }
  void finish() override { ++finished; }
  bool computes() const override { return computing_; }

  std::int64_t fails_at = -1;
  std::vector<std::int64_t> taken;
  std::vector<std::thread::id> threads;
  int finished = 0;

 private:
  bool computing_;
};

const std::vector<std::int64_t> kFive{0, 1, 2, 3, 4};

TEST(Flow, GivesEverySinkEveryBatchInOrderAndFinishesIt) {
  Numbers source(5);
  Recorder computing(true), writing, other;
  std::vector<std::int64_t> told;
  EXPECT_TRUE(run_flow(source, {&writing, &computing, &other}, nobody(),
                       [&](const ImageBatch& batch) { told.push_back(batch.number); }));
  for (const Recorder* sink : {&computing, &writing, &other}) {
    EXPECT_EQ(sink->taken, kFive);
    EXPECT_EQ(sink->finished, 1);
  }
  EXPECT_EQ(told, kFive);
}

TEST(Flow, ComputesHereAndWritesBeside) {
  Numbers source(2);
  Recorder computing(true), writing;
  run_flow(source, {&computing, &writing}, nobody());
  for (const std::thread::id id : computing.threads) EXPECT_EQ(id, std::this_thread::get_id());
  for (const std::thread::id id : writing.threads) EXPECT_NE(id, std::this_thread::get_id());
}

// A computing sink has had a batch before the next one is made.
TEST(Flow, MakesNoBatchBeforeTheLastOneIsComputed) {
  Numbers source(3);
  Recorder computing(true);
  EXPECT_TRUE(run_flow(source, {&computing}, nobody(), [&](const ImageBatch& batch) {
    EXPECT_EQ(source.made, batch.number + 1);
    EXPECT_EQ(computing.taken.back(), batch.number);
  }));
}

// Also of the last batch, which is written when no other follows.
TEST(Flow, SurfacesAnErrorOfAnySink) {
  for (const bool computing : {true, false})
    for (const std::int64_t at : {0, 2, 4}) {
      Numbers source(5);
      Recorder failing(computing), other;
      failing.fails_at = at;
      EXPECT_EQ(error_of([&] { run_flow(source, {&failing, &other}, nobody()); }), "no room") << at;
      EXPECT_EQ(failing.finished + other.finished, 0);
      EXPECT_LE(source.made, at + 2);  // one behind, and no more
    }
}

TEST(Flow, AStopFinishesNothing) {
  Numbers source(5);
  Recorder writing;
  testing_support::RecordingObserver observer;
  observer.on_stop = [&] { return source.made == 2; };
  EXPECT_FALSE(run_flow(source, {&writing}, observer));
  EXPECT_EQ(writing.taken, (std::vector<std::int64_t>{0, 1}));  // what was made is written
  EXPECT_EQ(writing.finished, 0);
}

TEST(Flow, OfNoBatchesIsFinished) {
  Numbers source(0);
  Recorder writing;
  EXPECT_TRUE(run_flow(source, {&writing}, nobody()));
  EXPECT_EQ(writing.finished, 1);
}

}  // namespace
}  // namespace gdd
