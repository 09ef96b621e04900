#include "networks/latent_encoding.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include "base/limits.h"
#include "base/printable.h"
#include "checkpoints/checkpoint.h"
#include "gdd/error.h"
#include "networks/metadata.h"
#include "networks/vae_decoder.h"

namespace gdd {
namespace {

constexpr const char* kEncoder = "encoder";
constexpr const char* kPixels = "StandardRGBEncoder";
constexpr const char* kLatents = "StabilityVAEEncoder";
constexpr const char* kSiDA = "EDM_2_Precond_Generator";
constexpr const char* kVae = "stabilityai/sd-vae-ft-mse";
constexpr std::int64_t kLatentChannels = 4;
constexpr std::size_t kMostShown = 8;  // numbers, in one line

// generate_onestep_edm2.py: EDM2's own numbers, in numpy's float32.
LatentEncoding sida_encoding() {
  constexpr float kRawMean[kLatentChannels] = {5.81F, 3.25F, 0.12F, -2.15F},
                  kRawStd[kLatentChannels] = {4.17F, 4.62F, 3.71F, 3.28F};
  constexpr float kFinalMean = 0, kFinalStd = 0.5F;
  LatentEncoding encoding{"SiDA's generate_onestep_edm2.py", kVae, {}, {}};
  for (std::size_t i = 0; i < std::size(kRawMean); ++i) {
    encoding.scale.push_back(kFinalStd / kRawStd[i]);
    const float scaled = kRawMean[i] * encoding.scale.back();
    encoding.bias.push_back(kFinalMean - scaled);
  }
  return encoding;
}

// An array of float32, as the numbers that it was.
std::vector<float> numbers_of(const ModuleTree& encoder, const char* name, const std::string& file) {
  const Attribute* attribute = encoder.attribute(name);
  const auto* list = attribute ? std::get_if<Attribute::List>(&attribute->value) : nullptr;
  std::vector<float> numbers;
  if (list)
    for (const Attribute& item : *list)
      if (const auto* number = std::get_if<double>(&item.value))
        numbers.push_back(static_cast<float>(*number));
  const std::string* other = encoder.left_out(name);
  if (!list || numbers.size() != list->size())
    throw Error(
        file + ": " + encoder.path,
        std::string("expected '") + name + "' to be an array of numbers, found " + (other ? *other : "none"),
        "the file is damaged");
  return numbers;
}

std::string text_of(const ModuleTree& encoder, const char* name) {
  const Attribute* attribute = encoder.attribute(name);
  const auto* text = attribute ? std::get_if<std::string>(&attribute->value) : nullptr;
  return text ? printable(*text, limits::kMaxTensorName) : "a VAE without a name";
}

// All, or the first of them and how many there are.
std::string numbers_text(const std::vector<float>& numbers) {
  std::string text;
  for (const float number : std::span(numbers).first(std::min(numbers.size(), kMostShown))) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.9g", static_cast<double>(number));
    text += (text.empty() ? "" : ", ") + std::string(digits);
  }
  return "[" + text +
         (numbers.size() > kMostShown ? ", ...], " + std::to_string(numbers.size()) + " numbers" : "]");
}

at::Tensor by_channel(const std::vector<float>& numbers, const at::Tensor& like) {
  return at::tensor(numbers, at::kFloat).reshape({1, -1, 1, 1}).to(like.device());
}

}  // namespace

std::optional<LatentEncoding> read_latent_encoding(const Checkpoint& snapshot, const ModuleTree& network,
                                                   std::vector<std::string>* warnings) {
  if (std::ranges::count(snapshot.module_names(), kEncoder) == 0) {
    if (network.class_name == kSiDA && network.get_int("img_channels", 0) == kLatentChannels)
      return sida_encoding();
    return std::nullopt;
  }
  const ModuleTree encoder = snapshot.module(kEncoder);
  if (warnings)
    for (std::string& line : unknown_sources(encoder, snapshot.path())) warnings->push_back(std::move(line));
  if (encoder.class_name == kPixels) return std::nullopt;
  if (encoder.class_name != kLatents) {
    if (warnings)
      warnings->push_back(snapshot.path() + ": its encoder is of the class " +
                          gdd::quoted(encoder.class_name) + ", which is not known (known: " + kPixels + " " +
                          kLatents + "): what its answers stand for is left open");
    return std::nullopt;
  }
  return LatentEncoding{kLatents, text_of(encoder, "vae_name"), numbers_of(encoder, "scale", snapshot.path()),
                        numbers_of(encoder, "bias", snapshot.path()), encoder.init_kwargs};
}

void check_latent_encoding(const LatentEncoding& encoding, std::int64_t channels, const std::string& where) {
  for (const auto* numbers : {&encoding.scale, &encoding.bias}) {
    const bool fits = std::ssize(*numbers) == channels &&
                      std::ranges::all_of(*numbers, [](float number) { return std::isfinite(number); });
    if (!fits || (numbers == &encoding.scale && std::ranges::count(*numbers, 0.0F) > 0))
      throw Error(where,
                  std::string("expected the encoder's ") + (numbers == &encoding.scale ? "scale" : "bias") +
                      " to be a finite number" + (numbers == &encoding.scale ? " other than 0" : "") +
                      " for each of " + std::to_string(channels) + " channels, found " +
                      numbers_text(*numbers),
                  "the file is damaged");
  }
}

std::string latent_text(const LatentEncoding& encoding) {
  return "latents of " + std::to_string(encoding.scale.size()) + " channels of " + encoding.vae + ", as " +
         encoding.encoder + " has them: scale " + numbers_text(encoding.scale) + ", bias " +
         numbers_text(encoding.bias);
}

at::Tensor decode_latents(const LatentEncoding& encoding, const VaeDecoder& vae, const at::Tensor& latents) {
  at::Tensor raw = latents.to(at::kFloat);
  raw = raw - by_channel(encoding.bias, raw);
  raw = raw / by_channel(encoding.scale, raw);
  std::vector<at::Tensor> images;
  for (const at::Tensor& some : raw.split(kDecodedTogether)) images.push_back(vae.decode(some));
  return at::cat(images);
}

}  // namespace gdd
