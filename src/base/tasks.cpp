#include "base/tasks.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace gdd {
namespace {

class TaskQueue {
 public:
  TaskQueue(std::int64_t count, const std::function<void(std::int64_t)>& task) : count_(count), task_(task) {}

  void work(const std::function<void(std::int64_t)>& done) {
    try {
      for (std::int64_t i = next_++; i < count_; i = next_++) {
        task_(i);
        const std::int64_t finished = ++finished_;
        if (done && finished < count_) done(finished);
      }
    } catch (...) {
      next_ = count_;
      const std::lock_guard lock(mutex_);
      if (!problem_) problem_ = std::current_exception();
    }
  }

  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  std::int64_t count_;
  const std::function<void(std::int64_t)>& task_;
  std::atomic<std::int64_t> next_ = 0, finished_ = 0;
  std::mutex mutex_;
  std::exception_ptr problem_;
};

}  // namespace

void run_tasks(std::int64_t count, int threads, const std::function<void(std::int64_t)>& task,
               const std::function<void(std::int64_t finished)>& done) {
  if (threads < 1) threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  TaskQueue queue(count, task);
  std::vector<std::jthread> others;
  try {
    for (std::int64_t i = 1; i < std::min<std::int64_t>(threads, count); ++i)
      others.emplace_back([&queue] { queue.work({}); });
  } catch (const std::system_error&) {  // the system gives no more threads: those there are do the work
  }
  queue.work(done);
  for (std::jthread& thread : others) thread.join();
  queue.rethrow();
  if (done) done(count);
}

}  // namespace gdd
