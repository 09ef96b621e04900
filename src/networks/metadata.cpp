#include "networks/metadata.h"

#include <torch/version.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/printable.h"
#include "gdd/error.h"
#include "networks/preconds.h"

namespace gdd {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kPlain = 1, kDecided = 2, kLatent = 3;  // formats

// SHA-256 of the texts of training/networks.py that the TorchScript here was compared with.
constexpr std::array<const char*, 13> kKnownSources = {
    "f3acb74fd073a19b223409a44587291b06852c04a62eb96037975ef573bb0bac",  // GDD
    "5db27dcd96674b95c72d5e6491b879cdc35e24039ada3411b4b46a28ed1fe284",  // EDM
    "2294828d5f59f5fd008f7141e6b8af2095918f2ce019f280a933e4779b5c3cef",  // EDM's first
    "7298880db4bf955d2941496cce3a554a970867b3eae4d22276cb1c293c131fa2",  // EDM2's networks_edm2.py
    "4abbea72daf2031baa44eda92196f6024d1ace6c3330c07ea15c20787f7ff7b1",  // ECT's of it, for ImageNet
    "980f2200ecf61e1a56e60d529b814c84c416e645030986e2264ed894e04e17ae",  // ECT
    "eccfd482bc57b8b64dbe604ff83f1427b386981fa50bb92719aebba91d7f32ac",  // TCM
    "2c02ea22779577e80489c3f8861489dab0a0e88164f5c2b6e7a3cc0fec5a38c6",  // SiD
    "dc23e8985470323c99828af809e0a77faab4808d2091977b323db0f365c9f6ab",  // SiDA's sida_networks.py
    "220219708524211d03ef714f406dd4e5d239b390b23e81d48458d173a2e4c43c",  // SiDA's sida_networks_edm2.py
    "898adb0fcca7245cf7393286ac16a3184a831799c5374d2689696d555e4db3c5",  // its networks_edm2_modified.py
    "889cd0f7f0c59beaa373f928f5aa5e83c1865595e330a32eca8daa810afba50c",  // EDM2's encoders.py
    "4dd65114d4c8a86d067f97135c28817f7894730e96c5517134cefaf4356b81ee",  // "# source removed": test data
};

void collect_sources(const ModuleTree& module, std::map<std::string, std::string>& hash_by_class) {
  if (!module.source_sha256.empty()) hash_by_class.emplace(module.class_name, module.source_sha256);
  for (const auto& [name, child] : module.children) collect_sources(child, hash_by_class);
}

Json to_json(const Attribute& attribute) {
  struct Visitor {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool value) const { return value; }
    Json operator()(std::int64_t value) const { return value; }
    // JSON has no infinity, and sigma_max is often just that.
    Json operator()(double value) const {
      return std::isfinite(value) ? Json(value)
                                  : Json(std::isnan(value) ? "nan"
                                         : value > 0       ? "inf"
                                                           : "-inf");
    }
    Json operator()(const std::string& value) const { return value; }
    Json operator()(const Attribute::List& list) const {
      Json result = Json::array();
      for (const Attribute& item : list) result.push_back(to_json(item));
      return result;
    }
  };
  return std::visit(Visitor{}, attribute.value);
}

Json to_json(const LatentEncoding& latents) {
  Json json{
      {"encoder", latents.encoder}, {"vae", latents.vae}, {"scale", latents.scale}, {"bias", latents.bias}};
  for (const auto& [name, value] : latents.given) json["given"][name] = to_json(value);
  return json;
}

LatentEncoding read_latents(const nlohmann::json& json) {
  const auto text = [&](const char* name) {  // for messages and reports
    return printable(json.at(name).get<std::string>(), limits::kMaxTensorName);
  };
  return {text("encoder"), text("vae"), json.at("scale").get<std::vector<float>>(),
          json.at("bias").get<std::vector<float>>()};
}

Json hyperparameters(const ModuleTree& module) {
  Json result = Json::object();
  for (const auto& [name, value] : module.init_kwargs) result[name] = to_json(value);
  for (const auto& [name, value] : module.attributes)
    if (!name.starts_with('_') && name != "training") result[name] = to_json(value);
  return result;
}

// Without the library's number in front, "[json.exception.parse_error.101] ".
std::string reason_of(const std::exception& error) {
  const std::string text = error.what();
  const std::size_t end = text.find("] ");
  return text.starts_with('[') && end != std::string::npos ? text.substr(end + 2) : text;
}

}  // namespace

void write_metadata(const ModuleTree& precond, const SnapshotFacts& snapshot, NetworkInfo& info) {
  std::map<std::string, std::string> sources;
  collect_sources(precond, sources);
  Json json;
  info.format = info.latents ? kLatent : info.variant.empty() && info.assumed.empty() ? kPlain : kDecided;
  json["format"] = info.format;
  json["precond"] = {{"class", info.precond}, {"hyperparameters", hyperparameters(precond)}};
  json["model"] = {{"class", info.model}, {"hyperparameters", hyperparameters(*unet_of(precond))}};
  json["weights"] = info.weights;
  if (!info.assumed.empty()) json["assumed"] = info.assumed;
  if (info.latents) json["latents"] = to_json(*info.latents);
  json["num_parameters"] = info.num_parameters;
  json["snapshot"] = {{"file", snapshot.name}, {"bytes", snapshot.size}, {"sha256", snapshot.sha256}};
  info.snapshot_sha256 = snapshot.sha256;
  json["module_src_sha256"] = sources;
  json["versions"] = {{"torch", TORCH_VERSION}};
  // Names in the file may be any bytes; those that are not UTF-8 are replaced.
  info.metadata_json = json.dump(1, ' ', false, Json::error_handler_t::replace);
}

NetworkInfo read_metadata(const std::string& text, const std::string& path) {
  try {
    const nlohmann::json json =
        nlohmann::json::parse(text);  // sorted: a million keys of a stranger stay quick
    NetworkInfo info;
    info.format = json.value("format", kPlain);
    if (info.format < kPlain || info.format > kLatent)
      throw Error(path, "expected gdd.json of format 1 to 3, found " + std::to_string(info.format),
                  "a newer gdd-convert wrote it: use that version, or convert the snapshot again");
    info.precond = json.at("precond").at("class").get<std::string>();
    info.model = json.at("model").at("class").get<std::string>();
    info.weights = json.at("weights").get<std::string>();
    info.assumed = json.value("assumed", "");
    if (json.contains("latents")) info.latents = read_latents(json.at("latents"));
    info.num_parameters = json.at("num_parameters").get<std::int64_t>();
    info.snapshot_sha256 = json.at("snapshot").at("sha256").get<std::string>();
    info.metadata_json = text;
    return info;
  } catch (const Json::exception& error) {
    throw Error(path, "gdd.json is damaged: " + reason_of(error), "convert the snapshot again");
  }
}

bool is_known_source(const std::string& sha256) {
  return sha256.empty() ||
         std::find(kKnownSources.begin(), kKnownSources.end(), sha256) != kKnownSources.end();
}

std::vector<std::string> unknown_sources(const ModuleTree& module, const std::string& path) {
  std::map<std::string, std::string> hash_by_class, classes_by_hash;
  collect_sources(module, hash_by_class);
  for (const auto& [name, hash] : hash_by_class) {
    if (is_known_source(hash)) continue;
    std::string& names = classes_by_hash[hash];
    names += (names.empty() ? "" : " ") + name;
  }
  std::vector<std::string> lines;
  for (const auto& [hash, names] : classes_by_hash)
    lines.push_back(path + ": the source text it carries (SHA-256 " + hash +
                    ") is none of the known revisions; " + names +
                    " may compute something else in the Python that trained it");
  return lines;
}

}  // namespace gdd
