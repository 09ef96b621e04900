#include "networks/fixed_run.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>

#include "base/sha256.h"
#include "gdd/error.h"

namespace gdd {

at::Tensor fixed_run(const Network& network) {
  const NetworkInfo& info = network.info();
  const at::Generator generator = at::detail::createCPUGenerator(0);
  const at::Tensor latents = at::randn({2, info.img_channels, info.img_resolution, info.img_resolution},
                                       generator, at::TensorOptions(at::kFloat))
                                 .to(at::kDouble);
  at::Tensor sigma = at::empty({2}, at::kDouble);
  sigma[0] = std::min(info.sigma_max, 80.0);
  sigma[1] = std::clamp(0.5, info.sigma_min, std::max(info.sigma_min, info.sigma_max));
  sigma = network.round_sigma(sigma);
  at::Tensor labels;
  if (info.label_dim > 0)
    labels = at::eye(std::max<std::int64_t>(2, info.label_dim), at::kFloat)
                 .slice(0, 0, 2)
                 .slice(1, 0, info.label_dim);
  return network.denoise(latents * sigma.reshape({2, 1, 1, 1}), sigma, labels).contiguous();
}

std::string fixed_run_digest(const Network& network) {
  const at::Tensor result = fixed_run(network);
  return sha256({static_cast<const std::byte*>(result.const_data_ptr()), result.nbytes()});
}

double largest_difference(const Network& a, const Network& b) {
  const double difference = (fixed_run(a) - fixed_run(b)).abs().max().item<double>();
  if (!std::isfinite(difference))
    throw Error("network", "the network's output on a fixed input is not finite", "the weights are damaged");
  return difference;
}

}  // namespace gdd
