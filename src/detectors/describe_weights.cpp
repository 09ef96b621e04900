#include "detectors/describe_weights.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "archive/zip.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "base/sha256.h"
#include "checkpoints/checkpoint.h"
#include "checkpoints/torch_legacy.h"
#include "detectors/graph_def.h"
#include "detectors/inception_layers.h"
#include "detectors/inception_weights.h"
#include "detectors/torchscript_detector.h"
#include "detectors/transformer_detector.h"
#include "detectors/vision_transformer.h"
#include "gdd/error.h"

namespace gdd {
namespace {

std::string line(const std::string& name, const std::string& value) { return name + ": " + value + "\n"; }

std::string square(std::int64_t side) { return std::to_string(side) + "x" + std::to_string(side); }

// "dgm-eval (default), dgm-eval-clean, edm2"
std::string protocols_text(Family family) {
  std::string text;
  for (const Protocol* protocol : all_protocols(family))
    text += (text.empty() ? "" : ", ") + std::string(protocol->name) +
            (protocol == &default_protocol(family) ? " (default)" : "");
  return text;
}

std::string network_text(const TransformerSizes& sizes) {
  return std::to_string(sizes.blocks) + " blocks of width " + std::to_string(sizes.width) + ", " +
         std::to_string(sizes.width / kHeadWidth) + " heads, patches of " + square(sizes.patch) +
         (sizes.registers > 0 ? ", " + std::to_string(sizes.registers) + " registers" : "") +
         (sizes.gated ? ", SwiGLU" : "");
}

std::string describe_transformer(const Backbone& backbone, const TransformerSizes& sizes) {
  const std::string protocol = default_protocol(backbone.family).name;
  return line("detector", transformer_name(backbone, sizes) + " (" + family_name(backbone.family) +
                              "'s image side as " + backbone.source + " has it)") +
         line("network", network_text(sizes)) + line("features", std::to_string(sizes.features)) +
         line("protocols", protocols_text(backbone.family)) +
         line("preparation", transformer_preparation(backbone, sizes, protocol));
}

std::string describe_inception() {
  const Protocol& protocol = default_protocol(Family::kInception);
  return line("detector", "inception-2015-12-05 (Inception v3)") +
         line("features", std::to_string(kInceptionFeatures)) +
         line("protocols", protocols_text(Family::kInception)) +
         line("preparation", preparation_of(protocol, kInceptionImageSize).name());
}

std::string describe_script(const std::string& description) {
  const auto [name, preparation] = read_description(description);
  return line("detector",
              printable(name, 200) + " (TorchScript, described by " + printable(description, 500) + ")") +
         line("preparation", preparation.name());
}

// What the tensors of Inception are called, in either naming: enough to say what a file was meant to be.
bool has_inception_names(const StateDict& state) {
  return std::ranges::any_of(state, [](const auto& entry) {
    return entry.first.starts_with("Mixed_7c.") || entry.first.starts_with("layers.mixed_10.");
  });
}

// What a file may hold.
struct Content {
  std::optional<std::string> detector;  // described
  Family family = Family::kInception;
  const char* other = nullptr;  // what else it is
};

bool is_torch_zip(Bytes file, const std::string& path) {
  const ZipReader zip(file, path);
  return std::ranges::any_of(zip.entries(),
                             [](const ZipReader::Entry& entry) { return entry.name.ends_with("/data.pkl"); });
}

Content look_at_state(const Checkpoint& checkpoint) {
  const StateDict state = checkpoint.state_dict();
  if (const Backbone* backbone = find_backbone(state, checkpoint.path())) {
    const std::string doubt = check_beside(*backbone, state, checkpoint);
    return {describe_transformer(*backbone, read_transformer_sizes(*backbone, state, checkpoint.path())) +
                (doubt.empty() ? "" : line("doubt", doubt)),
            backbone->family};
  }
  if (has_inception_names(state)) {
    read_inception_weights(checkpoint);
    return {describe_inception()};
  }
  return {{}, Family::kInception, "weights of no detector: gdd-convert --show tells more"};
}

// Statistics are pickles too.
Content look_at_pickle(const SharedFile& file) {
  std::vector<std::string> modules;
  std::optional<Checkpoint> checkpoint;
  try {
    modules = checkpoint.emplace(Checkpoint::open(file)).module_names();
  } catch (const Error&) {
    return {};
  }
  if (modules.empty()) return {};
  if (std::ranges::count(modules, "") == 0)
    return {
        {}, Family::kInception, "a snapshot of a network that makes images: gdd-convert --show tells more"};
  read_inception_weights(*checkpoint);
  return {describe_inception()};
}

Content look_at(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};
  const SharedFile file = map_file(path);
  const Bytes bytes = file->bytes();
  if (looks_like_graph_def(bytes)) {
    read_inception_weights(file);
    return {describe_inception()};
  }
  if (!looks_like_checkpoint(bytes) || (looks_like_zip(bytes) && !is_torch_zip(bytes, path))) return {};
  if (const std::string description = find_description(path); looks_like_zip(bytes) && !description.empty())
    return {describe_script(description)};
  if (as_text(bytes).starts_with('\x80') && !looks_like_torch_legacy(bytes)) return look_at_pickle(file);
  return look_at_state(Checkpoint::open(file));
}

}  // namespace

std::optional<std::string> describe_detector(const std::string& path) { return look_at(path).detector; }

std::optional<std::string> describe_weights(const std::string& path) {
  const Content content = look_at(path);
  if (!content.detector && !content.other) return std::nullopt;
  return line("file", printable(path, 500)) + content.detector.value_or("") +
         (content.other ? line("holds", content.other) : std::string()) +
         line("sha256", sha256_of_file(path));
}

Family recognise_family(const std::string& path) { return look_at(path).family; }

}  // namespace gdd
