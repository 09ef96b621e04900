#include "random/random_streams.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "gdd/error.h"

namespace gdd {
namespace {

// torch's own generators, on the device they belong to. `torch.randn(size[1:], generator=gen)` for each,
// stacked.
class TorchStreams : public RandomStreams {
 public:
  TorchStreams(std::span<const std::int64_t> seeds, const at::Device& source, const at::Device& device)
      : source_(source), device_(device) {
    const at::Generator& pattern = at::globalContext().defaultGenerator(source);
    for (const std::int64_t seed : seeds) {
      at::Generator generator = pattern.clone();
      generator.set_current_seed(static_cast<std::uint64_t>(seed) & 0xffffffffu);
      generators_.push_back(generator);
    }
  }

  at::Tensor randn(const std::vector<std::int64_t>& shape, at::ScalarType dtype) override {
    const auto options = at::TensorOptions().dtype(dtype).device(source_);
    std::vector<at::Tensor> rows;
    for (at::Generator& generator : generators_) rows.push_back(at::randn(shape, generator, options));
    return at::stack(rows).to(device_);
  }

  at::Tensor randint(std::int64_t high) override {
    const auto options = at::TensorOptions().dtype(at::kLong).device(source_);
    std::vector<at::Tensor> rows;
    for (at::Generator& generator : generators_)
      rows.push_back(at::randint(high, at::IntArrayRef(), generator, options));
    return at::stack(rows).to(device_);
  }

 private:
  at::Device source_, device_;
  std::vector<at::Generator> generators_;
};

}  // namespace

std::string rng_name(const std::string& rng, const at::Device& device) {
  const std::string name = !rng.empty() ? rng : device.is_cuda() ? "cuda" : "cpu";
  if (name != "cpu" && name != "cuda")
    throw Error::usage("--rng", "expected cpu or cuda, found '" + name + "'");
  return name;
}

std::unique_ptr<RandomStreams> open_random_streams(const std::string& rng,
                                                   std::span<const std::int64_t> seeds,
                                                   const at::Device& device) {
  const bool cuda = rng_name(rng, device) == "cuda";
  if (cuda && !device.is_cuda())
    throw Error::usage("--rng", "cuda draws on a CUDA device only, and this run computes on " + device.str());
  return std::make_unique<TorchStreams>(seeds, cuda ? device : at::Device(at::kCPU), device);
}

}  // namespace gdd
