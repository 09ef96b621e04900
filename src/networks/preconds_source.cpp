#include "networks/precond_class.h"

namespace gdd {
namespace {

constexpr const char* kPrecond = R"(
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

constexpr const char* kRoundSigma = R"(
def round_sigma(self, sigma: Tensor) -> Tensor:
    return sigma
)";

}  // namespace

std::string precond_source(const char* denoise, const char* round_sigma) {
  return std::string(kPrecond) + denoise + (round_sigma ? round_sigma : kRoundSigma);
}

}  // namespace gdd
