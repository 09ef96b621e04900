#include "cli/sample_outputs.h"

#include <cstdio>
#include <filesystem>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/printable.h"
#include "cli/version.h"
#include "gdd/error.h"
#include "images/seed_names.h"
#include "random/device.h"
#include "random/random_streams.h"

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

// One spelling for one list: {1,2,3,7} is "1-3,7".
std::string list_text(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(numbers[i]);
    if (last > i) text += "-" + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

// outdir/000123.png, or outdir/000000/000123.png.
bool is_image_of(const std::string& path, const std::string& outdir) {
  const std::filesystem::path name = std::filesystem::absolute(path).lexically_normal();
  const std::filesystem::path folder =
      std::filesystem::absolute(outdir + "/.").lexically_normal().parent_path();
  return is_seed_number(name.stem().string()) && name.extension() == ".png" &&
         (name.parent_path() == folder || name.parent_path().parent_path() == folder);
}

}  // namespace

void check_outputs(const OutputFlags& flags, const std::string& save_float) {
  if (flags.outdir.empty() && flags.grid.empty() && flags.zip.empty() && save_float.empty())
    throw Error::usage("gdd-sample", "expected somewhere to put the images",
                       "give --outdir DIR, --zip FILE.zip, --grid RxC FILE.png or --save-float FILE.npz");
  if (!flags.grid.empty() && flags.grid[1].empty())
    throw Error::usage("--grid", "expected a file, found an empty name");
  if (!flags.grid.empty()) parse_grid(flags.grid[0]);
}

FileRoles sample_files(const OutputFlags& flags, const std::string& network, const std::string& save_float,
                       const std::string& json) {
  FileRoles files;
  files.input("--network", network);
  if (!flags.outdir.empty()) files.output("--outdir's image_pack.npz", flags.outdir + "/image_pack.npz");
  files.output("--zip", flags.zip);
  if (!flags.grid.empty()) files.output("--grid", flags.grid[1]);
  files.output("--save-float", save_float);
  files.output("--json", json);
  for (const std::string& path : {flags.zip, flags.grid.empty() ? "" : flags.grid[1], save_float, json})
    if (!path.empty() && !flags.outdir.empty() && is_image_of(path, flags.outdir))
      throw Error::usage("--outdir", "'" + path + "' has the name of one of the images in it",
                         "name another file");
  return files;
}

std::vector<Output> open_outputs(const OutputFlags& flags, std::int64_t count, const NetworkInfo& info,
                                 const RunFolder* folder) {
  const bool pictures = !flags.outdir.empty() || !flags.zip.empty() || !flags.grid.empty();
  if (pictures && info.img_channels != 1 && info.img_channels != 3)
    throw Error(
        "--network",
        "makes images of " + std::to_string(info.img_channels) + " channels, and pictures have 1 or 3",
        "give --save-float alone");
  const bool conditional = info.label_dim > 0;
  std::vector<Output> outputs;
  const auto add = [&](const std::string& what, const std::string& path, const auto& open) {
    if (!folder || !folder->has_output(what, path)) outputs.push_back({what, path, open(path)});
  };
  const auto full = [](const std::string& path) { return std::filesystem::absolute(path).string(); };
  if (!flags.outdir.empty())
    add("image_pack", flags.outdir + "/image_pack.npz",
        [&](const std::string& path) { return open_image_pack(path, count, conditional); });
  if (!flags.zip.empty())
    add("zip " + full(flags.zip), flags.zip,
        [&](const std::string& path) { return open_dataset_zip(path, count, conditional); });
  if (!flags.grid.empty()) {
    const auto [rows, columns] = parse_grid(flags.grid[0]);
    check_grid_size(rows, columns, info.img_resolution);
    const Captions captions = flags.captions == "seeds"    ? Captions::kSeeds
                              : flags.captions == "labels" ? Captions::kLabels
                                                           : Captions::kNone;
    add("grid " + flags.grid[0] + " " + flags.captions + " " + full(flags.grid[1]), flags.grid[1],
        [=, rows = rows, columns = columns](const std::string& path) {
          return open_grid(path, rows, columns, captions);
        });
  }
  return outputs;
}

RunSettings run_settings(const GenerateOptions& options, const NetworkInfo& info, bool subdirs) {
  RunSettings settings{{"network", info.snapshot_sha256},
                       {"weights", info.weights},
                       {"seeds", list_text(options.seeds)},
                       {"batch", std::to_string(options.batch)},
                       {"class", options.classes.empty() ? "drawn" : list_text(options.classes)},
                       {"subdirs", subdirs ? "true" : "false"},
                       {"rng", rng_name(options.rng, options.device)},
                       {"device", options.device.is_cuda() ? "cuda" : "cpu"},
                       {"precision", options.precision},
                       {"torch", torch_version()}};
  for (const SamplerSetting& setting : describe_options(options.sampler))
    settings.emplace_back(setting.name, setting.value);
  return settings;
}

}  // namespace gdd
