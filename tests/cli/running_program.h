// A program that is still running, to be stopped at a moment that depends on what it has written and not on a
// clock.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace gdd::testing {

class RunningProgram {
 public:
  // Starts GDD_BIN/program, or a path; stderr goes to a file, stdout nowhere; `environment` is set in it.
  // Events are counted in `watched`, which must exist.
  RunningProgram(const std::string& program, const std::vector<std::string>& arguments,
                 const std::string& err, const std::string& watched,
                 const std::map<std::string, std::string>& environment = {})
      : inotify_(::inotify_init1(IN_CLOEXEC)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(watched))
      if (entry.is_directory()) watch(entry.path());
    watch(watched);
    const std::string path =
        program.find('/') == std::string::npos ? std::string(GDD_BIN) + "/" + program : program;
    std::vector<char*> argv{const_cast<char*>(path.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), STDERR_FILENO);
      ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
      ::setenv("OMP_NUM_THREADS", "1", 1);
      for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
      ::execv(path.c_str(), argv.data());
      ::_exit(127);
    }
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (pid_ < 0 || pidfd_ < 0 || inotify_ < 0) throw std::runtime_error("cannot start " + path);
  }
  ~RunningProgram() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    ::close(pidfd_);
    ::close(inotify_);
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  // Returns after `count` files were made, written or renamed; false: the program ended before.
  bool wait_for_events(int count) {
    while (count > 0) {
      pollfd fds[] = {{inotify_, POLLIN, 0}, {pidfd_, POLLIN, 0}};
      ::poll(fds, 2, -1);
      if (!(fds[0].revents & POLLIN)) return false;
      alignas(inotify_event) char events[4096];
      const ssize_t size = ::read(inotify_, events, sizeof events);
      for (ssize_t at = 0; at < size; --count)
        at +=
            static_cast<ssize_t>(sizeof(inotify_event)) + reinterpret_cast<inotify_event*>(events + at)->len;
    }
    return true;
  }
  // Returns when `there` says so, which is asked after each such event; false: the program ended before.
  bool wait_until(const std::function<bool()>& there) {
    while (!there())
      if (!wait_for_events(1)) return there();
    return true;
  }
  pid_t pid() const { return pid_; }
  void signal(int number) const { ::kill(pid_, number); }
  // The exit code; 128 + N after signal N.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  void watch(const std::string& folder) {
    ::inotify_add_watch(inotify_, folder.c_str(), IN_CREATE | IN_MODIFY | IN_MOVED_TO);
  }

  int inotify_;
  int pidfd_ = -1;
  pid_t pid_ = -1;
};

}  // namespace gdd::testing
