#include "random/random_streams.h"

#include <ATen/ATen.h>

#include <cstdio>
#include <optional>

#include "gdd/error.h"
#include "random/cuda_stream.h"
#include "random/device_stream.h"

namespace gdd {
namespace {

std::uint64_t wrap_seed(std::int64_t seed) { return static_cast<std::uint64_t>(seed) & 0xffffffffu; }

// torch's own generators, on the device they belong to. `torch.randn(size[1:], generator=gen)` for each,
// stacked.
class TorchStreams : public RandomStreams {
 public:
  TorchStreams(std::span<const std::int64_t> seeds, const at::Device& source, const at::Device& device)
      : source_(source), device_(device) {
    const at::Generator& pattern = at::globalContext().defaultGenerator(source);
    for (const std::int64_t seed : seeds) {
      at::Generator generator = pattern.clone();
      generator.set_current_seed(wrap_seed(seed));
      generators_.push_back(generator);
    }
  }

  at::Tensor randn(const std::vector<std::int64_t>& shape, at::ScalarType dtype) override {
    const auto options = at::TensorOptions().dtype(dtype).device(source_);
    std::vector<at::Tensor> rows;
    for (at::Generator& generator : generators_) rows.push_back(at::randn(shape, generator, options));
    return at::stack(rows).to(device_, /*non_blocking=*/true);
  }

  at::Tensor randint(std::int64_t high) override {
    const auto options = at::TensorOptions().dtype(at::kLong).device(source_);
    std::vector<at::Tensor> rows;
    for (at::Generator& generator : generators_)
      rows.push_back(at::randint(high, at::IntArrayRef(), generator, options));
    return at::stack(rows).to(device_, /*non_blocking=*/true);
  }

 private:
  at::Device source_, device_;
  std::vector<at::Generator> generators_;
};

class EmulatedStreams : public RandomStreams {
 public:
  EmulatedStreams(std::span<const std::int64_t> seeds, const CudaModel& model, const at::Device& device)
      : device_(device) {
    for (const std::int64_t seed : seeds) streams_.emplace_back(wrap_seed(seed), model);
  }

  at::Tensor randn(const std::vector<std::int64_t>& shape, at::ScalarType dtype) override {
    return dtype == at::kDouble ? stack<double>(shape, dtype) : stack<float>(shape, dtype);
  }

  at::Tensor randint(std::int64_t high) override {
    std::vector<std::int64_t> numbers;
    for (CudaStream& stream : streams_) numbers.push_back(stream.randint(high));
    return at::tensor(numbers, at::kLong).to(device_, /*non_blocking=*/true);
  }

 private:
  template <class Number>
  at::Tensor stack(std::vector<std::int64_t> shape, at::ScalarType dtype) {
    shape.insert(shape.begin(), static_cast<std::int64_t>(streams_.size()));
    const at::Tensor numbers = at::empty(shape, dtype);
    const std::size_t each = static_cast<std::size_t>(numbers.numel()) / streams_.size();
    Number* row = numbers.mutable_data_ptr<Number>();
    for (CudaStream& stream : streams_) {
      stream.randn(std::span(row, each));
      row += each;
    }
    return numbers.to(device_, /*non_blocking=*/true);
  }

  at::Device device_;
  std::vector<CudaStream> streams_;
};

struct Choice {
  at::Device source = at::kCPU;         // whose generator of torch's draws
  std::optional<CudaModel> model = {};  // emulated instead
};

Choice parse_rng(const std::string& rng, const at::Device& device) {
  if (rng == "cpu") return {};
  if (rng.empty() || (rng == "cuda" && device.is_cuda())) return {device};
  CudaModel model;
  char rest = 0;
  const bool sized =
      std::sscanf(rng.c_str(), "cuda:%5ldx%5ld%c", &model.multiprocessors, &model.threads_each, &rest) == 2;
  if (rng != "cuda" && (!sized || model.multiprocessors < 1 || model.threads() < 1))
    throw Error::usage("--rng",
                       "expected cpu, cuda or cuda:SMSxTHREADS such as cuda:132x2048, found '" + rng + "'");
  return {at::kCPU, model};
}

}  // namespace

std::string rng_name(const std::string& rng, const at::Device& device) {
  const Choice choice = parse_rng(rng, device);
  if (!choice.model) return choice.source.is_cuda() ? "cuda" : "cpu";
  return "cuda:" + std::to_string(choice.model->multiprocessors) + "x" +
         std::to_string(choice.model->threads_each);
}

std::unique_ptr<RandomStreams> open_random_streams(const std::string& rng,
                                                   std::span<const std::int64_t> seeds,
                                                   const at::Device& device) {
  const Choice choice = parse_rng(rng, device);
  if (choice.model && !device.is_cpu()) {
    std::vector<std::uint64_t> wrapped;
    for (const std::int64_t seed : seeds) wrapped.push_back(wrap_seed(seed));
    return std::make_unique<DeviceStream>(wrapped, *choice.model, device);
  }
  if (choice.model) return std::make_unique<EmulatedStreams>(seeds, *choice.model, device);
  return std::make_unique<TorchStreams>(seeds, choice.source, device);
}

}  // namespace gdd
