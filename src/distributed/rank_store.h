// Torch's TCPStore with calls that end: whoever keeps a store may fall silent, or its machine may, and leave
// the connection open.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "distributed/rank_place.h"

namespace gdd {

// For one thread at a time. Every call throws std::exception when the store is gone, and SilentStore when it
// did not answer for as long as this one waits.
class RankStore {
 public:
  class SilentStore : public std::exception {};

  RankStore(c10::intrusive_ptr<c10d::Store> store, std::chrono::seconds patience);
  ~RankStore();
  RankStore(const RankStore&) = delete;
  RankStore& operator=(const RankStore&) = delete;

  std::int64_t add(const std::string& key, std::int64_t value);  // gives the sum
  void set(const std::string& key, const std::string& text);
  bool has(const std::string& key);
  std::string get(const std::string& key);  // waits for none: ask has() first
  // Keeps `text` where nothing is kept yet, and gives what is: one call. An empty text only looks.
  std::string first(const std::string& key, const std::string& text);

 private:
  template <class Call>
  auto ask(Call call);

  struct Worker;
  c10::intrusive_ptr<c10d::Store> store_;
  std::chrono::seconds patience_;
  std::shared_ptr<Worker> worker_;  // outlives this object where the store is silent
  bool silent_ = false;
};

// Two connections to the store of `place`, for two threads; where place.serves, it is kept by this process.
// Keys are those of one program of one job: others may come to the same store before and after.
struct RankStores {
  std::unique_ptr<RankStore> work, heart;
};

// Error, within place.patience: nobody answers, or no store; another job's store; the port is taken.
// `silence`: how long later calls wait.
RankStores open_rank_stores(const RankPlace& place, std::chrono::seconds silence);

// "'node1:29500'", for messages.
std::string quoted_address(const RankPlace& place);

}  // namespace gdd
