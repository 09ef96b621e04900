#include "networks/describe_file.h"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string_view>

#include "base/limits.h"
#include "base/printable.h"
#include "base/shape_text.h"
#include "checkpoints/checkpoint.h"
#include "checkpoints/torch_zip.h"
#include "gdd/error.h"
#include "networks/authors.h"
#include "networks/latent_encoding.h"
#include "networks/metadata.h"
#include "networks/preconds.h"
#include "networks/state_dict_tree.h"
#include "networks/vae_state.h"

namespace gdd {
namespace {

const char* format_name(Checkpoint::Format format) {
  switch (format) {
    case Checkpoint::Format::kPickle:
      return "pickle";
    case Checkpoint::Format::kTorchZip:
      return "torch zip archive";
    case Checkpoint::Format::kTorchLegacy:
      return "torch legacy archive";
    case Checkpoint::Format::kTorchScript:
      return "TorchScript archive";
    case Checkpoint::Format::kSafetensors:
      return "safetensors";
  }
  return "unknown";
}

// Names and texts of the file are a stranger's; they are long where they are hostile.
std::string name_text(std::string_view name) {
  constexpr std::size_t kLongest = 500;
  return printable(name, kLongest);
}

void write_attribute(std::ostream& out, const Attribute& attribute) {
  struct Visitor {
    std::ostream& out;
    void operator()(std::monostate) const { out << "None"; }
    void operator()(bool value) const { out << (value ? "True" : "False"); }
    void operator()(std::int64_t value) const { out << value; }
    void operator()(double value) const { out << value; }
    void operator()(const std::string& value) const { out << '\'' << name_text(value) << '\''; }
    void operator()(const Attribute::List& list) const {
      out << '[';
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (i > 0) out << ", ";
        write_attribute(out, list[i]);
      }
      out << ']';
    }
  };
  std::visit(Visitor{out}, attribute.value);
}

struct Counts {
  std::int64_t parameters = 0, tensors = 0;
};

void write_tensor(std::ostream& out, const std::string& name, const TensorView& view, const char* note) {
  out << "    " << name_text(name) << "  " << dtype_name(view.dtype) << ' ' << shape_text(view.shape) << note
      << '\n';
}

// Names as a state dict has them: from `prefix` on, without the path of the outermost module.
void write_tensors(std::ostream& out, const ModuleTree& module, const std::string& prefix, Counts& counts) {
  for (const auto& [name, view] : module.parameters) {
    if (!view) continue;
    write_tensor(out, prefix + name, *view, "");
    counts.parameters += view->numel();
    ++counts.tensors;
  }
  for (const auto& [name, view] : module.buffers) {
    if (!view) continue;
    write_tensor(out, prefix + name, *view, "  (buffer)");
    ++counts.tensors;
  }
  for (const auto& [name, child] : module.children) write_tensors(out, child, prefix + name + ".", counts);
}

void write_hyperparameters(std::ostream& out, const ModuleTree& module) {
  const auto write = [&](const std::string& name, const Attribute& value) {
    out << "    " << name_text(name) << " = ";
    write_attribute(out, value);
    out << '\n';
  };
  for (const auto& [name, value] : module.init_kwargs) write(name, value);
  for (const auto& [name, value] : module.attributes)
    if (!name.starts_with('_') && name != "training") write(name, value);
}

void write_module(std::ostream& out, const std::string& name, const ModuleTree& module) {
  const ModuleTree* model = unet_of(module);
  out << "module " << (name.empty() ? "(the file itself)" : name_text(name)) << ": "
      << name_text(module.class_name);
  if (const std::string variant = variant_of(module); !variant.empty())
    out << " (" << name_text(variant) << "'s)";
  if (model) out << " over " << name_text(model->class_name);
  const bool is_encoder = name == "encoder";
  if (!is_encoder && !is_known_precond(module.class_name))
    out << "  (not a known network: it cannot be converted)";
  out << '\n' << authors_text(authors_of(module.class_name, variant_of(module)));
  out << "  hyperparameters:\n";
  write_hyperparameters(out, module);
  out << "  tensors:\n";
  Counts counts;
  write_tensors(out, module, "", counts);
  out << "  total: " << counts.parameters << " parameters, " << counts.tensors << " tensors\n";
}

// What the answers of its networks stand for, where these are no pixels.
void write_latents(std::ostream& out, const Checkpoint& checkpoint) {
  const auto names = checkpoint.module_names();
  const std::string name = std::ranges::count(names, "ema") > 0 ? "ema" : names.front();
  try {
    if (const auto latents = read_latent_encoding(checkpoint, checkpoint.module(name), nullptr))
      out << "images: " << latent_text(*latents) << "; with --vae FILE they become pictures\n";
  } catch (const Error& error) {
    out << "images: " << error.what() << '\n';
  }
}

// A decoder for networks over latents.
void write_vae(std::ostream& out, const StateDict& tensors, const std::string& path) {
  const VaeLayout layout = read_vae_state(tensors, path).layout;
  out << "VAE: its decoder makes " << layout.upscale() << 'x' << layout.upscale() << " pixels of "
      << layout.image_channels << " channels from each of its latents of " << layout.latent_channels
      << " channels; give it as --vae, beside a network over such latents\n";
}

// Which known network a bare state dict is of.
void write_recognised(std::ostream& out, const StateDict& tensors, const std::string& path) {
  try {
    if (is_vae_state(tensors)) return write_vae(out, tensors, path);
    Assumptions none;
    const StateDictTree read = tree_of_state_dict(tensors, path, none);
    out << "network: " << read.tree.class_name << " over " << unet_of(read.tree)->class_name
        << "; what no tensor tells: " << read.assumed << '\n'
        << authors_text(authors_of(read.family, variant_of(read.tree)));
  } catch (const Error& error) {
    out << "network: " << error.what() << '\n';
  }
}

void write_state_dict(std::ostream& out, const Checkpoint& checkpoint) {
  const StateDict tensors = checkpoint.state_dict();
  if (checkpoint.format() != Checkpoint::Format::kTorchScript)
    write_recognised(out, tensors, checkpoint.path());
  std::int64_t elements = 0;
  out << "  tensors:\n";
  for (const auto& [name, view] : tensors) {
    write_tensor(out, name, view, "");
    elements += view.numel();
  }
  out << "  total: " << elements << " elements, " << tensors.size() << " tensors\n";
}

void write_lines(std::ostream& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out << printable(text.substr(0, end)) << '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void write_metadata_file(std::ostream& out, const Checkpoint& checkpoint) {
  const TorchZip archive = open_torch_zip(checkpoint.bytes(), checkpoint.path());
  const std::string name = archive.folder + "/extra/gdd.json";
  if (!archive.reader->find(name)) {
    out << "gdd.json: none, so not written by gdd-convert\n";
    return;
  }
  if (archive.reader->find(name)->size > limits::kMaxMetadata)
    throw Error(checkpoint.path() + ":" + name_text(name),
                "expected at most " + std::to_string(limits::kMaxMetadata) + " bytes, found " +
                    std::to_string(archive.reader->find(name)->size));
  const std::vector<std::byte> text = archive.reader->read(name);
  out << "gdd.json: ";
  write_lines(out, as_text(text));
}

void write_beside(std::ostream& out, const Checkpoint& checkpoint) {
  const auto rows = checkpoint.beside();
  if (rows.empty()) return;
  out << "beside them, kept as it stands and never used:\n";
  for (const auto& [name, what] : rows) out << "  " << name_text(name) << ": " << what << '\n';
}

void write_origins(std::ostream& out, const Checkpoint& checkpoint) {
  out << "globals:\n";
  for (const std::string& name : checkpoint.globals()) out << "  " << name_text(name) << '\n';
  const auto sources = checkpoint.sources();
  if (!sources.empty()) out << "classes and the SHA-256 of their module_src:\n";
  for (const auto& [name, sha256] : sources)
    out << "  " << name_text(name) << "  " << (sha256.empty() ? "(no source)" : sha256)
        << (is_known_source(sha256) ? "" : "  (unknown revision)") << '\n';
}

}  // namespace

std::string describe_file(const std::string& path) {
  const Checkpoint checkpoint = Checkpoint::open(path);
  std::ostringstream out;
  out.precision(17);
  out << "file: " << name_text(path) << " (" << checkpoint.bytes().size() << " bytes)\n";
  out << "container: " << format_name(checkpoint.format()) << '\n';
  if (checkpoint.format() == Checkpoint::Format::kTorchScript) {
    write_state_dict(out, checkpoint);
    write_metadata_file(out, checkpoint);
  } else if (const auto names = checkpoint.module_names(); names.empty()) {
    write_state_dict(out, checkpoint);
  } else {
    for (const std::string& name : names) write_module(out, name, checkpoint.module(name));
    write_latents(out, checkpoint);
    write_beside(out, checkpoint);
  }
  write_origins(out, checkpoint);
  return out.str();
}

}  // namespace gdd
