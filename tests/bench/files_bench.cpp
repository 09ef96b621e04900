// The files of the suite without a network: what gdd-fid reads and what gdd-sample writes, at the speed of
// the files alone. tests/bench/README.md says how to run it.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <numeric>
#include <string_view>

#include "batches/flow.h"
#include "batches/stored_batches.h"
#include "generation/image_parts.h"

namespace {

std::vector<std::int64_t> all_of(const gdd::ImageSource& images) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(images.size()));
  std::iota(indices.begin(), indices.end(), std::int64_t{0});
  return indices;
}

constexpr std::int64_t kBatch = 64;  // as the programs' default

// Counts pixels, so that all were there.
class PixelCount : public gdd::BatchSink {
 public:
  void take(const gdd::ImageBatch& batch) override {
    for (const gdd::ImageView& view : batch.views()) count_ += view.size();
  }
  void finish() override { std::printf("%zu bytes of pixels\n", count_); }
  bool computes() const override { return true; }

 private:
  std::size_t count_ = 0;
};

// Stored images as if seeds 0, 1, ... had given them.
class AsSeeds : public gdd::BatchSource {
 public:
  explicit AsSeeds(gdd::BatchSource& images) : images_(images) {}
  std::optional<gdd::ImageBatch> next() override {
    std::optional<gdd::ImageBatch> batch = images_.next();
    for (std::int64_t i = 0; batch && i < batch->size(); ++i)
      batch->items.push_back({batch->first + i, batch->first + i, std::nullopt});
    return batch;
  }

 private:
  gdd::BatchSource& images_;
};

void decode(const std::string& path) {
  const auto source = gdd::open_image_source(path);
  gdd::StoredImages images(*source, all_of(*source));
  const auto batches = images.range(0, images.size(), kBatch);
  PixelCount pixels;
  gdd::run_flow(*batches, {&pixels}, gdd::nobody());
}

void encode(const std::string& path, const std::string& outdir) {
  const auto source = gdd::open_image_source(path);
  gdd::StoredImages images(*source, all_of(*source));
  const auto batches = images.range(0, images.size(), kBatch);
  AsSeeds seeds(*batches);
  gdd::ImageParts tree(outdir, false, {{"seeds", "of a file"}});
  gdd::run_flow(seeds, {&tree}, gdd::nobody());
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string_view work = argc > 1 ? argv[1] : "";
  if (work == "decode" && argc == 3) {
    decode(argv[2]);
  } else if (work == "encode" && argc == 4) {
    encode(argv[2], argv[3]);
  } else {
    std::cerr << "files_bench decode IMAGES | files_bench encode IMAGES OUTDIR\n";
    return 2;
  }
  std::fflush(nullptr);
  std::_Exit(0);  // as the programs end (cli/main_guard.h)
} catch (const std::exception& error) {
  std::cerr << "files_bench: " << error.what() << "\n";
  return 1;
}
