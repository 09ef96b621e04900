#include "cli/sample_work.h"

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "gdd/error.h"
#include "pipeline/run_folder.h"

namespace gdd {
namespace {

std::vector<ImageSink*> sinks_of(const std::vector<Output>& outputs) {
  std::vector<ImageSink*> sinks;
  for (const Output& output : outputs) sinks.push_back(output.sink.get());
  return sinks;
}

// Batches as the share hands them out, counted.
NextBatch shared_batches(WorkShare& share, std::int64_t batches) {
  return [&share, batches] { return share.next("batches", batches); };
}

// --save-float is the one output that the PNG files cannot give: it takes every batch again.
Made fill(const OutputFlags& flags, GenerateOptions options, const Network& network, WorkShare& share) {
  check_generate(network.info(), options);
  std::optional<RunFolder> folder;
  share.leader_first("folder", [&] {
    if (share.local_rank() && !share.leads() && find_run_settings(flags.outdir).empty())
      throw Error(flags.outdir, share.name() + " does not find the folder that rank 0 began",
                  "name an --outdir that all ranks see");
    folder.emplace(flags.outdir, flags.subdirs, run_settings(options, network.info(), flags.subdirs));
  });
  const auto count = static_cast<std::int64_t>(options.seeds.size());
  std::string floats;
  if (!options.save_float.empty()) {
    floats = "floats " + std::filesystem::absolute(options.save_float).string();
    if (folder->has_output(floats, options.save_float)) options.save_float.clear();
  }
  // Opened before the work, so that a place that cannot be written is noticed before it.
  std::vector<Output> outputs;
  if (share.leads()) outputs = open_outputs(flags, count, network.info(), &*folder);

  Made made;
  const auto parts = split_batches(count, options.batch);
  const NextBatch batches = shared_batches(share, std::ssize(parts));
  const NextBatch wanted =
      options.save_float.empty() ? unfinished_batches(*folder, options, batches) : batches;
  made.done = fill_folder(network, options, *folder, [&] {
    const std::optional<std::int64_t> number = wanted();
    if (number) {
      const auto& [first, last] = parts[static_cast<std::size_t>(*number)];
      made.images += last - first;
    }
    return number;
  });
  if (!made.done) return made;
  share.gather("batches");
  if (share.leads()) {
    replay_folder(*folder, options, sinks_of(outputs));
    for (const Output& output : outputs) folder->record_output(output.what, output.path);
    if (!options.save_float.empty()) folder->record_output(floats, options.save_float);
  }
  share.publish("outputs");
  return made;
}

}  // namespace

Made generate(const OutputFlags& flags, const GenerateOptions& options, const Network& network,
              WorkShare& share) {
  const auto count = static_cast<std::int64_t>(options.seeds.size());
  if (flags.outdir.empty()) {
    const auto outputs = open_outputs(flags, count, network.info(), nullptr);
    return {generate_images(network, options, sinks_of(outputs)), count};
  }
  try {
    return fill(flags, options, network, share);
  } catch (const Error& error) {
    const std::string text = error.what();
    if (error.kind() == Error::Kind::kUsage || text.find("same command again") != std::string::npos ||
        !std::filesystem::exists(std::filesystem::path(flags.outdir) / kRunRecords))
      throw;
    throw Error(flags.outdir, text, "finished images stay: put that right and give the same command again");
  }
}

}  // namespace gdd
