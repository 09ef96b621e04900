#include "distributed/work_share.h"

#include <cstdio>
#include <map>

#include "base/printable.h"
#include "distributed/rank_group.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// Every n-th part from the i-th on: one process has all of them.
class Shard : public WorkShare {
 public:
  Shard(std::int64_t index, std::int64_t count, std::function<bool()> wants_stop)
      : index_(index), count_(count), wish_(std::move(wants_stop)) {}

  std::optional<std::int64_t> next(const std::string& queue, std::int64_t count) override {
    std::int64_t& taken = taken_[queue];
    const std::int64_t part = index_ + taken * count_;
    if (part >= count) return std::nullopt;
    ++taken;
    return part;
  }
  bool alone() const override { return count_ == 1; }
  std::int64_t processes() const override { return count_; }
  bool leads() const override { return alone(); }
  bool speaks() const override { return true; }
  std::string name() const override {
    return alone() ? "" : "shard " + std::to_string(index_) + "/" + std::to_string(count_);
  }
  void leader_first(const std::string&, const std::function<void()>& action) override { action(); }
  void gather(const std::string&) override {}
  void publish(const std::string&) override {}
  std::string tell_all(const std::string& text) override { return text; }
  void ask_stop() override { stop_ = true; }
  bool stop_asked() override { return stop_ || (wish_ && wish_()); }
  void finish() override {}

 private:
  std::int64_t index_, count_;
  std::function<bool()> wish_;
  std::map<std::string, std::int64_t> taken_;
  bool stop_ = false;
};

class Ranks : public WorkShare {
 public:
  Ranks(const RankPlace& place, const std::string& plan, std::function<bool()> wants_stop)
      : group_(place, plan, std::move(wants_stop)), local_rank_(place.local_rank) {}

  std::optional<std::int64_t> next(const std::string& queue, std::int64_t count) override {
    if (group_.stop_asked()) return std::nullopt;
    const std::int64_t part = group_.take(queue);
    return part < count ? std::optional(part) : std::nullopt;
  }
  bool alone() const override { return false; }
  std::int64_t processes() const override { return group_.size(); }
  bool leads() const override { return group_.rank() == 0; }
  bool speaks() const override { return leads(); }
  std::optional<int> local_rank() const override { return local_rank_; }
  std::string name() const override {
    return "rank " + std::to_string(group_.rank()) + " of " + std::to_string(group_.size());
  }
  void leader_first(const std::string& stage, const std::function<void()>& action) override {
    if (!leads()) group_.wait_for(0, "begun " + stage);
    action();
    if (leads()) group_.reach("begun " + stage);
  }
  void gather(const std::string& stage) override {
    group_.reach("done " + stage);
    if (leads()) group_.wait_for_all("done " + stage);
    if (group_.stop_asked()) throw Stopped();
  }
  void publish(const std::string& stage) override {
    if (leads())
      group_.reach("there " + stage);
    else
      group_.wait_for(0, "there " + stage);
  }
  std::string tell_all(const std::string& text) override { return group_.tell_all(text); }
  void ask_stop() override { group_.ask_stop(); }
  bool stop_asked() override { return group_.stop_asked(); }
  void finish() override { group_.finish(); }

 private:
  RankGroup group_;
  int local_rank_;
};

}  // namespace

std::unique_ptr<WorkShare> work_alone() { return std::make_unique<Shard>(0, 1, nullptr); }

std::pair<std::int64_t, std::int64_t> parse_shard(const std::string& text) {
  int index = 0, count = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%6d/%6d%c", &index, &count, &rest) != 2 || index < 0 || index >= count)
    throw Error::usage("--shard", "expected i/n with i from 0 to n - 1, found " + gdd::quoted(text));
  return {index, count};
}

std::unique_ptr<WorkShare> share_among_ranks(const RankPlace& place, const std::string& plan,
                                             std::function<bool()> wants_stop) {
  return std::make_unique<Ranks>(place, plan, std::move(wants_stop));
}

std::unique_ptr<WorkShare> open_work_share(const std::string& shard, const std::string& plan,
                                           std::function<bool()> wants_stop) {
  const auto place = shard.empty() ? find_rank_place() : std::nullopt;
  if (place) return share_among_ranks(*place, plan, std::move(wants_stop));
  const auto [index, count] =
      shard.empty() ? std::pair<std::int64_t, std::int64_t>{0, 1} : parse_shard(shard);
  return std::make_unique<Shard>(index, count, std::move(wants_stop));
}

}  // namespace gdd
