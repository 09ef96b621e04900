#include "evaluation/watch_results.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/atomic_file.h"
#include "base/number_text.h"
#include "base/sha256.h"
#include "gdd/error.h"
#include "report/read_report.h"

namespace gdd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kReport = "report.json";
constexpr std::size_t kShownKey = 8;       // digits of it in the name of a folder
constexpr std::size_t kLongestStem = 200;  // bytes; a file system takes 255 of a name

std::string record_of(const std::string& key) { return "part-" + key.substr(0, 32); }

template <class Number>
Number number(const std::string& text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string state_text(const FileState& state) {
  return std::to_string(state.bytes) + " " + std::to_string(state.inode) + " " +
         std::to_string(state.modified) + " " + std::to_string(state.changed);
}

// Four whole numbers with a space between two, or a state that no file has.
FileState read_state(const std::string& text) {
  const char *place = text.data(), *const end = place + text.size();
  bool is_whole = true;
  const auto read = [&](auto& field) {
    const auto [behind, error] = std::from_chars(place, end, field);
    is_whole = is_whole && error == std::errc() && (behind == end || *behind == ' ');
    place = behind == end ? end : behind + 1;
  };
  FileState state;
  read(state.bytes);
  read(state.inode);
  read(state.modified);
  read(state.changed);
  return is_whole ? state : FileState{};
}

// What the report tells of its snapshot, behind all else.
void describe(const ScoredSnapshot& scored, Report& report) {
  const Snapshot& snapshot = scored.snapshot;
  report.provenance.insert(report.provenance.end(),
                           {{"snapshot.name", snapshot.name},
                            {"snapshot.key", scored.key},
                            {"snapshot.state", state_text(snapshot.state)},
                            {"snapshot.timestamp", exact_text(scored.timestamp), true},
                            {"snapshot.seconds", exact_text(scored.seconds), true},
                            {"snapshot.num_gpus", std::to_string(scored.num_gpus), true},
                            {"snapshot.counter", std::to_string(scored.counter), true}});
  if (snapshot.number)
    report.provenance.push_back({"snapshot.number", std::to_string(*snapshot.number), true});
}

ScoredSnapshot read_result(const std::string& folder, const std::string& watched) {
  ScoredSnapshot scored;
  scored.folder = folder;
  scored.report = std::move(read_reports((fs::path(folder) / kReport).string()).front().second);
  const Report& report = scored.report;
  scored.snapshot.name = fact(report, "snapshot.name");
  scored.snapshot.path = (fs::path(watched) / scored.snapshot.name).string();
  scored.snapshot.state = read_state(fact(report, "snapshot.state"));
  if (const std::string text = fact(report, "snapshot.number"); !text.empty())
    scored.snapshot.number = number<std::int64_t>(text);
  scored.key = fact(report, "snapshot.key");
  scored.timestamp = number<double>(fact(report, "snapshot.timestamp"));
  scored.seconds = number<double>(fact(report, "snapshot.seconds"));
  scored.num_gpus = number<int>(fact(report, "snapshot.num_gpus"));
  scored.counter = number<std::int64_t>(fact(report, "snapshot.counter"));
  scored.report.galleries.clear();
  return scored;
}

std::vector<std::string> folders_with_reports(const std::string& outdir) {
  std::vector<std::string> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(outdir, ignored))
    if (fs::is_regular_file(entry.path() / kReport, ignored)) folders.push_back(entry.path().string());
  std::ranges::sort(folders);
  return folders;
}

// Results that are there, in whatever state, belong to the settings that they were made with.
std::unique_ptr<PartStore> open_store(const std::string& outdir, const RunSettings& settings) {
  return std::make_unique<PartStore>(outdir, (fs::path(outdir) / kRunRecords).string(), settings,
                                     [&] { return !folders_with_reports(outdir).empty(); });
}

}  // namespace

std::string key_of(const Snapshot& snapshot, Bytes bytes) {
  return sha256(as_bytes(snapshot.name + "\n" + std::to_string(bytes.size()) + "\n" + sha256(bytes)));
}

WatchResults::WatchResults(std::string outdir, const std::string& watched, const RunSettings& settings,
                           Observer& observer)
    : outdir_(std::move(outdir)), store_(open_store(outdir_, settings)) {
  lock_ = std::make_unique<FileLock>((fs::path(outdir_) / kRunRecords / "watch").string());
  if (!lock_->try_lock(0, FileLock::Mode::kExclusive) && (errno == EAGAIN || errno == EACCES))
    throw Error(outdir_, "another gdd-eval watch is at work here",
                "wait for its end, or name another --outdir");
  load(watched, observer);
}

// Which of several results of one name is the current one is not a matter of clocks, which may go back.
void WatchResults::load(const std::string& watched, Observer& observer) {
  std::vector<ScoredSnapshot> found;
  for (const std::string& folder : folders_with_reports(outdir_)) {
    const std::string report = (fs::path(folder) / kReport).string();
    try {
      ScoredSnapshot scored = read_result(folder, watched);
      if (scored.key.empty()) continue;  // some other program's
      const auto record = store_->files(record_of(scored.key), 1);
      if (record && is_whole(report, record->front().sha256))
        found.push_back(std::move(scored));
      else
        observer.warn(report + ": is not as it was kept, and is made again");
    } catch (const Error& error) {
      observer.warn(std::string(error.what()) + "; it is made again");
    }
  }
  std::ranges::stable_sort(found, {}, &ScoredSnapshot::counter);
  for (ScoredSnapshot& scored : found) {
    counter_ = std::max(counter_, scored.counter);
    add(std::move(scored));
  }
}

bool WatchResults::has_file(const Snapshot& snapshot) const {
  return std::ranges::any_of(results_, [&](const ScoredSnapshot& each) {
    return each.snapshot.name == snapshot.name && each.snapshot.state == snapshot.state;
  });
}

bool WatchResults::has(const std::string& key) const {
  return std::ranges::find(results_, key, &ScoredSnapshot::key) != results_.end();
}

std::string WatchResults::folder_for(const std::string& name, const std::string& key) const {
  std::string stem = fs::path(name).stem().string();
  if (stem.size() > kLongestStem) {
    std::size_t end = kLongestStem;
    while (end > 0 && (static_cast<unsigned char>(stem[end]) & 0xc0) == 0x80) --end;  // inside a letter
    stem.resize(end);
  }
  return (fs::path(outdir_) / (stem + "-" + key.substr(0, kShownKey))).string();
}

const ScoredSnapshot& WatchResults::keep(ScoredSnapshot scored) {
  const std::string report = (fs::path(scored.folder) / kReport).string();
  scored.counter = ++counter_;
  describe(scored, scored.report);
  const std::string json = to_json(scored.report);
  write_file_atomically(report, as_bytes(json));
  store_->keep(record_of(scored.key), {{sha256(as_bytes(json))}});
  scored.report.galleries.clear();
  scored.report.map.reset();
  return add(std::move(scored));
}

const ScoredSnapshot& WatchResults::add(ScoredSnapshot scored) {
  std::erase_if(results_,
                [&](const ScoredSnapshot& each) { return each.snapshot.name == scored.snapshot.name; });
  const auto place = std::ranges::find_if(
      results_, [&](const ScoredSnapshot& each) { return comes_before(scored.snapshot, each.snapshot); });
  return *results_.insert(place, std::move(scored));
}

}  // namespace gdd
