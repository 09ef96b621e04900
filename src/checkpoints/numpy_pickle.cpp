#include "checkpoints/numpy_pickle.h"

#include <set>

#include "base/memory_budget.h"
#include "checkpoints/known_globals.h"
#include "checkpoints/numpy_values.h"
#include "checkpoints/plain_values.h"

namespace gdd {
namespace {

using pickle::Pickle;
using pickle::Value;

class NumpyDictReader {
 public:
  NumpyDictReader(const Pickle& pickle, std::size_t file_size)
      : pickle_(pickle), left_(file_size), repeats_left_(kRepeats * file_size) {}

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
    // The memo can name one array a few times, and could a million times.
    std::size_t& left = seen_.insert(&value).second ? left_ : repeats_left_;
    if (array.data.size() > left) pickle_.fail(value, "the arrays are larger than the file");
    left -= array.data.size();
    copied_ += static_cast<double>(array.data.size());
    require_memory(pickle_.name(), "its arrays", copied_);
    arrays.emplace_back(name, std::move(array));
  }

  static constexpr std::size_t kRepeats = 16;

  const Pickle& pickle_;
  std::set<const Value*> seen_;
  std::size_t left_, repeats_left_;
  double copied_ = 0;
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
