#include "distributed/heartbeat.h"

#include <cstdio>

namespace gdd {
namespace {

constexpr const char* kNews = "news";
constexpr std::int64_t kEnded = std::int64_t{1} << 40, kLeft = kEnded << 1;  // no heart beats so often

std::string beats_of(int rank) { return "beat/" + std::to_string(rank); }
std::string next_of(int rank) { return "next/" + std::to_string(rank); }

std::string text_of(const News& news) {
  return std::to_string(static_cast<int>(news.kind)) + " " + std::to_string(news.rank);
}

News parse_news(const std::string& text) {
  int kind = 0, rank = -1;
  if (std::sscanf(text.c_str(), "%1d %9d", &kind, &rank) != 2) return {};
  return {static_cast<News::Kind>(kind), rank};
}

}  // namespace

Heartbeat::Heartbeat(int rank, int size, std::chrono::seconds silence) : rank_(rank), silence_(silence) {
  look_after((rank + 1) % size);
}

void Heartbeat::look_after(int rank) {
  watched_ = rank;
  last_count_ = 0;
  last_change_ = Clock::now();
}

// Whether the rank that this one looks after is dead. Who left is passed over.
bool Heartbeat::is_silent(RankStore& store) {
  while (!left_ && watched_ != rank_) {
    const std::int64_t count = store.add(beats_of(watched_), 0);
    if (count < kLeft) {
      if (count == last_count_) return Clock::now() - last_change_ >= silence_;
      last_count_ = count;
      last_change_ = Clock::now();
      return false;
    }
    look_after(static_cast<int>(store.add(next_of(watched_), 0)));
  }
  return false;
}

News Heartbeat::beat(RankStore& store) {
  store.add(beats_of(rank_), 1);
  return is_silent(store) ? tell(store, {News::kSilent, watched_}) : hear(store);
}

void Heartbeat::end(RankStore& store, bool stays) {
  if (!stays) {
    left_ = true;
    store.add(next_of(rank_), watched_);
  }
  store.add(beats_of(rank_), stays ? kEnded : kLeft);
}

bool Heartbeat::has_ended(RankStore& store, int rank) { return store.add(beats_of(rank), 0) >= kEnded; }

News Heartbeat::tell(RankStore& store, const News& news) {
  return parse_news(store.first(kNews, text_of(news)));
}

News Heartbeat::hear(RankStore& store) { return parse_news(store.first(kNews, "")); }

}  // namespace gdd
