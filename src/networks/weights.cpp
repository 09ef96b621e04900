#include "networks/weights.h"

#include <algorithm>
#include <bit>
#include <span>

#include "base/memory_budget.h"
#include "base/shape_text.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using NamedTensors = std::vector<std::pair<std::string, std::optional<TensorView>>>;
constexpr const char* kRemedy = "the file is damaged or holds a network this program does not know";

const TensorView* find(const NamedTensors& tensors, const std::string& name) {
  for (const auto& [key, view] : tensors)
    if (key == name) return view ? &*view : nullptr;
  return nullptr;
}

// "weight [128, 3, 3, 3] of float32", for what is there and unused.
std::string describe_unused(const NamedTensors& tensors, const std::vector<ExpectedTensor>& expected) {
  std::string text;
  for (const auto& [name, view] : tensors) {
    const auto match = [&, &key = name](const ExpectedTensor& row) { return row.shape && row.name == key; };
    if (!view || std::any_of(expected.begin(), expected.end(), match)) continue;
    text += (text.empty() ? "'" : ", '") + name + "' " + shape_text(view->shape);
  }
  return text;
}

void check_names(const ModuleTree& module, const NamedTensors& tensors,
                 const std::vector<ExpectedTensor>& expected) {
  const std::string unused = describe_unused(tensors, expected);
  for (const ExpectedTensor& row : expected) {
    if (!row.shape || find(tensors, row.name)) continue;
    throw Error(module.path + "." + row.name,
                "expected a tensor of shape " + shape_text(*row.shape) + ", found none" +
                    (unused.empty() ? "" : " but an unused " + unused),
                kRemedy);
  }
  if (!unused.empty())
    throw Error(module.path, "expected no other tensors in a " + module.class_name + ", found " + unused,
                kRemedy);
}

const Shape& shape_of(const TensorView& view) { return view.counts_as.empty() ? view.shape : view.counts_as; }

void check_shape(const std::string& path, const TensorView& view, const Shape& expected) {
  const Shape& found = shape_of(view);
  if (found == expected) return;
  const bool transposed = found.size() >= 2 && found.size() == expected.size() &&
                          std::is_permutation(found.begin(), found.end(), expected.begin());
  throw Error(path,
              "expected shape " + shape_text(expected) + ", found " + shape_text(found) +
                  (transposed ? " (transposed)" : ""),
              kRemedy);
}

// Branch-free, so that the compiler makes vector code of it: a full-size network has 3e8 weights.
bool all_finite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::uint32_t bad = 0;
  for (const float value : values) bad |= (std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent;
  return bad == 0;
}

// The same of half precision, by the bits of its exponent.
bool all_finite(std::span<const std::uint16_t> values, std::uint16_t exponent) {
  std::uint16_t bad = 0;
  for (const std::uint16_t value : values)
    bad = static_cast<std::uint16_t>(bad | ((value & exponent) == exponent ? 1 : 0));
  return bad == 0;
}

struct Copied {
  at::Tensor tensor;
  bool is_finite = false;
};
Copied copy_half(const TensorView& view, const Shape& shape) {
  constexpr std::uint16_t kHalfExponent = 0x7c00, kBrainExponent = 0x7f80;
  const bool brain = view.dtype == DType::kBFloat16;
  const at::Tensor tensor = at::empty(shape, brain ? at::kBFloat16 : at::kHalf);
  auto* const data = static_cast<std::uint16_t*>(tensor.mutable_data_ptr());
  view.copy_raw(reinterpret_cast<std::byte*>(data));
  return {tensor, all_finite(std::span(data, static_cast<std::size_t>(tensor.numel())),
                             brain ? kBrainExponent : kHalfExponent)};
}
Copied copy_widened(const TensorView& view, const Shape& shape) {
  const at::Tensor tensor = at::empty(shape, at::kFloat);
  const std::span values(tensor.mutable_data_ptr<float>(), static_cast<std::size_t>(tensor.numel()));
  view.copy_as_float32(values.data());
  return {tensor, all_finite(values)};
}

bool is_half(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBFloat16; }
bool is_float(DType dtype) { return is_half(dtype) || dtype == DType::kFloat32 || dtype == DType::kFloat64; }

}  // namespace

// A file pays for its weights once: half-precision weights double, and nothing else makes them more. Small
// files may share some.
void Weights::charge(const std::string& path, const TensorView& view) {
  constexpr std::uint64_t kUnfolds = 4, kAlways = std::uint64_t{64} << 20;
  copied_bytes_ += static_cast<std::uint64_t>(view.numel()) * sizeof(float);
  if (file_ && copied_bytes_ > kUnfolds * file_->bytes().size() + kAlways)
    throw Error(path,
                "the weights up to here take " + memory_text(static_cast<double>(copied_bytes_)) +
                    ", the file has only " + memory_text(static_cast<double>(file_->bytes().size())),
                "its modules share their weights, as no network of this family does");
  require_memory(path, "the weights", static_cast<double>(copied_bytes_));
}

at::Tensor Weights::copy(const std::string& path, const TensorView& view, bool keeps_half) {
  if (!is_float(view.dtype))
    throw Error(path, std::string("expected a floating-point tensor, found ") + dtype_name(view.dtype),
                kRemedy);
  charge(path, view);
  const auto [tensor, is_finite] = keeps_half && is_half(view.dtype) ? copy_half(view, shape_of(view))
                                                                     : copy_widened(view, shape_of(view));
  if (file_) file_->release(view.storage);
  if (!is_finite)
    throw Error(
        path, std::string("expected finite weights, found NaN or infinity (") + dtype_name(view.dtype) + ")",
        "training diverged or the file is damaged; take another snapshot");
  given_.emplace_back(path, tensor);
  return tensor;
}

std::vector<at::Tensor> Weights::parameters(const ModuleTree& module,
                                            const std::vector<ExpectedTensor>& expected) {
  check_names(module, module.parameters, expected);
  std::vector<at::Tensor> result;
  for (const ExpectedTensor& row : expected) {
    result.emplace_back();
    if (!row.shape) continue;
    const std::string path = module.path + "." + row.name;
    const TensorView& view = *find(module.parameters, row.name);
    check_shape(path, view, *row.shape);
    result.back() = copy(path, view, row.keeps_half);
    num_parameters_ += view.numel();
  }
  return result;
}

std::vector<at::Tensor> Weights::buffers(const ModuleTree& module,
                                         const std::vector<ExpectedTensor>& expected) {
  check_names(module, module.buffers, expected);
  std::vector<at::Tensor> result;
  for (const ExpectedTensor& row : expected) {
    result.emplace_back();
    if (!row.shape) continue;
    const std::string path = module.path + "." + row.name;
    const TensorView& view = *find(module.buffers, row.name);
    check_shape(path, view, *row.shape);
    result.back() = copy(path, view, row.keeps_half);
  }
  return result;
}

}  // namespace gdd
