#include "generation/sample_images.h"

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "batches/file_sinks.h"
#include "batches/flow.h"
#include "gdd/error.h"
#include "generation/generated_batches.h"

namespace gdd {
namespace {

// Those of `source` that the folder does not have yet.
NextBatch unfinished_batches(const ImageParts& folder, const std::vector<SeedBatch>& batches,
                             NextBatch source, Observer& observer) {
  return [&folder, &batches, &observer, source = std::move(source)] {
    std::optional<std::int64_t> number = source();
    for (; number; number = source()) {
      if (!folder.has(batches.at(static_cast<std::size_t>(*number)), observer)) break;
      if (observer.stop()) return std::optional<std::int64_t>();
    }
    return number;
  };
}

// The batches of a finished folder.
class StoredRun : public BatchSource {
 public:
  StoredRun(const ImageParts& folder, const GenerateOptions& options)
      : folder_(folder), batches_(split_seeds(options.seeds, options.batch)) {}

  std::optional<ImageBatch> next() override {
    if (number_ == batches_.size()) return std::nullopt;
    return folder_.read(batches_[number_++]);
  }

 private:
  const ImageParts& folder_;
  std::vector<SeedBatch> batches_;
  std::size_t number_ = 0;
};

std::unique_ptr<BatchSink> open_floats(const std::string& path, const GenerateOptions& options,
                                       const NetworkInfo& info) {
  if (path.empty()) return nullptr;
  const ImageSize size = image_size(options, info);
  const bool keeps_latents = info.latents && !options.vae;
  return (keeps_latents ? open_latent_sink : open_float_sink)(path, std::ssize(options.seeds),
                                                              {size.channels, size.side, size.side});
}

// Counts what is made, and tells how far the run is.
class Counting {
 public:
  Counting(Made& made, std::int64_t total, Observer& observer)
      : made_(made), total_(total), observer_(observer) {}
  void operator()(const ImageBatch& batch) const {
    made_.images += batch.size();
    observer_.progress("sampling", "images", batch.first + batch.size(), total_);
  }

 private:
  Made& made_;
  std::int64_t total_;
  Observer& observer_;
};

Made sample_at_once(const OutputFiles& files, const GenerateOptions& options, const Network& network,
                    Observer& observer) {
  const auto count = std::ssize(options.seeds);
  check_generate(network.info(), options);
  const std::vector<Output> outputs = open_outputs(files, options, network.info(), nullptr);
  const auto floats = open_floats(files.save_float, options, network.info());
  std::vector<BatchSink*> sinks = sinks_of(outputs);
  if (floats) sinks.push_back(floats.get());
  const auto batches = std::ssize(split_seeds(options.seeds, options.batch));
  GeneratedBatches source(network, options, every_batch(batches), floats != nullptr);
  Made made;
  made.done = run_flow(source, sinks, observer, Counting(made, count, observer));
  return made;
}

// --save-float is the one output that the PNG files cannot give: it takes every batch again.
Made sample_into_folder(OutputFiles files, const GenerateOptions& options, const Network& network,
                        WorkShare& share, Observer& observer) {
  check_generate(network.info(), options);
  check_pictures(options, network.info());  // before there is a folder
  const auto count = std::ssize(options.seeds);
  const std::unique_ptr<ImageParts> folder = open_image_parts(files.outdir, options, network.info(), share);
  std::string floats_record;
  if (!files.save_float.empty()) {
    floats_record = "floats " + std::filesystem::absolute(files.save_float).string();
    if (folder->store().has_output(floats_record, files.save_float)) files.save_float.clear();
  }
  // Opened before the work, so that a place that cannot be written is noticed before it.
  if (share.leads()) open_outputs(files, options, network.info(), &folder->store());
  const auto floats = open_floats(files.save_float, options, network.info());

  const std::vector<SeedBatch> batches = split_seeds(options.seeds, options.batch);
  const NextBatch shared = [&] { return share.next("batches", std::ssize(batches)); };
  GeneratedBatches source(network, options,
                          floats ? shared : unfinished_batches(*folder, batches, shared, observer),
                          floats != nullptr);
  std::vector<BatchSink*> sinks{folder.get()};
  if (floats) sinks.push_back(floats.get());
  Made made;
  made.done = run_flow(source, sinks, observer, Counting(made, count, observer)) && !observer.stop();
  if (!made.done) {
    folder->finish();
    return made;
  }
  share.gather("batches");
  if (share.leads()) {
    made.done = replay_images(*folder, files, options, network.info(), observer);
    if (!made.done) return made;
    if (floats) folder->store().record_output(floats_record, files.save_float);
  }
  share.publish("outputs");
  return made;
}

// An error of a run in `outdir` that has finished images: they stay, and the message says so.
[[noreturn]] void rethrow_with_remedy(const Error& error, const std::string& outdir) {
  constexpr std::string_view kSaid = "same command again";
  const std::string text = error.what();
  if (error.kind() == Error::Kind::kUsage || text.find(kSaid) != std::string::npos ||
      !std::filesystem::exists(std::filesystem::path(outdir) / kRunRecords))
    throw error;
  throw Error(outdir, text, "finished images stay: put that right and give the same command again");
}

}  // namespace

std::unique_ptr<ImageParts> open_image_parts(const std::string& outdir, const GenerateOptions& options,
                                             const NetworkInfo& info, WorkShare& share) {
  std::unique_ptr<ImageParts> folder;
  share.leader_first("folder " + outdir, [&] {
    if (share.local_rank() && !share.leads() && find_run_settings(outdir).empty())
      throw Error(outdir, share.name() + " does not find the folder that rank 0 began",
                  "name an --outdir that all ranks see");
    folder = std::make_unique<ImageParts>(outdir, options.subdirs, run_settings(options, info));
  });
  return folder;
}

bool replay_images(const ImageParts& folder, const OutputFiles& files, const GenerateOptions& options,
                   const NetworkInfo& info, Observer& observer) {
  const std::vector<Output> outputs = open_outputs(files, options, info, &folder.store());
  if (outputs.empty()) return true;
  StoredRun images(folder, options);
  if (!run_flow(images, sinks_of(outputs), observer)) return false;
  for (const Output& output : outputs) folder.store().record_output(output.what, output.path);
  return true;
}

Made sample_images(const OutputFiles& files, const GenerateOptions& options, const Network& network,
                   WorkShare& share, Observer& observer) {
  if (files.outdir.empty()) return sample_at_once(files, options, network, observer);
  try {
    return sample_into_folder(files, options, network, share, observer);
  } catch (const Error& error) {
    rethrow_with_remedy(error, files.outdir);
  }
}

}  // namespace gdd
