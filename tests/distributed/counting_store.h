// A store in this process that counts what is asked of it.
#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <vector>

namespace gdd::testing {

// The calls of one rank to a store that all share.
class CountingStore : public c10d::PrefixStore {
 public:
  explicit CountingStore(c10::intrusive_ptr<c10d::Store> shared) : PrefixStore("", std::move(shared)) {}

  using c10d::Store::compareSet;
  void set(const std::string& key, const std::vector<std::uint8_t>& value) override {
    count(key);
    PrefixStore::set(key, value);
  }
  std::vector<std::uint8_t> get(const std::string& key) override {
    count(key);
    return PrefixStore::get(key);
  }
  std::int64_t add(const std::string& key, std::int64_t value) override {
    count(key);
    return PrefixStore::add(key, value);
  }
  bool check(const std::vector<std::string>& keys) override {
    for (const std::string& key : keys) count(key);
    return PrefixStore::check(keys);
  }
  std::vector<std::uint8_t> compareSet(const std::string& key, const std::vector<std::uint8_t>& expected,
                                       const std::vector<std::uint8_t>& wanted) override {
    count(key);
    return PrefixStore::compareSet(key, expected, wanted);
  }

  std::int64_t calls() const { return calls_; }
  std::size_t keys() const {
    const std::lock_guard lock(mutex_);
    return keys_.size();
  }

 private:
  void count(const std::string& key) {
    const std::lock_guard lock(mutex_);
    ++calls_;
    keys_.insert(key);
  }

  mutable std::mutex mutex_;
  std::atomic<std::int64_t> calls_ = 0;
  std::set<std::string> keys_;
};

}  // namespace gdd::testing
