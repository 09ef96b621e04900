#include "networks/preconds_source.h"

namespace gdd::source {

const char* const kPrecond = R"(
def forward(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor] = None,
            augment_labels: Optional[Tensor] = None) -> Tensor:
    return self.denoise(x, sigma, self.prepare_labels(x, class_labels), augment_labels, 6)

def forward_half(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor] = None,
                 augment_labels: Optional[Tensor] = None) -> Tensor:
    return self.denoise(x, sigma, self.prepare_labels(x, class_labels), augment_labels, self.half_dtype)

def prepare_labels(self, x: Tensor, class_labels: Optional[Tensor]) -> Optional[Tensor]:
    if self.label_dim == 0:
        return None
    if class_labels is None:
        return torch.zeros([1, self.label_dim], device=x.device)
    return class_labels.to(6).reshape([-1, self.label_dim])
)";

const char* const kRoundSigma = R"(
def round_sigma(self, sigma: Tensor) -> Tensor:
    return sigma
)";

// x keeps its dtype here: float64 in gives c_skip * x in float64.
const char* const kDenoiseGDD = R"(
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

// Consistency models made easy (arXiv:2406.14548): the boundary condition lies at sigma_min.
const char* const kDenoiseECM = R"(
def denoise(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor], dtype: int) -> Tensor:
    x = x.to(6)
    sigma = sigma.to(6).reshape([-1, 1, 1, 1])
    c_skip = self.sigma_data ** 2 / ((sigma - self.sigma_min) ** 2 + self.sigma_data ** 2)
    c_out = (sigma - self.sigma_min) * self.sigma_data / (sigma ** 2 + self.sigma_data ** 2).sqrt()
    c_in = 1 / (self.sigma_data ** 2 + sigma ** 2).sqrt()
    c_noise = sigma.log() / 4
    F_x = self.model.forward((c_in * x).to(dtype), c_noise.flatten(), class_labels, augment_labels)
    return c_skip * x + c_out * F_x.to(6)
)";

const char* const kDenoiseVP = R"(
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

const char* const kDenoiseVE = R"(
def denoise(self, x: Tensor, sigma: Tensor, class_labels: Optional[Tensor],
            augment_labels: Optional[Tensor], dtype: int) -> Tensor:
    x = x.to(6)
    sigma = sigma.to(6).reshape([-1, 1, 1, 1])
    c_noise = (0.5 * sigma).log()
    F_x = self.model.forward(x.to(dtype), c_noise.flatten(), class_labels, augment_labels)
    return x + sigma * F_x.to(6)
)";

const char* const kDenoiseIDDPM = R"(
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

const char* const kRoundSigmaIDDPM = R"(
def nearest_step(self, sigma: Tensor) -> Tensor:
    sigma = sigma.to(self.u.device).to(6).reshape([1, -1, 1])
    return torch.cdist(sigma, self.u.reshape([1, -1, 1])).argmin(2)

def round_sigma(self, sigma: Tensor) -> Tensor:
    result = self.u[self.nearest_step(sigma).flatten()].to(sigma.dtype)
    return result.reshape(sigma.size()).to(sigma.device)
)";

}  // namespace gdd::source
