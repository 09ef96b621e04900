// OpenAI's KarrasDenoiser (Consistency models, arXiv:2303.01469), which no file holds: openai_state.cpp makes
// it up around a bare state dict. Its network is told 1000 times EDM's c_noise.
#include "networks/precond_class.h"

namespace gdd {
namespace {

// get_scalings_for_boundary_condition: of distilled networks and of those trained for consistency.
constexpr const char* kDenoiseConsistency = R"(
def denoise(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor], dtype: int) -> Tensor:
    x = x.to(6)
    sigma = sigma.to(6).reshape([-1, 1, 1, 1])
    c_skip = self.sigma_data ** 2 / ((sigma - self.sigma_min) ** 2 + self.sigma_data ** 2)
    c_out = (sigma - self.sigma_min) * self.sigma_data / (sigma ** 2 + self.sigma_data ** 2) ** 0.5
    c_in = 1 / (sigma ** 2 + self.sigma_data ** 2) ** 0.5
    c_noise = 250.0 * (sigma + 1e-44).log()
    F_x = self.model.forward((c_in * x).to(dtype), c_noise.flatten(), class_labels, augment_labels)
    return c_out * F_x.to(6) + c_skip * x
)";

// get_scalings: of the diffusion model that was the teacher.
constexpr const char* kDenoiseDiffusion = R"(
def denoise(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor], dtype: int) -> Tensor:
    x = x.to(6)
    sigma = sigma.to(6).reshape([-1, 1, 1, 1])
    c_skip = self.sigma_data ** 2 / (sigma ** 2 + self.sigma_data ** 2)
    c_out = sigma * self.sigma_data / (sigma ** 2 + self.sigma_data ** 2) ** 0.5
    c_in = 1 / (sigma ** 2 + self.sigma_data ** 2) ** 0.5
    c_noise = 250.0 * (sigma + 1e-44).log()
    F_x = self.model.forward((c_in * x).to(dtype), c_noise.flatten(), class_labels, augment_labels)
    return c_out * F_x.to(6) + c_skip * x
)";

}  // namespace

const PrecondFamily& openai_family() {
  static const PrecondFamily kFamily{
      {.name = "KarrasDenoiser", .source = precond_source(kDenoiseConsistency), .variant = "consistency"},
      {.name = "KarrasDenoiser", .source = precond_source(kDenoiseDiffusion), .variant = "edm"},
  };
  return kFamily;
}

}  // namespace gdd
