#include "distributed/rank_store.h"

#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using StorePtr = c10::intrusive_ptr<c10d::Store>;

constexpr const char* kJob = "gdd/job";  // set by whoever keeps the store

StorePtr connect(const RankPlace& place, bool serve) {
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = serve;
  options.waitWorkers = false;
  options.timeout = place.patience;
  return c10::make_intrusive<c10d::TCPStore>(place.address, options);
}

std::vector<std::uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }
std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

void meet_job(c10d::Store& store, const RankPlace& place) {
  if (place.serves) return store.set(kJob, bytes_of(place.job));
  if (place.agent) return;
  // Rank 0 can be reached a little before it says of which job it is.
  const auto end = std::chrono::steady_clock::now() + place.patience;
  while (!store.check({kJob})) {
    if (std::chrono::steady_clock::now() > end) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const std::string theirs = text_of(store.get(kJob));
  if (theirs != place.job)
    throw Error("rank " + std::to_string(place.rank),
                "at " + quoted_address(place) + " is the store of another job, " + gdd::quoted(theirs) +
                    ", this rank is of " + gdd::quoted(place.job),
                "give each job a MASTER_PORT of its own");
}

// A store outlives the programs that a launcher's script runs one after the other: each has a part of its
// own, by how often this rank has come to it.
std::pair<StorePtr, StorePtr> connect_both(const RankPlace& place) {
  std::pair<StorePtr, StorePtr> stores{connect(place, place.serves), connect(place, false)};
  meet_job(*stores.first, place);
  const std::string name = "gdd/" + place.job;
  const std::int64_t start = stores.first->add(name + "/starts/" + std::to_string(place.rank), 1);
  for (StorePtr* store : {&stores.first, &stores.second})
    *store = c10::make_intrusive<c10d::PrefixStore>(name + "/" + std::to_string(start), *store);
  return stores;
}

[[noreturn]] void refuse(const RankPlace& place, const std::string& why, const std::string& remedy) {
  throw Error("rank " + std::to_string(place.rank), "no store at " + quoted_address(place) + ": " + why,
              remedy + "; or run alone, with env -u " + place.variable);
}

}  // namespace

// One thread that makes the calls, one after the other.
struct RankStore::Worker {
  std::mutex mutex;
  std::condition_variable wake;
  std::function<void()> call;
  bool stop = false;

  void run() {
    for (;;) {
      std::function<void()> next;
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return stop || call; });
        if (stop) return;
        next = std::exchange(call, nullptr);
      }
      next();
    }
  }
};

RankStore::RankStore(StorePtr store, std::chrono::seconds patience)
    : store_(std::move(store)), patience_(patience), worker_(std::make_shared<Worker>()) {
  std::thread([worker = worker_] { worker->run(); }).detach();
}

RankStore::~RankStore() {
  const std::lock_guard lock(worker_->mutex);
  worker_->stop = true;
  worker_->wake.notify_one();
}

// What the call needs goes with it: it may end after this object.
template <class Call>
auto RankStore::ask(Call call) {
  if (silent_) throw SilentStore();
  using Answer = decltype(call(*store_));
  const auto task = std::make_shared<std::packaged_task<Answer()>>(
      [store = store_, call = std::move(call)] { return call(*store); });
  std::future<Answer> answer = task->get_future();
  {
    const std::lock_guard lock(worker_->mutex);
    worker_->call = [task] { (*task)(); };
    worker_->wake.notify_one();
  }
  silent_ = answer.wait_for(patience_) != std::future_status::ready;
  if (silent_) throw SilentStore();
  return answer.get();
}

std::int64_t RankStore::add(const std::string& key, std::int64_t value) {
  return ask([=](c10d::Store& store) { return store.add(key, value); });
}
void RankStore::set(const std::string& key, const std::string& text) {
  ask([=](c10d::Store& store) { store.set(key, bytes_of(text)); });
}
bool RankStore::has(const std::string& key) {
  return ask([=](c10d::Store& store) { return store.check({key}); });
}
std::string RankStore::get(const std::string& key) {
  return ask([=](c10d::Store& store) { return text_of(store.get(key)); });
}
std::string RankStore::first(const std::string& key, const std::string& text) {
  return ask([=](c10d::Store& store) { return text_of(store.compareSet(key, {}, bytes_of(text))); });
}

std::string quoted_address(const RankPlace& place) {
  return gdd::quoted(place.address + ":" + std::to_string(place.port));
}

// On a thread of its own: whoever listens at the port and says nothing would hold this one for ever.
RankStores open_rank_stores(const RankPlace& place, std::chrono::seconds silence) {
  FLAGS_caffe2_log_level = 3;  // torch tells each attempt, with its own stack; what matters is thrown
  auto promise = std::make_shared<std::promise<std::pair<StorePtr, StorePtr>>>();
  auto connected = promise->get_future();
  std::thread([promise, place] {
    try {
      promise->set_value(connect_both(place));
    } catch (...) {
      promise->set_exception(std::current_exception());
    }
  }).detach();
  const char* const check = "check that rank 0 runs, and MASTER_ADDR and MASTER_PORT";
  const std::string nobody = "nobody answered within " + std::to_string(place.patience.count()) + " seconds";
  if (connected.wait_for(place.patience) != std::future_status::ready) refuse(place, nobody, check);
  try {
    const auto [work, heart] = connected.get();
    return {std::make_unique<RankStore>(work, silence), std::make_unique<RankStore>(heart, silence)};
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    const std::string text = error.what();
    if (text.find("EADDRINUSE") != std::string::npos)
      refuse(place, "another program listens at this port", "give another MASTER_PORT");
    refuse(place, text.find("imed out") != std::string::npos ? nobody : text.substr(0, text.find('\n')),
           check);
  }
}

}  // namespace gdd
