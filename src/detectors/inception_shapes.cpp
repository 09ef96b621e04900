#include "detectors/inception_shapes.h"

#include <ATen/ATen.h>

#include "base/printable.h"
#include "detectors/inception_layers.h"
#include "detectors/tensor_copy.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr std::size_t kLongestName = 200;

bool is_known(const std::string& name) { return inception_shapes().contains(name); }

bool is_worth_copying(const std::string& name, std::int64_t numel) {
  const auto found = inception_shapes().find(name);
  if (found == inception_shapes().end()) return false;
  std::int64_t expected = 1;
  for (const std::int64_t size : found->second) expected *= size;
  return numel <= expected;
}

at::Tensor shape_alone(const std::vector<std::int64_t>& shape) {
  return at::empty(shape, at::TensorOptions(at::kMeta).dtype(at::kFloat));
}

bool is_floating_point(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16 || dtype == DType::kFloat32 ||
         dtype == DType::kFloat64;
}

[[noreturn]] void refuse_type(const std::string& path, const std::string& name, const std::string& found) {
  throw Error(path,
              "expected weight " + printable(name, kLongestName) + " in floating point, found " + found);
}

at::Tensor filled(const GraphTensor& constant) {
  if (constant.values.size() == 1) return at::full(constant.shape, constant.values.front(), at::kFloat);
  at::Tensor tensor = at::empty(constant.shape, at::kFloat);
  std::copy(constant.values.begin(), constant.values.end(), tensor.mutable_data_ptr<float>());
  return tensor;
}

}  // namespace

const std::map<std::string, std::vector<std::int64_t>>& inception_shapes() {
  static const auto kShapes = [] {
    std::map<std::string, std::vector<std::int64_t>> shapes;
    for (const InceptionLayer& layer : inception_layers()) {
      const std::string name = layer.tf_name;
      shapes[name + "/conv2d_params"] = {layer.out_channels, layer.in_channels, layer.kernel_height,
                                         layer.kernel_width};
      for (const char* part : {"beta", "gamma", "moving_mean", "moving_variance"})
        shapes[name + "/batchnorm/" + part] = {layer.out_channels};
    }
    shapes["softmax/weights"] = {kInceptionClasses, kInceptionFeatures};
    return shapes;
  }();
  return kShapes;
}

void add_weight(InceptionWeights& weights, const std::string& name, const TensorView& view,
                const std::string& path) {
  if (is_known(name) && !is_floating_point(view.dtype)) refuse_type(path, name, dtype_name(view.dtype));
  weights[name] = is_worth_copying(name, view.numel()) ? copy_as_tensor(view) : shape_alone(view.shape);
}

void add_weight(InceptionWeights& weights, const std::string& name, const GraphTensor& constant,
                const std::string& path) {
  if (is_known(name) && constant.dtype != GraphTensor::kFloat)
    refuse_type(path, name, "TensorFlow's type " + std::to_string(constant.dtype));
  weights[name] = is_worth_copying(name, constant.numel()) ? filled(constant) : shape_alone(constant.shape);
}

}  // namespace gdd
