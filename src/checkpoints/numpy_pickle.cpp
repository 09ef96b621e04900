#include "checkpoints/numpy_pickle.h"

#include "checkpoints/known_globals.h"
#include "checkpoints/numpy_values.h"
#include "checkpoints/plain_values.h"

namespace gdd {
namespace {

using pickle::Pickle;
using pickle::Value;

class NumpyDictReader {
 public:
  NumpyDictReader(const Pickle& pickle, std::size_t file_size) : pickle_(pickle), left_(file_size) {}

  void read(const Value& dict, const std::string& prefix, std::size_t depth) {
    if (depth > limits::kMaxAttributeDepth) pickle_.fail(dict, "dicts are nested too deeply");
    for (const auto& [key, value] : named_entries(pickle_, dict, "the file", budget_)) {
      const std::string name = prefix + std::string(key);
      budget_.charge(pickle_, *value, name.size());
      if (is_dict(*value)) read(*value, name + '.', depth + 1);
      if (is_numpy_array(*value)) add(*value, name);
    }
  }

  std::vector<std::pair<std::string, NpyArray>> arrays;

 private:
  void add(const Value& value, const std::string& name) {
    NpyArray array = numpy_array(pickle_, value, pickle_.name() + ":" + name);
    // The memo could name one array a million times.
    if (array.data.size() > left_) pickle_.fail(value, "the arrays are larger than the file");
    left_ -= array.data.size();
    arrays.emplace_back(name, std::move(array));
  }

  const Pickle& pickle_;
  std::size_t left_;
  Budget budget_;
};

}  // namespace

std::vector<std::pair<std::string, NpyArray>> read_numpy_dict(Bytes file, const std::string& name) {
  ByteReader reader(file, name);
  const Pickle pickle = read_pickle(reader, known_global);
  NumpyDictReader arrays(pickle, file.size());
  arrays.read(pickle.root(), "", 0);
  return std::move(arrays.arrays);
}

}  // namespace gdd
