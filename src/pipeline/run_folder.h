// The folder of a run that may be killed at any moment: a PNG tree, and beside it .gdd-run with the settings
// that decide the bytes, one record per finished batch and one per finished output. A batch counts as
// finished when its record is there, of these settings, and every PNG still has the SHA-256 it names;
// anything else is computed again, by whole batches, because the last bits of a network depend on the make-up
// of the batch. Batches may be kept in any order, and from several processes that share the folder: all must
// have the same settings, and as long as one of them lives no others can begin.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/file_lock.h"
#include "images/image.h"
#include "images/png_tree.h"
#include "images/run_settings.h"
#include "images/sink.h"

namespace gdd {

struct ImageBatch {
  std::int64_t number = 0;      // among split_batches of the whole seed list
  std::vector<SinkItem> items;  // one for each image
  std::vector<Image> images;
};

// What gdd-sample remembers of the images at `path`, a folder it filled or a file in one; empty: nothing.
RunSettings find_run_settings(const std::string& path);

class RunFolder {
 public:
  // Where no other run lives in the folder, half-written files that a killed one left are removed. Usage
  // error, naming setting, expected and found: the folder holds images of other settings, or a run of other
  // settings is at work in it. Error: the folder cannot be made or written; what stands at .gdd-run is not
  // what this program writes.
  RunFolder(const std::string& outdir, bool subdirs, const RunSettings& settings);

  // Whether batch `number`, of these seeds, is finished. Reads all its files.
  bool has(std::int64_t number, std::span<const std::int64_t> seeds) const;
  // PNG files first, the record last.
  void keep(const ImageBatch& batch) const;
  // The batch as it was kept. Error: it is not there, or damaged.
  ImageBatch read(std::int64_t number, std::int64_t first, std::span<const std::int64_t> seeds) const;
  void flush() const { tree_.flush(); }

  // Other outputs of the run (a grid, ...), `what` telling one from another with its settings: whether the
  // file is the one that was recorded, and recording it.
  bool has_output(const std::string& what, const std::string& path) const;
  void record_output(const std::string& what, const std::string& path) const;

  const std::string& outdir() const { return tree_.outdir(); }

 private:
  std::string record_path(const std::string& name) const;
  std::string batch_record(std::int64_t number) const;
  std::string output_record(const std::string& what) const;
  std::string lock_path() const;  // makes its folder
  void begin(const RunSettings& settings);
  std::vector<std::filesystem::path> image_folders() const;
  bool has_images() const;
  void remove_leftovers() const;

  PngTree tree_;
  std::string plan_;  // a hash of the settings, which every record carries
  FileLock lock_;     // see begin()
};

}  // namespace gdd
