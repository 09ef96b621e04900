#include "checkpoints/script_data.h"

#include <algorithm>

#include "base/limits.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "checkpoints/known_globals.h"
#include "checkpoints/module_builder.h"
#include "checkpoints/storages.h"
#include "checkpoints/tensors.h"
#include "checkpoints/torch_zip.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using pickle::Pickle;
using pickle::Value;

// LibTorch joins module and name, so the cut between them may lie anywhere.
void refuse_other_classes(const Pickle& pickle, const std::string& where) {
  for (std::string name : pickle.globals()) {
    std::replace(name.begin(), name.end(), ' ', '.');
    if (name.starts_with("__torch__.torch.classes"))
      throw Error(where,
                  "holds an object of class " + gdd::quoted(name) + ", which LibTorch would run on loading",
                  "save the network without quantised or packed weights");
  }
}

// A type as text, which LibTorch parses.
void check_type_tag(const Pickle& pickle, const Value& value) {
  if (!value.is_made_by("torch.jit._pickle restore_type_tag")) return;
  for (const Value* argument : *value.object()->arguments->items())
    if (argument->text() && argument->text()->size() > limits::kMaxTypeText)
      pickle.fail(value, "the name of a type is too long");
}

void check_pickle(const TorchZip& zip, const std::string& path, const std::string& archive) {
  const std::string where = path + ": " + zip.folder + "/" + archive + ".pkl";
  const std::vector<std::byte> bytes = zip.reader->read(zip.folder + "/" + archive + ".pkl");
  ByteReader reader(bytes, where);
  const Pickle pickle = read_pickle(reader, known_torchscript_global);
  refuse_other_classes(pickle, where);
  const ZipStorages storages(*zip.reader, zip.folder + "/" + archive);
  TensorReader tensors(pickle, storages);
  for (const Value& value : pickle.values()) {
    if (is_tensor(value)) tensors.read(value, "a tensor");
    check_type_tag(pickle, value);
  }
  if (archive == "data") ModuleBuilder(pickle, storages).torchscript_state(pickle.root());
}

}  // namespace

void refuse_dangerous_data(const std::string& path) {
  const MappedFile file(path);
  const TorchZip zip = open_torch_zip(file.bytes(), path);
  if (!zip.is_torchscript)
    throw Error(path, "not a TorchScript file: expected a network with its program, found weights alone",
                "save it with torch.jit.save(torch.jit.trace(...))");
  for (const char* archive : {"data", "constants"}) check_pickle(zip, path, archive);
}

}  // namespace gdd
