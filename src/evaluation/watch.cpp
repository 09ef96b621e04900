#include "evaluation/watch.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>
#include <utility>

#include "base/joined.h"
#include "base/number_text.h"
#include "base/printable.h"
#include "base/sha256.h"
#include "base/stopped.h"
#include "base/write_error.h"
#include "detectors/torch_message.h"
#include "evaluation/snapshot_queue.h"
#include "gdd/error.h"
#include "measurement/feature_parts.h"

namespace gdd {
namespace {

namespace fs = std::filesystem;

// "training-runs/00000-cifar10"
std::string last_names(const std::string& folder) {
  std::error_code error;
  fs::path whole = fs::weakly_canonical(fs::absolute(folder, error), error);
  if (error) return folder;
  if (!whole.has_filename()) whole = whole.parent_path();
  return (whole.parent_path().filename() / whole.filename()).string();
}

// Pictures, their names, which may tell their classes, and the classes that a file among them tells.
std::string images_sha256(const ImageSource& source, bool per_class, const std::string& what,
                          Observer& observer) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(source.size()));
  std::iota(all.begin(), all.end(), 0);
  Sha256 sum;
  sum.update(as_bytes(stored_images_sha256(source, all, what, observer)));
  for (const std::int64_t index : all) sum.update(as_bytes(source.name(index) + "\n"));
  if (per_class)
    for (const std::int64_t label : source.labels().classes)
      sum.update(as_bytes(std::to_string(label) + "\n"));
  return sum.digest();
}

// Of what stands there, and ":KEY" where one is given.
std::string content_of(const std::string& spec, bool per_class, const SideOptions& side, Observer& observer) {
  if (spec.empty()) return "";
  const FeatureInput input(spec);
  if (input.images() && fs::is_directory(input.path()))
    return images_sha256(*input.images(), per_class, side.extract.what, observer);
  return sha256_of_file(input.path()) + spec.substr(input.path().size());
}

class Watch {
 public:
  Watch(const WatchOptions& options, const WatchServices& services, WatchResults& results)
      : options_(options),
        services_(services),
        results_(results),
        queue_(options.settle, options.patience),
        last_news_(services.now()) {}

  WatchEnd run() {
    for (;;) {
      const std::vector<Snapshot> files = list();
      const std::optional<Snapshot> next = queue_.next(files, services_.now());
      for (const auto& [snapshot, why] : queue_.passed_over())
        fail(snapshot, why + "; it is passed over until it changes");
      if (next)
        look_at(*next);
      else if (queue_.awaited())
        tell_awaited(*queue_.awaited());
      else if (is_at_end(files))
        return end_;
      if (next ? !services_.pause(0) : !services_.pause(pause_length())) {
        end_.stopped = true;
        return end_;
      }
    }
  }

 private:
  // Those that are to be scored at all; and what is new among them.
  std::vector<Snapshot> list() {
    std::vector<Snapshot> files = list_snapshots(options_.folder, options_.pattern);
    if (const auto last = last_number(files))
      std::erase_if(files, [&](const Snapshot& file) { return !file.number || *file.number > *last; });
    last_news_ = files != files_ ? services_.now() : std::min(last_news_, services_.now());
    files_ = files;
    return files;
  }

  // The first from `until` on that is there, or was.
  std::optional<std::int64_t> last_number(const std::vector<Snapshot>& files) const {
    if (!options_.until) return std::nullopt;
    std::optional<std::int64_t> last;
    const auto see = [&](const Snapshot& each) {
      if (each.number && *each.number >= *options_.until)
        last = std::min(last.value_or(*each.number), *each.number);
    };
    for (const Snapshot& file : files) see(file);
    for (const ScoredSnapshot& scored : results_.all()) see(scored.snapshot);
    return last;
  }

  bool is_at_end(const std::vector<Snapshot>& files) const {
    return options_.once || last_number(files) ||
           (options_.idle_exit && services_.now() - last_news_ >= *options_.idle_exit);
  }

  // What is waited for is looked at more often, and an end that is near is met.
  double pause_length() const {
    constexpr double kSoon = 1, kLeast = 0.01;
    double length = options_.interval;
    if (queue_.awaited()) length = std::min(length, kSoon);
    if (options_.idle_exit)
      length = std::min(length, std::max(last_news_ + *options_.idle_exit - services_.now(), 0.0));
    return std::max(length, kLeast);
  }

  // What cannot be written ends the watch, also in scoring; a snapshot that cannot be scored does not.
  void look_at(const Snapshot& snapshot) {
    if (results_.has_file(snapshot)) return queue_.done(snapshot);
    std::optional<ScoredSnapshot> scored = try_to_score(snapshot);
    if (!scored) return;
    queue_.done(snapshot);
    ++end_.scored;
    services_.scored(results_.keep(std::move(*scored)));
  }

  // Of what fails a device that others use too may be the reason, and comes to an end.
  std::optional<ScoredSnapshot> try_to_score(const Snapshot& snapshot) {
    try {
      return score(snapshot);
    } catch (const Stopped&) {
      throw;
    } catch (const WriteError&) {
      throw;
    } catch (const Error& error) {
      if (error.kind() == Error::Kind::kUsage || !services_.alone) throw;
      fail_for_now(snapshot, std::string("FAILED: ") + error.what());
    } catch (const std::exception& error) {
      if (!services_.alone) throw;
      fail_for_now(snapshot, "FAILED: " + torch_message(error, kMessageLimit));
    }
    return std::nullopt;
  }

  // Nothing: it is scored already, as its bytes say, or cannot be read as it is.
  std::optional<std::pair<ScoredSnapshot, ScoreSnapshot>> open(const Snapshot& snapshot) {
    ScoredSnapshot scored{snapshot, "", "", 0, 0, services_.num_gpus};
    try {
      const SharedFile file = copy_file(snapshot.path);  // a training may cut it at any moment
      scored.key = key_of(snapshot, file->bytes());
      if (results_.has(scored.key)) return queue_.done(snapshot), std::nullopt;
      ScoreSnapshot score = services_.open(snapshot, file);
      if (state_of(snapshot.path) != snapshot.state)
        return std::nullopt;  // written meanwhile, it comes again
      scored.folder = results_.folder_for(snapshot.name, scored.key);
      return std::pair(std::move(scored), std::move(score));
    } catch (const Error& error) {
      if (error.kind() == Error::Kind::kUsage) throw;
      queue_.unreadable(snapshot, error.what(), services_.now());
      return std::nullopt;
    }
  }

  std::optional<ScoredSnapshot> score(const Snapshot& snapshot) {
    auto opened = open(snapshot);
    if (!opened) return std::nullopt;
    auto& [scored, score_into] = *opened;
    const double start = services_.now();
    scored.report = score_into(scored.folder);
    scored.timestamp = last_news_ = services_.now();
    scored.seconds = scored.timestamp - start;
    return std::move(scored);
  }

  void fail_for_now(const Snapshot& snapshot, const std::string& what) {
    if (!queue_.failed(snapshot, services_.now()))
      return fail(snapshot, what + "; it is passed over until it changes");
    told_ = snapshot.name;
    services_.tell(of(snapshot, what) + "; it is tried again in " + number_text("%g", options_.patience) +
                   " s");
  }

  void fail(const Snapshot& snapshot, const std::string& what) {
    queue_.done(snapshot);
    ++end_.failed;
    services_.warn(of(snapshot, what));
  }

  // Most errors name the file themselves.
  static std::string of(const Snapshot& snapshot, const std::string& what) {
    return what.starts_with(snapshot.path) ? what : snapshot.path + ": " + what;
  }

  void tell_awaited(const Snapshot& snapshot) {
    if (std::exchange(told_, snapshot.name) != snapshot.name)
      services_.tell("waiting for " + snapshot.path + " to be whole");
  }

  const WatchOptions& options_;
  const WatchServices& services_;
  WatchResults& results_;
  SnapshotQueue queue_;
  std::vector<Snapshot> files_;
  double last_news_;
  std::string told_;  // of what is waited for
  WatchEnd end_;
};

}  // namespace

RunSettings watch_settings(const EvaluateOptions& options, const std::string& folder,
                           const Detector& detector, Observer& observer) {
  RunSettings settings{{"watch", last_names(folder)}};
  constexpr std::array kOthers{"network", "weights", "subdirs", "device", "torch", "gdd", "cpu", "threads"};
  for (auto& setting : run_settings(options.generate, {}))
    if (std::ranges::find(kOthers, setting.first) == kOthers.end()) settings.push_back(std::move(setting));
  const DistanceOptions& distances = options.distances;
  const auto text = [](auto number) { return std::to_string(number); };
  const auto content = [&](const std::string& spec, const SideOptions& side) {
    return content_of(spec, distances.per_class, side, observer);
  };
  const RunSettings own{{"runs", text(options.runs)},
                        {"metrics", joined(distances.metrics, ",")},
                        {"protocol", distances.protocol},
                        {"ref", content(options.ref, distances.reference)},
                        {"ref_images", content(options.ref_images, distances.reference)},
                        {"train", content(options.train, distances.train)},
                        {"detector", detector.name() + " " + detector.weights_sha256()},
                        {"detector_layers", layers_key(detector.layers())},
                        {"per_class", distances.per_class ? "true" : "false"},
                        {"confidence", distances.confidence ? "true" : "false"},
                        {"kid_subsets", text(distances.kid.subsets)},
                        {"kid_subset_size", text(distances.kid.subset_size)},
                        {"kid_seed", text(distances.kid.seed)},
                        {"split_size", text(distances.split_size)},
                        {"k", text(distances.k)},
                        {"mind_directions", text(distances.mind.directions)},
                        {"mind_seed", text(distances.mind.seed)}};
  settings.insert(settings.end(), own.begin(), own.end());
  return settings;
}

WatchEnd watch(const WatchOptions& options, const WatchServices& services, WatchResults& results) {
  return Watch(options, services, results).run();
}

}  // namespace gdd
