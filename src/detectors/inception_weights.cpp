#include "detectors/inception_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_kind.h"
#include "base/printable.h"
#include "base/shape_text.h"
#include "checkpoints/checkpoint.h"
#include "detectors/inception_shapes.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr const char* kRemedy =
    "give Inception v3 weights: NVIDIA's inception-2015-12-05.pkl or .pt, pytorch-fid's "
    "pt_inception-2015-12-05-6726825d.pth or TensorFlow's classify_image_graph_def.pb";

bool is_optional(const std::string& name) { return name.ends_with("/gamma"); }

constexpr std::size_t kLongestName = 200;

// "3 weights are missing (conv/conv2d_params, ...)": the first few names say enough.
std::string fault_text(const std::vector<std::string>& names, const std::string& what) {
  if (names.empty()) return "";
  constexpr std::size_t kShown = 4;
  std::string text =
      std::to_string(names.size()) + (names.size() == 1 ? " weight is " : " weights are ") + what + " (";
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i ? ", " : "") + names[i];
  return text + (names.size() > kShown ? ", ...)" : ")");
}

// One weight that is missing must not turn the whole file into another naming's.
bool is_torchvision(const StateDict& state) {
  return std::any_of(state.begin(), state.end(), [](const auto& entry) {
    return std::string_view(entry.first).ends_with(".bn.running_mean");
  });
}

bool is_checkpoint(Bytes file) {
  const std::string_view text = as_text(file.first(std::min<std::size_t>(file.size(), 4)));
  return text.starts_with("PK\3\4") || text.starts_with('\x80');
}

}  // namespace

void check_inception_weights(const InceptionWeights& weights, const std::string& path) {
  const auto& expected = inception_shapes();
  std::vector<std::string> missing, unknown, misshapen, infinite;
  for (const auto& [name, shape] : expected)
    if (!weights.contains(name) && !is_optional(name)) missing.push_back(name);
  for (const auto& [name, tensor] : weights) {
    const auto found = expected.find(name);
    if (found == expected.end())
      unknown.push_back(printable(name, kLongestName));
    else if (tensor.sizes() != at::IntArrayRef(found->second))
      misshapen.push_back(name + " " + shape_text(tensor.sizes().vec()) + ", not " +
                          shape_text(found->second));
    else if (!at::isfinite(tensor).all().item<bool>())
      infinite.push_back(name);
  }
  std::string problem;
  for (const std::string& fault :
       {fault_text(missing, "missing"), fault_text(unknown, "unknown"),
        fault_text(misshapen, "of another shape"), fault_text(infinite, "not finite")})
    if (!fault.empty()) problem += (problem.empty() ? "" : "; ") + fault;
  if (!problem.empty()) throw Error(path, "not the Inception v3 of 2015-12-05: " + problem, kRemedy);
}

InceptionWeights read_inception_weights(const SharedFile& file) {
  InceptionWeights weights;
  if (looks_like_graph_def(file->bytes())) {
    weights = read_graph_weights(parse_graph_def(file->bytes(), file->path()));
  } else if (is_checkpoint(file->bytes())) {
    const Checkpoint checkpoint = Checkpoint::open(file);
    const bool torchvision =
        checkpoint.format() != Checkpoint::Format::kPickle && is_torchvision(checkpoint.state_dict());
    weights = torchvision ? read_torchvision_weights(checkpoint) : read_nvidia_weights(checkpoint);
  } else {
    const auto kind = recognise_kind(file->bytes());
    throw Error(file->path(),
                "not a pickle, torch archive or TensorFlow graph" + (kind ? ", but " + kind->name : ""),
                (kind ? kind->remedy + "; " : "") + kRemedy);
  }
  check_inception_weights(weights, file->path());
  return weights;
}

}  // namespace gdd
