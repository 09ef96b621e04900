#include "generation/outputs.h"

#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/printable.h"
#include "batches/file_sinks.h"
#include "gdd/error.h"
#include "images/sink.h"

namespace gdd {
namespace {

// "8x8" -> {8, 8}
std::pair<int, int> parse_grid(const std::string& text) {
  int rows = 0, columns = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%4dx%4d%c", &rows, &columns, &rest) != 2 || rows < 1 || columns < 1)
    throw Error::usage("--grid", "expected rows and columns such as 8x8, found " + gdd::quoted(text));
  return {rows, columns};
}

// Before the work, at whose end it would be refused.
void check_grid_size(std::int64_t rows, std::int64_t columns, std::int64_t side) {
  const auto height = static_cast<std::uint64_t>(rows * side),
             width = static_cast<std::uint64_t>(columns * side);
  if (height <= limits::kMaxImageSide && width <= limits::kMaxImageSide &&
      height * width <= limits::kMaxImagePixels)
    return require_memory("--grid",
                          "a grid of " + std::to_string(rows) + "x" + std::to_string(columns) + " images",
                          3 * static_cast<double>(height * width));
  throw Error::usage("--grid",
                     "expected a picture of at most " + std::to_string(limits::kMaxImageSide) +
                         " pixels a side and " + std::to_string(limits::kMaxImagePixels) + " in all, found " +
                         std::to_string(width) + "x" + std::to_string(height),
                     "ask for fewer rows or columns");
}

}  // namespace

void check_grid(const std::vector<std::string>& grid) {
  if (grid.empty()) return;
  if (grid[1].empty()) throw Error::usage("--grid", "expected a file, found an empty name");
  parse_grid(grid[0]);
}

std::int64_t cells_of(const std::vector<std::string>& grid) {
  if (grid.empty()) return 0;
  const auto [rows, columns] = parse_grid(grid[0]);
  return std::int64_t{rows} * columns;
}

void check_pictures(const GenerateOptions& options, const NetworkInfo& info) {
  if (info.latents && !options.vae)
    throw Error::usage(
        "--network",
        "makes latents of " + std::to_string(info.img_channels) + " channels, which are no pictures",
        "give --vae FILE, diffusion_pytorch_model.safetensors of " + info.latents->vae +
            " on Hugging Face; gdd-sample --save-float FILE.npz without another output keeps the latents");
  const std::int64_t channels = image_size(options, info).channels;
  if (channels != 1 && channels != 3)
    throw Error(options.vae ? "--vae" : "--network",
                "makes images of " + std::to_string(channels) + " channels, and pictures have 1 or 3",
                "give gdd-sample --save-float alone");
}

std::vector<Output> open_outputs(const OutputFiles& files, const GenerateOptions& options,
                                 const NetworkInfo& info, const PartStore* store) {
  if (!files.outdir.empty() || !files.zip.empty() || !files.grid.empty()) check_pictures(options, info);
  const std::int64_t count = std::ssize(options.seeds);
  const bool conditional = info.label_dim > 0;
  std::vector<Output> outputs;
  const auto add = [&](const std::string& what, const std::string& path, const auto& open) {
    if (!store || !store->has_output(what, path))
      outputs.push_back({what, path, std::make_unique<FileSink>(open(path))});
  };
  const auto full = [](const std::string& path) { return std::filesystem::absolute(path).string(); };
  if (!files.outdir.empty())
    add("image_pack", files.outdir + "/image_pack.npz",
        [&](const std::string& path) { return open_image_pack(path, count, conditional); });
  if (!files.zip.empty())
    add("zip " + full(files.zip), files.zip,
        [&](const std::string& path) { return open_dataset_zip(path, count, conditional); });
  if (!files.grid.empty()) {
    const auto [rows, columns] = parse_grid(files.grid[0]);
    check_grid_size(rows, columns, image_size(options, info).side);
    const Captions captions = files.captions == "seeds"    ? Captions::kSeeds
                              : files.captions == "labels" ? Captions::kLabels
                                                           : Captions::kNone;
    add("grid " + files.grid[0] + " " + files.captions + " " + full(files.grid[1]), files.grid[1],
        [=, rows = rows, columns = columns](const std::string& path) {
          return open_grid(path, rows, columns, captions);
        });
  }
  return outputs;
}

std::vector<BatchSink*> sinks_of(const std::vector<Output>& outputs) {
  std::vector<BatchSink*> sinks;
  for (const Output& output : outputs) sinks.push_back(output.sink.get());
  return sinks;
}

}  // namespace gdd
