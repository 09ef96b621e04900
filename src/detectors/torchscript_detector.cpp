#include "detectors/torchscript_detector.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "archive/zip.h"
#include "base/mapped_file.h"
#include "base/memory_budget.h"
#include "base/printable.h"
#include "base/sha256.h"
#include "base/shape_text.h"
#include "checkpoints/safetensors.h"
#include "checkpoints/script_code.h"
#include "checkpoints/script_data.h"
#include "checkpoints/torch_legacy.h"
#include "compute/host_copy.h"
#include "detectors/batch_preparation.h"
#include "detectors/script_archive.h"
#include "detectors/script_program.h"
#include "detectors/torch_message.h"
#include "detectors/untrusted_work.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDescription = 1 << 16, kLongestName = 200;
constexpr std::int64_t kClipImageSize = 224, kMaxInputSize = 4096, kMaxFeatures = 1 << 20;
constexpr const char* kKeys[] = {"name", "preset", "input_size", "resize", "crop", "range", "mean", "std"};

struct Description {
  std::string name;
  Preparation preparation;
};

// Reads the description; every complaint names the file.
class DescriptionReader {
 public:
  explicit DescriptionReader(const std::string& path) : path_(path) {
    const MappedFile file(path);
    if (file.bytes().size() > kMaxDescription)
      refuse("expected a small JSON object, found " + std::to_string(file.bytes().size()) + " bytes");
    json_ = Json::parse(as_text(file.bytes()), nullptr, false);
    if (!json_.is_object()) refuse("expected a JSON object");
    for (const auto& [key, value] : json_.items())
      if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys))
        refuse(gdd::quoted(key) + " is not known");
  }

  Description read() {
    Description result{text("name", ""), {}};
    if (result.name.empty() || result.name != printable(result.name, kLongestName))
      refuse("expected `name`, a string of at most " + std::to_string(kLongestName) + " printable bytes");
    if (json_.contains("preset")) {
      use_preset(result.preparation);
    } else {
      read_preparation(result.preparation);
    }
    return result;
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    throw Error(path_, problem,
                "describe the network: name, input_size, resize, crop, range, mean, std, or name and preset");
  }

  std::string text(const char* key, const std::string& fallback) const {
    if (!json_.contains(key)) return fallback;
    if (!json_.at(key).is_string()) refuse(std::string("expected `") + key + "`, a string");
    return json_.at(key).get<std::string>();
  }

  // A number, or an array of `count` of them; a number stands for all.
  std::vector<double> numbers(const char* key, std::size_t count, std::vector<double> fallback) const {
    if (!json_.contains(key)) return fallback;
    const Json& value = json_.at(key);
    if (value.is_number() && count == 3) return std::vector<double>(count, value.get<double>());
    const bool fits = value.is_array() && value.size() == count &&
                      std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number(); });
    if (!fits) refuse(std::string("expected `") + key + "`, " + std::to_string(count) + " numbers");
    return value.get<std::vector<double>>();
  }

  // clean-fid, clip_features.py: Resize(224, BICUBIC) and CenterCrop(224) of the PIL image, / 255, Normalize.
  void use_preset(Preparation& preparation) const {
    if (text("preset", "") != "clip" || json_.size() != 2)
      refuse("expected `preset`: \"clip\", and `name` alone beside it");
    preparation = preparation_of(find_protocol(Family::kClip, "clean"), kClipImageSize);
  }

  void read_preparation(Preparation& preparation) const {
    if (!json_.contains("input_size") || !json_.at("input_size").is_number_integer())
      refuse("expected `input_size`, a whole number");
    preparation.size = json_.at("input_size").get<std::int64_t>();
    if (preparation.size < 1 || preparation.size > kMaxInputSize)
      refuse("expected `input_size` from 1 to " + std::to_string(kMaxInputSize));
    preparation.resize = text("resize", "");
    if ((", " + resize_names() + ",").find(", " + preparation.resize + ",") == std::string::npos)
      refuse("expected `resize`, one of " + resize_names());
    const std::string crop = text("crop", "none");
    if (crop != "none" && crop != "center") refuse("expected `crop`, \"none\" or \"center\"");
    preparation.center_crop = crop == "center";
    read_scaling(preparation);
  }

  // ((low + v (high - low) / 255) - mean) / std as ((v / 255) - mean') / std'.
  void read_scaling(Preparation& preparation) const {
    const std::vector<double> range = numbers("range", 2, {0, 1});
    const std::vector<double> mean = numbers("mean", 3, {0, 0, 0}), std = numbers("std", 3, {1, 1, 1});
    const double width = range[1] - range[0];
    if (!(std::isfinite(width) && width > 0)) refuse("expected `range`, [low, high] with low below high");
    Scaling& scaling = preparation.scaling;
    scaling.divisor = 255;
    for (std::size_t c = 0; c < 3; ++c) {
      scaling.mean[c] = static_cast<float>((mean[c] - range[0]) / width);
      scaling.std[c] = static_cast<float>(std[c] / width);
      if (!std::isfinite(scaling.mean[c]) || !(scaling.std[c] > 0))
        refuse("expected `mean` finite and `std` above 0");
    }
  }

  std::string path_;
  Json json_;
};

// A program can warn, in words of its own.
class NoWarnings final : public c10::WarningHandler {
  void process(const c10::Warning&) override {}
};

[[noreturn]] void refuse_memory(const std::string& path, const std::string& what) {
  throw Error(path,
              "needs more memory for " + what + " than the " +
                  memory_text(static_cast<double>(memory_budget())) + " allowed",
              "give a smaller --batch, or --max-memory if the machine has more");
}

// Nothing of the file runs here: what would run on loading is refused before.
torch::jit::Module load_module(const std::string& path) {
  refuse_dangerous_code(path);
  refuse_dangerous_data(path);
  try {
    require_same_archive(path);
    torch::jit::Module module = torch::jit::load(path, c10::kCPU, /*load_debug_files=*/false);
    refuse_foreign_operators(module, path);
    module.eval();
    return module;
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) refuse_memory(path, "loading");
    throw Error(path, "not a TorchScript file: " + torch_message(error),
                "save it with torch.jit.save(torch.jit.trace(...))");
  }
}

class TorchScriptDetector final : public Detector {
 public:
  TorchScriptDetector(const std::string& path, Description description, double batch_seconds)
      : path_(path),
        sha256_(sha256_of_file(path)),
        description_(std::move(description)),
        batch_seconds_(batch_seconds) {
    at::parallel_for(0, at::get_num_threads(), 1,
                     [](auto, auto) {});  // threads take memory too: not the network's
    const UntrustedWork work(path_, batch_seconds_, memory_budget());
    module_ = load_module(path_);
    const std::int64_t size = description_.preparation.size;
    feature_dim_ = forward(at::zeros({1, 3, size, size})).size(1);
    if (feature_dim_ < 1 || feature_dim_ > kMaxFeatures)
      throw Error(path_, "expected 1 to " + std::to_string(kMaxFeatures) + " features, found " +
                             std::to_string(feature_dim_));
  }

  std::int64_t feature_dim() const override { return feature_dim_; }
  std::string name() const override { return description_.name; }
  std::string weights_sha256() const override { return sha256_; }
  std::string label() const override {
    return "features of " + name() + " (" + description_.preparation.name() + "), not Inception's";
  }
  std::string preparation_name(const std::string&) const override { return description_.preparation.name(); }
  c10::Device device() const override { return device_; }
  void to(const c10::Device& device) override {
    module_.to(device);
    device_ = device;
  }

  PendingFeatures start(const ImageBatch& batch, const DetectorRequest&) const override {
    const BatchPreparation prepared(batch, description_.preparation, device_);
    const auto step = static_cast<std::int64_t>(images_at_once(description_.preparation));
    PendingFeatures pending;
    for (std::int64_t first = 0; first < prepared.size(); first += step)
      pending.add(features_of(prepared, first, std::min(step, prepared.size() - first)), {}, {});
    return pending;
  }

 private:
  at::Tensor features_of(const BatchPreparation& prepared, std::int64_t first, std::int64_t rows) const {
    const at::Tensor batch = prepared.images(first, rows).contiguous();
    // A device's driver takes memory of its own.
    const UntrustedWork work(path_, batch_seconds_, device_.is_cpu() ? memory_budget() : 0);
    const at::Tensor features = forward(batch);
    if (features.size(0) != rows || features.size(1) != feature_dim_)
      throw Error(path_, "expected " + std::to_string(rows) + " rows of " + std::to_string(feature_dim_) +
                             " features, found " + std::to_string(features.size(0)) + " of " +
                             std::to_string(features.size(1)));
    return copy_to_host(features);  // on a device, work is not done before its results are here
  }

  at::Tensor forward(const at::Tensor& batch) const {
    const c10::InferenceMode guard;
    NoWarnings silence;
    const c10::WarningUtils::WarningHandlerGuard silent(&silence);
    c10::IValue output;
    try {
      output = module_.get_method("forward")({batch.to(device_)});
    } catch (const c10::OutOfMemoryError&) {
      throw;
    } catch (const std::exception& error) {
      if (is_out_of_memory(error)) refuse_memory(path_, "a batch of " + std::to_string(batch.size(0)));
      throw Error(path_, "the network failed on a batch of [" + std::to_string(batch.size(0)) + ", 3, " +
                             std::to_string(batch.size(2)) + ", " + std::to_string(batch.size(3)) +
                             "]: " + torch_message(error));
    }
    if (output.isTuple() && !output.toTupleRef().elements().empty())
      output = output.toTupleRef().elements()[0];
    if (!output.isTensor())
      throw Error(path_, "expected features [N, D] from the network, found " + output.tagKind());
    const at::Tensor features = output.toTensor();
    if (features.dim() != 2 || !features.is_floating_point())
      throw Error(path_, "expected features [N, D] in floating point from the network, found " +
                             shape_text(features.sizes().vec()) + " of " +
                             c10::toString(features.scalar_type()));
    return features.to(at::kFloat);
  }

  std::string path_, sha256_;
  Description description_;
  double batch_seconds_;
  torch::jit::Module module_;
  std::int64_t feature_dim_ = 0;
  c10::Device device_{c10::kCPU};
};

// Of a network that this suite knows by its weights: a JSON beside it is somebody's report.
bool holds_weights_alone(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) return false;
  const SharedFile file = map_file(path);
  if (looks_like_safetensors(file->bytes()) || looks_like_torch_legacy(file->bytes())) return true;
  if (!looks_like_zip(file->bytes())) return false;
  const ZipReader zip(file->bytes(), path);
  const auto holds = [&](std::string_view ending) {
    return std::ranges::any_of(zip.entries(),
                               [&](const ZipReader::Entry& entry) { return entry.name.ends_with(ending); });
  };
  return holds("/data.pkl") && !holds("/constants.pkl");
}

}  // namespace

std::string find_description(const std::string& path) {
  for (const std::string& candidate :
       {path + ".json", std::filesystem::path(path).replace_extension(".json").string()})
    if (candidate != path && std::filesystem::is_regular_file(candidate))
      return holds_weights_alone(path) ? "" : candidate;
  return "";
}

std::pair<std::string, Preparation> read_description(const std::string& description) {
  const Description read = DescriptionReader(description).read();
  return {read.name, read.preparation};
}

std::unique_ptr<Detector> open_torchscript_detector(const std::string& path, const std::string& description,
                                                    double batch_seconds) {
  return std::make_unique<TorchScriptDetector>(path, DescriptionReader(description).read(), batch_seconds);
}

}  // namespace gdd
