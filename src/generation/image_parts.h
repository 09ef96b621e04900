// The images of a run as files: a PNG tree, and beside it .gdd-run, where its batches are parts
// (distributed/part_store.h), computed again as a whole where one is missing, because the last bits of a
// network depend on the make-up of the batch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/observer.h"
#include "batches/batch_sink.h"
#include "distributed/part_store.h"
#include "generation/seed_batches.h"
#include "images/png_tree.h"
#include "images/run_settings.h"

namespace gdd {

// What gdd-sample or gdd-eval remembers of a run in `path`, a folder; empty: nothing.
RunSettings find_run_settings(const std::string& path);

// The number of threads that the run in `outdir` was begun with, which decides its last bits; 0: unknown.
int begun_threads(const std::string& outdir);

// The name of the record of a finished batch of a run.
std::string batch_record(std::int64_t number);

class ImageParts : public BatchSink {
 public:
  // It packs and unpacks images on as many threads as those that compute in the caller's. Errors: of
  // PartStore and PngTree.
  ImageParts(const std::string& outdir, bool subdirs, const RunSettings& settings);

  // Whether the batch is whole. Reads all its files; one that is not as it was kept is a warning with its
  // name.
  bool has(const SeedBatch& batch, Observer& observer) const;
  // Keeps it: PNG files first, the record last. A batch that this object has kept already is passed over.
  void take(const ImageBatch& batch) override;
  void finish() override { tree_.flush(); }
  // The batch as it was kept. Error: it is not there, or damaged.
  ImageBatch read(const SeedBatch& kept) const;

  const PartStore& store() const { return store_; }
  const std::string& outdir() const { return tree_.outdir(); }

 private:
  std::vector<std::filesystem::path> image_folders() const;
  bool has_images() const;
  void remove_leftovers() const;
  int threads_for(std::int64_t images) const;

  PngTree tree_;
  PartStore store_;
  int threads_;
  std::set<std::int64_t> kept_;
};

}  // namespace gdd
