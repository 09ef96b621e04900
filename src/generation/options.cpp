#include "generation/options.h"

#include <algorithm>

#include "base/memory_budget.h"
#include "base/seeds.h"
#include "base/shape_text.h"
#include "gdd/error.h"
#include "random/random_streams.h"

namespace gdd {
namespace {

// What decides a network's numbers beside its weights. ECT's formula was the only one of its class once, and
// plans of that time stay as they are.
void add_formula(const std::string& prefix, const NetworkInfo& info, RunSettings& settings) {
  if (!info.assumed.empty()) settings.emplace_back(prefix + "assumed", info.assumed);
  if (info.variant == "tcm") settings.emplace_back(prefix + "formula", info.variant);
}

std::string precond_text(const NetworkInfo& info) {
  return info.precond + (info.variant.empty() ? "" : " (" + info.variant + ")");
}

std::string image_text(const NetworkInfo& info) {
  return shape_text({info.img_channels, info.img_resolution, info.img_resolution});
}

std::string class_text(const GenerateOptions& options) {
  if (!options.classes.empty()) return seed_text(options.classes);
  return options.labels_in_order ? "in order" : "drawn";
}

// Whether the guiding network has a say.
bool is_guided(const GenerateOptions& options) { return options.gnet && options.sampler.guidance != 1; }

void check_classes(const std::vector<std::int64_t>& classes, std::int64_t label_dim) {
  if (classes.empty()) return;
  if (label_dim == 0) throw Error::usage("--class", "this network is unconditional: it has no classes");
  for (const std::int64_t label : classes)
    if (label >= label_dim)
      throw Error::usage("--class", "expected classes from 0 to " + std::to_string(label_dim - 1) +
                                        ", found " + std::to_string(label));
}

bool is_same_space(const LatentEncoding& a, const LatentEncoding& b) {
  return a.scale == b.scale && a.bias == b.bias;
}

// A guide without labels ignores those of the network that it guides.
void check_guide(const GenerateOptions& options, const NetworkInfo& info) {
  if (options.sampler.guidance == 1) return;
  if (!options.gnet) throw Error::usage("--guidance", "needs the network that guides", "give --gnet FILE");
  const NetworkInfo& guide = options.gnet->info();
  if (guide.img_resolution != info.img_resolution || guide.img_channels != info.img_channels)
    throw Error::usage("--gnet " + options.gnet_file,
                       "expected a network of images " + image_text(info) + ", found " + image_text(guide));
  if (guide.latents && info.latents && !is_same_space(*guide.latents, *info.latents))
    throw Error::usage("--gnet " + options.gnet_file,
                       "expected a network over the same latents, found " + latent_text(*guide.latents));
  if (guide.label_dim != info.label_dim && guide.label_dim != 0)
    throw Error::usage("--gnet " + options.gnet_file, "expected " + std::to_string(info.label_dim) +
                                                          " labels or none, found " +
                                                          std::to_string(guide.label_dim));
  check_noise_levels(options.sampler, guide.sigma_min, guide.sigma_max, "--gnet " + options.gnet_file);
}

void check_vae(const GenerateOptions& options, const NetworkInfo& info) {
  if (!options.vae) return;
  const std::string where = "--vae " + options.vae_file;
  if (!info.latents)
    throw Error::usage(
        where,
        info.img_channels == 1 || info.img_channels == 3
            ? "this network makes pixels, and no latents that a VAE decodes"
            : "the network's file does not tell what its images of " + std::to_string(info.img_channels) +
                  " channels stand for",
        "leave out --vae, or convert the snapshot again if an older gdd-convert wrote the file");
  const VaeInfo& vae = options.vae->info();
  if (vae.latent_channels != info.img_channels)
    throw Error::usage(where,
                       "expected a VAE of " + std::to_string(info.img_channels) + " latent channels, found " +
                           std::to_string(vae.latent_channels),
                       "give " + info.latents->vae);
  if (!options.preset.empty())
    throw Error::usage("--preset " + options.preset, "is of networks that make pixels, and --vae of others");
}

// The most that an image takes in a network.
double network_bytes(const GenerateOptions& options, const NetworkInfo& info) {
  return std::max(info.activation_bytes, is_guided(options) ? options.gnet->info().activation_bytes : 0);
}

// What a batch takes in the VAE, which decodes some of it together, and its images with what becomes of them.
double vae_bytes(const GenerateOptions& options, const NetworkInfo& info, std::int64_t batch) {
  constexpr double kCopies = 4;
  const ImageSize size = image_size(options, info);
  return static_cast<double>(std::min(batch, kDecodedTogether)) *
             options.vae->activation_bytes(info.img_resolution) +
         kCopies * sizeof(float) * static_cast<double>(batch * size.channels * size.side * size.side);
}

// What a batch needs besides the weights. A GPU has memory of its own, and says itself when it is full.
void check_memory(const NetworkInfo& info, const GenerateOptions& options) {
  if (!options.compute.device.is_cpu()) return;
  const std::int64_t batch = std::min<std::int64_t>(options.batch, std::ssize(options.seeds));
  const double each = network_bytes(options, info);
  const auto fits = static_cast<std::int64_t>(static_cast<double>(memory_budget()) / each);
  require_memory("--batch " + std::to_string(options.batch),
                 "a batch of " + std::to_string(batch) + " images in the network",
                 static_cast<double>(batch) * each,
                 (fits > 0 ? "give --batch " + std::to_string(fits) + ", or" : std::string("give")) +
                     " --max-memory if the machine has more");
  if (options.vae)
    require_memory("--vae " + options.vae_file, "a batch of " + std::to_string(batch) + " images in the VAE",
                   vae_bytes(options, info, batch), "give --max-memory if the machine has more");
}

}  // namespace

std::optional<std::int64_t> class_at(const GenerateOptions& options, std::int64_t position,
                                     std::int64_t label_dim) {
  if (!options.classes.empty())
    return options.classes[static_cast<std::size_t>(position) % options.classes.size()];
  return options.labels_in_order ? std::optional(position % label_dim) : std::nullopt;
}

ImageSize image_size(const GenerateOptions& options, const NetworkInfo& info) {
  if (!options.vae) return {info.img_channels, info.img_resolution};
  const VaeInfo& vae = options.vae->info();
  return {vae.image_channels, info.img_resolution * vae.upscale};
}

Quantisation quantisation_of(const GenerateOptions& options) {
  return options.vae ? Quantisation::kUnit : options.quantisation;
}

double batch_bytes(const GenerateOptions& options, const NetworkInfo& info, std::int64_t batch) {
  const double network = static_cast<double>(batch) * network_bytes(options, info);
  return options.vae ? std::max(network, vae_bytes(options, info, batch)) : network;
}

bool runs_in_half(const GenerateOptions& options, const NetworkInfo& info) {
  const std::string& sampler = options.sampler.sampler;
  return options.compute.half && info.use_fp16 && options.compute.device.is_cuda() &&
         (sampler == "edm" || sampler == "edm2" || (sampler == "one_step" && info.leaves_precision));
}

std::string precision_of(const GenerateOptions& options, const NetworkInfo& info) {
  return options.compute.precision() + (runs_in_half(options, info) ? ", U-Net in half precision" : "") +
         (options.vae && options.compute.reduced() ? ", VAE in float32" : "");
}

void check_generate(const NetworkInfo& info, const GenerateOptions& options) {
  check_options(options.sampler);
  check_classes(options.classes, info.label_dim);
  check_noise_levels(options.sampler, info.sigma_min, info.sigma_max);
  check_guide(options, info);
  check_vae(options, info);
  check_memory(info, options);
}

RunSettings run_settings(const GenerateOptions& options, const NetworkInfo& info) {
  RunSettings settings{{"network", info.snapshot_sha256},
                       {"weights", info.weights},
                       {"seeds", seed_text(options.seeds)},
                       {"batch", std::to_string(options.batch)},
                       {"class", class_text(options)},
                       {"subdirs", options.subdirs ? "true" : "false"},
                       {"rng", rng_name(options.rng, options.compute.device)}};
  for (auto& [name, value] : compute_settings(options.compute))
    settings.emplace_back(name, name == "precision" ? precision_of(options, info) : value);
  for (const SamplerSetting& setting : describe_options(options.sampler))
    settings.emplace_back(setting.name == "name" ? "sampler" : setting.name, setting.value);
  add_formula("", info, settings);
  if (is_guided(options)) {
    settings.emplace_back("gnet", options.gnet->info().snapshot_sha256);
    add_formula("gnet_", options.gnet->info(), settings);
  }
  if (options.vae) settings.emplace_back("vae", options.vae->info().sha256);
  if (const Quantisation bytes = quantisation_of(options); bytes != Quantisation::kEdm)
    settings.emplace_back("quantisation", quantisation_name(bytes));
  return settings;
}

std::vector<ProvenanceEntry> describe(const GenerateOptions& options, const std::string& network,
                                      const NetworkInfo& info) {
  std::vector<ProvenanceEntry> entries{{"rng", rng_name(options.rng, options.compute.device)},
                                       {"seeds", seed_text(options.seeds)},
                                       {"num_images", std::to_string(options.seeds.size()), true},
                                       {"batch", std::to_string(options.batch), true},
                                       {"class", class_text(options)},
                                       {"network.file", network},
                                       {"network.precond", precond_text(info)},
                                       {"network.model", info.model},
                                       {"network.weights", info.weights},
                                       {"hashes.snapshot", info.snapshot_sha256}};
  for (const SamplerSetting& setting : describe_options(options.sampler))
    entries.push_back({"sampler." + setting.name, setting.value, setting.is_number});
  entries.push_back({"quantisation", quantisation_name(quantisation_of(options))});
  if (info.latents) entries.push_back({"network.latents", latent_text(*info.latents)});
  if (options.vae) {
    entries.push_back({"vae.file", options.vae_file});
    entries.push_back({"vae.decoded_together", std::to_string(kDecodedTogether), true});
    entries.push_back({"hashes.vae", options.vae->info().sha256});
  }
  if (!info.assumed.empty()) entries.push_back({"network.assumed", info.assumed});
  if (!options.preset.empty()) entries.push_back({"preset", preset_text(options)});
  if (is_guided(options)) {
    entries.push_back({"gnet.file", options.gnet_file});
    const NetworkInfo& guide = options.gnet->info();
    entries.push_back({"gnet.precond", precond_text(guide)});
    if (!guide.assumed.empty()) entries.push_back({"gnet.assumed", guide.assumed});
    entries.push_back({"hashes.gnet", guide.snapshot_sha256});
  }
  return entries;
}

std::string preset_text(const GenerateOptions& options) {
  if (options.preset.empty()) return "";
  const Preset& preset = find_preset(options.preset);
  return options.preset + " (" + preset.source + "): sampler " + options.sampler.sampler + ", labels " +
         class_text(options) + ", bytes " + quantisation_name(options.quantisation);
}

}  // namespace gdd
