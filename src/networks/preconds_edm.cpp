// The preconditionings of EDM's networks.py (arXiv:2206.00364, table 1), of GDD's and D2O's changes to it,
// and of SiDA, whose class does what EDM's does. See layers_source.h for how TorchScript reads here.
#include "networks/precond_class.h"

namespace gdd {
namespace source {

const char* const kDenoiseEDM = R"(
def denoise(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor], dtype: int) -> Tensor:
    x = x.to(6)
    sigma = sigma.to(6).reshape([-1, 1, 1, 1])
    c_skip = self.sigma_data ** 2 / (sigma ** 2 + self.sigma_data ** 2)
    c_out = sigma * self.sigma_data / (sigma ** 2 + self.sigma_data ** 2).sqrt()
    c_in = 1 / (self.sigma_data ** 2 + sigma ** 2).sqrt()
    c_noise = sigma.log() / 4
    F_x = self.model.forward((c_in * x).to(dtype), c_noise.flatten(), class_labels, augment_labels)
    return c_skip * x + c_out * F_x.to(6)
)";

}  // namespace source

namespace {

// x keeps its dtype here: float64 in gives c_skip * x in float64.
constexpr const char* kDenoiseGDD = R"(
def denoise(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor], dtype: int) -> Tensor:
    sigma = sigma.to(6).reshape([-1, 1, 1, 1])
    c_skip = self.sigma_data ** 2 / ((sigma - self.eps) ** 2 + self.sigma_data ** 2)
    c_out = (sigma - self.eps) * self.sigma_data / (sigma ** 2 + self.sigma_data ** 2).sqrt()
    c_in = 1 / (self.sigma_data ** 2 + sigma ** 2).sqrt()
    c_noise = sigma.log() / 4
    F_x = self.model.forward((c_in * x).to(dtype), c_noise.flatten(), class_labels, augment_labels)
    return c_skip * x + c_out * F_x.to(6)
)";

constexpr const char* kDenoiseVP = R"(
def sigma_inv(self, sigma: Tensor) -> Tensor:
    root = (self.beta_min ** 2 + 2 * self.beta_d * (1 + sigma ** 2).log()).sqrt()
    return (root - self.beta_min) / self.beta_d

def denoise(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor], dtype: int) -> Tensor:
    x = x.to(6)
    sigma = sigma.to(6).reshape([-1, 1, 1, 1])
    c_out = -sigma
    c_in = 1 / (sigma ** 2 + 1).sqrt()
    c_noise = (self.M - 1) * self.sigma_inv(sigma)
    F_x = self.model.forward((c_in * x).to(dtype), c_noise.flatten(), class_labels, augment_labels)
    return x + c_out * F_x.to(6)
)";

constexpr const char* kDenoiseVE = R"(
def denoise(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor], dtype: int) -> Tensor:
    x = x.to(6)
    sigma = sigma.to(6).reshape([-1, 1, 1, 1])
    c_noise = (0.5 * sigma).log()
    F_x = self.model.forward(x.to(dtype), c_noise.flatten(), class_labels, augment_labels)
    return x + sigma * F_x.to(6)
)";

constexpr const char* kDenoiseIDDPM = R"(
def denoise(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor], dtype: int) -> Tensor:
    x = x.to(6)
    sigma = sigma.to(6).reshape([-1, 1, 1, 1])
    c_out = -sigma
    c_in = 1 / (sigma ** 2 + 1).sqrt()
    c_noise = self.M - 1 - self.nearest_step(sigma).reshape(sigma.size()).to(6)
    F_x = self.model.forward((c_in * x).to(dtype), c_noise.flatten(), class_labels, augment_labels)
    return x + c_out * F_x[:, :self.img_channels].to(6)
)";

// To the buffer u.
constexpr const char* kRoundSigmaIDDPM = R"(
def nearest_step(self, sigma: Tensor) -> Tensor:
    sigma = sigma.to(self.u.device).to(6).reshape([1, -1, 1])
    return torch.cdist(sigma, self.u.reshape([1, -1, 1])).argmin(2)

def round_sigma(self, sigma: Tensor) -> Tensor:
    result = self.u[self.nearest_step(sigma).flatten()].to(sigma.dtype)
    return result.reshape(sigma.size()).to(sigma.device)
)";

Shape table_of_levels(const ModuleTree& precond) { return {precond.get_int("M") + 1}; }

}  // namespace

const PrecondFamily& edm_family() {
  static const PrecondFamily kFamily{
      {.name = "GDDPrecond", .source = precond_source(kDenoiseGDD), .numbers = {"eps"}},
      {.name = "D2OPrecond", .source = precond_source(kDenoiseGDD), .numbers = {"eps"}},
      {.name = "EDMPrecond", .source = precond_source(source::kDenoiseEDM)},
      // SiDA, SiD2A, Uni-Instruct: a sample is the decoder's answer, as EDM's.
      {.name = "EDMPrecond_EncoderDecoder", .source = precond_source(source::kDenoiseEDM)},
      {.name = "VPPrecond",
       .source = precond_source(kDenoiseVP),
       .numbers = {"beta_d", "beta_min"},
       .counts = {"M"}},
      {.name = "VEPrecond", .source = precond_source(kDenoiseVE)},
      {.name = "iDDPMPrecond",
       .source = precond_source(kDenoiseIDDPM, kRoundSigmaIDDPM),
       .counts = {"M"},
       .buffers = {{"u", table_of_levels}},
       .outputs = 2},  // the variance too, which is not used
  };
  return kFamily;
}

}  // namespace gdd
