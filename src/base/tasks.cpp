#include "base/tasks.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

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

  // By another thread, which may come when all is over and the task is no more.
  void help() {
    {
      const std::lock_guard lock(mutex_);
      if (over_) return;
      ++helping_;
    }
    work({});
    const std::lock_guard lock(mutex_);
    if (--helping_ == 0) left_.notify_all();
  }

  // Waits for those that help; throws what the first of all threw.
  void end() {
    std::unique_lock lock(mutex_);
    over_ = true;
    left_.wait(lock, [this] { return helping_ == 0; });
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  const std::int64_t count_;
  const std::function<void(std::int64_t)>& task_;
  std::atomic<std::int64_t> next_ = 0, finished_ = 0;
  std::mutex mutex_;
  std::condition_variable left_;
  std::int64_t helping_ = 0;
  bool over_ = false;
  std::exception_ptr problem_;
};

// Threads that wait for work between calls: to begin one costs as much as a few small files. Whoever asks
// does not wait until they come, so that a task may ask in its turn.
class Helpers {
 public:
  // Of this process: a child that was forked has none of its parent's threads. Never destroyed, and the
  // threads never joined, since a process may end while they wait.
  static Helpers& of_this_process() {
    static std::mutex mutex;
    static Helpers* helpers = nullptr;
    const std::lock_guard lock(mutex);
    if (!helpers || helpers->process_ != ::getpid()) helpers = new Helpers;
    return *helpers;
  }

  // Fewer come where the system gives no more threads or no memory.
  void ask(const std::shared_ptr<TaskQueue>& queue, std::int64_t count) try {
    const std::lock_guard lock(mutex_);
    for (std::int64_t i = 0; i < count; ++i) {
      if (std::ssize(asked_) >= idle_) begin();
      asked_.push_back(queue);
      came_.notify_one();
    }
  } catch (const std::exception&) {
  }

  // Whoever has not come yet need not.
  void withdraw(const std::shared_ptr<TaskQueue>& queue) {
    const std::lock_guard lock(mutex_);
    std::erase(asked_, queue);
  }

 private:
  // Counts as idle at once, so that the next to ask begins another. The caller holds mutex_.
  void begin() {
    std::thread([this] { wait_for_work(); }).detach();
    ++idle_;
  }

  [[noreturn]] void wait_for_work() {
    std::unique_lock lock(mutex_);
    while (true) {
      came_.wait(lock, [this] { return !asked_.empty(); });
      const std::shared_ptr<TaskQueue> queue = std::move(asked_.front());
      asked_.pop_front();
      --idle_;
      lock.unlock();
      queue->help();
      lock.lock();
      ++idle_;
    }
  }

  const pid_t process_ = ::getpid();
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::shared_ptr<TaskQueue>> asked_;
  std::int64_t idle_ = 0;  // threads that wait, or are on their way there
};

}  // namespace

void run_tasks(std::int64_t count, int threads, const std::function<void(std::int64_t)>& task,
               const std::function<void(std::int64_t finished)>& done) {
  if (threads < 1) threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const auto queue = std::make_shared<TaskQueue>(count, task);
  const std::int64_t wanted = std::min<std::int64_t>(threads, count) - 1;
  Helpers* const helpers = wanted > 0 ? &Helpers::of_this_process() : nullptr;
  if (helpers) helpers->ask(queue, wanted);
  queue->work(done);
  if (helpers) helpers->withdraw(queue);
  queue->end();
  if (done) done(count);
}

}  // namespace gdd
