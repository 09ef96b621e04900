#include "networks/network.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/export.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <unordered_map>
#include <utility>

#include "archive/zip.h"
#include "base/atomic_file.h"
#include "base/limits.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "base/shape_text.h"
#include "checkpoints/checkpoint.h"
#include "checkpoints/safetensors.h"
#include "checkpoints/torch_legacy.h"
#include "compute/compute.h"
#include "compute/compute_scope.h"
#include "gdd/error.h"
#include "networks/background_hash.h"
#include "networks/metadata.h"
#include "networks/preconds.h"
#include "networks/reduced_layers.h"
#include "networks/state_dict_tree.h"
#include "networks/stored_tree.h"
#include "networks/vae_state.h"
#include "networks/weights.h"

namespace gdd {
namespace {

constexpr const char* kMetadataFile = "gdd.json";
constexpr const char* kModulesFile = "modules.json";
// Of formats 2 and 3 (metadata.h): a gdd-convert that knows one formula of a class looks for the other in
// vain.
constexpr const char* kModulesFile2 = "modules2.json";

std::string modules_file(const NetworkInfo& info) { return info.format > 1 ? kModulesFile2 : kModulesFile; }

void refuse_url(const std::string& path) {
  if (!path.starts_with("http://") && !path.starts_with("https://")) return;
  const std::string name = path.substr(path.rfind('/') + 1);
  throw Error(path, "expected a file, found a URL; nothing is downloaded here",
              "first run: curl -fL -o " + shell_quoted("all_ckpt/" + name) + " " + shell_quoted(path));
}

void read_attributes(const torch::jit::Module& module, NetworkInfo& info) {
  info.img_resolution = module.attr("img_resolution").toInt();
  info.img_channels = module.attr("img_channels").toInt();
  info.label_dim = module.attr("label_dim").toInt();
  info.sigma_min = module.attr("sigma_min").toDouble();
  info.sigma_max = module.attr("sigma_max").toDouble();
  info.sigma_data = module.attr("sigma_data").toDouble();
  info.use_fp16 = module.attr("use_fp16").toBool();
}

ModuleTree read_tree(const Checkpoint& checkpoint, bool ema) {
  const std::vector<std::string> names = checkpoint.module_names();
  const bool bare = names.size() == 1 && names[0].empty();  // a pickle of the network alone
  return checkpoint.module(bare && ema ? "" : ema ? "ema" : "net");
}

}  // namespace

struct Network::State {
  torch::jit::Module module;
  NetworkInfo info;
  std::string modules;  // stored_tree.h
  bool reduced = false;
};

namespace {

using TensorNames = std::unordered_map<std::string, std::string>;

// By their paths in the tree the names that the weights have in the TorchScript module.
TensorNames names_in_module(const torch::jit::Module& module, const Weights& weights) {
  std::unordered_map<const void*, std::string> names;
  for (const auto& row : module.named_parameters()) names.emplace(row.value.unsafeGetTensorImpl(), row.name);
  for (const auto& row : module.named_buffers()) names.emplace(row.value.unsafeGetTensorImpl(), row.name);
  TensorNames result;
  for (const auto& [path, tensor] : weights.given())
    result.emplace(path, names.at(tensor.unsafeGetTensorImpl()));
  return result;
}

void settle(ModuleTree& tree, const std::string& path, Assumptions& assumed,
            std::vector<std::string>* warnings) {
  std::string doubt;
  try {
    settle_network(tree, assumed, &doubt);
  } catch (const Error& error) {  // it names the module and knows no file
    throw Error(path, error.what());
  }
  if (warnings && !doubt.empty()) warnings->push_back(path + ": " + doubt);
}

TensorNames build(const ModuleTree& tree, const SharedFile& file, torch::jit::Module& module,
                  NetworkInfo& info) {
  Weights weights(file);
  try {
    module = build_precond(tree, weights, &info.activation_bytes);
  } catch (const Error& error) {  // it names the module and knows no file
    throw Error(file->path(), error.what());
  }
  info.leaves_precision = leaves_precision(tree);
  info.precond = tree.class_name;
  info.variant = variant_of(tree);
  info.model = unet_of(tree)->class_name;
  info.num_parameters = weights.num_parameters();
  read_attributes(module, info);
  return names_in_module(module, weights);
}

void open_snapshot(const Checkpoint& checkpoint, const SharedFile& file, BackgroundHash& hash, bool ema,
                   Assumptions& assumed, std::vector<std::string>* warnings, torch::jit::Module& module,
                   NetworkInfo& info, std::string& modules) {
  ModuleTree tree = read_tree(checkpoint, ema);
  settle(tree, file->path(), assumed, warnings);
  info.assumed = assumed.used();
  file->release(file->bytes());  // walking through the pickle touched pages of every tensor
  info.weights = ema ? "ema" : "net";
  info.latents = read_latent_encoding(checkpoint, tree, warnings);
  const TensorNames names = build(tree, file, module, info);
  if (info.latents) check_latent_encoding(*info.latents, info.img_channels, file->path());
  modules = write_tree(tree, [&](const std::string& path) { return names.at(path); });
  if (warnings)
    for (std::string& line : unknown_sources(tree, file->path())) warnings->push_back(std::move(line));
  const std::string name = std::filesystem::path(file->path()).filename().string();
  write_metadata(tree, {name, file->bytes().size(), hash.get()}, info);
}

// The text of a small member that gdd-convert adds to the archive.
std::string read_extra(const ZipReader& zip, const std::string& name, std::uint64_t limit) {
  const ZipReader::Entry* const entry = zip.find(name);
  if (!entry) return "";
  if (entry->size > limit)
    throw Error(zip.name() + ":" + name,
                "expected at most " + std::to_string(limit) + " bytes, found " + std::to_string(entry->size));
  return std::string(as_text(zip.read(name)));
}

// What users give in the place of a network, by what only that has.
[[noreturn]] void refuse_archive(const ZipReader& zip, const std::string& folder, const std::string& path) {
  if (folder.empty())
    throw Error(path, "expected a network, found a zip archive of other files",
                "give a snapshot (.pkl) or what gdd-convert wrote (.pt)");
  if (zip.find(folder + "/constants.pkl"))
    throw Error(path, "TorchScript without gdd.json inside, so not written by gdd-convert",
                "convert the snapshot: gdd-convert IN.pkl OUT.pt");
  throw Error(path, "no network");  // a state dict, which open_state_dict reads
}

// A dict of tensors and nothing else; a training state holds an optimizer's besides.
void expect_bare(const Checkpoint& checkpoint) {
  const auto rows = checkpoint.beside();
  if (std::ranges::any_of(rows, [](const auto& row) { return row.first == "param_groups"; }))
    throw Error(checkpoint.path(), "the state of an optimizer, not a network",
                "give the file of the network beside it");
  for (const auto& [name, what] : rows)
    if (what != "an object")
      throw Error(checkpoint.path(),
                  "expected a dict of tensors, found " + what + " as " + gdd::quoted(name) +
                      ": a training state, not a network",
                  "give the snapshot: network-snapshot-*.pkl");
}

void open_state_dict(const Checkpoint& checkpoint, const SharedFile& file, BackgroundHash& hash, bool ema,
                     Assumptions& assumed, std::vector<std::string>* warnings, torch::jit::Module& module,
                     NetworkInfo& info, std::string& modules) {
  const std::string& path = file->path();
  if (!ema)
    throw Error(path, "expected the weights 'net', a bare state dict has one kind of them",
                "leave out --ema false");
  expect_bare(checkpoint);
  const StateDict tensors = checkpoint.state_dict();
  if (is_vae_state(tensors))
    throw Error(path, "expected a network, found a VAE",
                "give it as --vae, beside a network over its latents");
  StateDictTree read = tree_of_state_dict(tensors, path, assumed);
  info.weights = "ema";
  info.assumed = read.assumed;
  if (warnings) warnings->insert(warnings->end(), read.warnings.begin(), read.warnings.end());
  const TensorNames names = build(read.tree, file, module, info);
  modules = write_tree(read.tree, [&](const std::string& name) { return names.at(name); });
  const std::string name = std::filesystem::path(path).filename().string();
  write_metadata(read.tree, {name, file->bytes().size(), hash.get()}, info);
}

// The folder that all members of a torch archive lie in; empty if this is none.
std::string archive_folder(const ZipReader& zip) {
  for (const ZipReader::Entry& entry : zip.entries())
    if (entry.name.ends_with("/data.pkl")) return entry.name.substr(0, entry.name.find('/'));
  return "";
}

// Weights and texts are read as data, and the network is built from our own TorchScript; the program in the
// file is for Python and others.
void open_converted(const SharedFile& file, bool ema, Assumptions& assumed,
                    std::vector<std::string>* warnings, torch::jit::Module& module, NetworkInfo& info,
                    std::string& modules) {
  const std::string& path = file->path();
  {
    const ZipReader zip(file->bytes(), path);
    const std::string folder = archive_folder(zip);
    const std::string metadata = read_extra(zip, folder + "/extra/" + kMetadataFile, limits::kMaxMetadata);
    if (metadata.empty()) refuse_archive(zip, folder, path);
    info = read_metadata(metadata, path);
    modules = read_extra(zip, folder + "/extra/" + modules_file(info), limits::kMaxModuleText);
  }
  if (modules.empty())
    throw Error(path, "converted by an older gdd-convert: no " + modules_file(info) + " inside",
                "convert the snapshot again: gdd-convert IN.pkl OUT.pt");
  const std::string wanted = ema ? "ema" : "net";
  if (info.weights != wanted)
    throw Error(
        path,
        "expected the weights '" + wanted + "', the file was converted from " + gdd::quoted(info.weights),
        std::string("give --ema ") + (ema ? "false" : "true") + " or convert again");
  const Checkpoint checkpoint = Checkpoint::open(file);
  ModuleTree tree = read_tree_text(modules, checkpoint.state_dict(), path);
  settle(tree, path, assumed, warnings);  // one of an older gdd-convert may leave something open
  if (info.assumed.empty()) info.assumed = assumed.used();
  build(tree, file, module, info);
  if (info.latents) check_latent_encoding(*info.latents, info.img_channels, path);
}

// What torch.save wrote, and not TorchScript.
bool is_torch_save(const SharedFile& file) {
  if (!looks_like_zip(file->bytes())) return looks_like_torch_legacy(file->bytes());
  const ZipReader zip(file->bytes(), file->path());
  const std::string folder = archive_folder(zip);
  return !folder.empty() && !zip.find(folder + "/extra/" + kMetadataFile) &&
         !zip.find(folder + "/constants.pkl");
}

at::Tensor run(torch::jit::Module& module, const NetworkInfo& info, const char* method, const at::Tensor& x,
               const at::Tensor& sigma, const at::Tensor& class_labels) {
  if (x.dim() != 4 || x.size(1) != info.img_channels || x.size(2) != info.img_resolution ||
      x.size(3) != info.img_resolution)
    throw Error("network", "expected images [N, " + std::to_string(info.img_channels) + ", " +
                               std::to_string(info.img_resolution) + ", " +
                               std::to_string(info.img_resolution) + "], found " +
                               shape_text(x.sizes().vec()));
  const at::NoGradGuard no_grad;
  const ComputeScope as_written({.optimize_scripts = false});
  const c10::IValue labels = class_labels.defined() ? c10::IValue(class_labels) : c10::IValue();
  return module.get_method(method)({x, sigma, labels, c10::IValue()}).toTensor();
}

}  // namespace

Network Network::open(const std::string& path, bool ema, std::vector<std::string>* warnings,
                      Assumptions assumed) {
  if (path.empty()) throw Error::usage("--network", "expected a file, found an empty name");
  refuse_url(path);
  return open(map_file(path), ema, warnings, std::move(assumed));
}

Network Network::open(const SharedFile& file, bool ema, std::vector<std::string>* warnings,
                      Assumptions assumed) {
  Network network;
  network.state_ = std::make_shared<State>();
  Network::State& state = *network.state_;
  const bool saved = is_torch_save(file);
  if (looks_like_zip(file->bytes()) && !saved) {
    open_converted(file, ema, assumed, warnings, state.module, state.info, state.modules);
  } else {
    BackgroundHash hash(file);
    const Checkpoint checkpoint = Checkpoint::open(file);
    // A training state may hold whole networks, as a snapshot does.
    const bool bare = looks_like_safetensors(file->bytes()) || (saved && checkpoint.module_names().empty());
    const auto open = bare ? open_state_dict : open_snapshot;
    open(checkpoint, file, hash, ema, assumed, warnings, state.module, state.info, state.modules);
  }
  assumed.expect_all_used(file->path());
  return network;
}

const NetworkInfo& Network::info() const { return state_->info; }

void Network::to(const Compute& compute) {
  state_->module.to(compute.device);
  fold_weights(state_->module);
  if (!compute.reduced()) return;
  reduce_layers(state_->module, compute);
  state_->reduced = true;
}

void Network::save(const std::string& path) const {
  AtomicFile file(path);
  // In pieces: the archive is never whole in memory. An error waits until torch is done: its writer's
  // destructor throws when one passes through it, which would end the process.
  std::exception_ptr failure;
  const auto write = [&](const void* data, std::size_t size) {
    try {
      if (!failure) file.write({static_cast<const std::byte*>(data), size});
    } catch (...) {
      failure = std::current_exception();
    }
    return size;
  };
  torch::jit::ExportModule(
      state_->module, write,
      {{kMetadataFile, state_->info.metadata_json}, {modules_file(state_->info), state_->modules}});
  if (failure) std::rethrow_exception(failure);
  file.commit(
      Flush::kLater);  // waiting for the disk would take longer than all the rest, and it can be redone
}

at::Tensor Network::denoise(const at::Tensor& x, const at::Tensor& sigma,
                            const at::Tensor& class_labels) const {
  if (!state_->reduced) return run(state_->module, state_->info, "forward", x, sigma, class_labels);
  const at::Tensor laid_out = x.contiguous(format_of_reduced(x.device()));
  return run(state_->module, state_->info, "forward_half", laid_out, sigma, class_labels).contiguous();
}

at::Tensor Network::denoise_half(const at::Tensor& x, const at::Tensor& sigma,
                                 const at::Tensor& class_labels) const {
  return run(state_->module, state_->info, "forward_half", x, sigma, class_labels);
}

at::Tensor Network::round_sigma(const at::Tensor& sigma) const {
  const at::NoGradGuard no_grad;
  return state_->module.get_method("round_sigma")({sigma}).toTensor();
}

}  // namespace gdd
