// ECMPrecond, a class of two repositories. In ECT's (Consistency models made easy, arXiv:2406.14548) the
// boundary condition lies at sigma_min; in TCM's (Truncated consistency models, arXiv:2410.14895) sigma_min
// is an attribute that nothing reads, and the formulas are EDM's.
#include "networks/precond_class.h"
#include "networks/preconds.h"

namespace gdd {
namespace {

constexpr const char* kDenoiseECM = R"(
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

// The default of both constructors. No script of theirs sets another; who did so by hand wanted ECT's
// boundary.
constexpr double kDefaultSigmaMin = 0.003;

bool mentions(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

}  // namespace

const PrecondFamily& ecm_family() {
  static const PrecondFamily kFamily{
      {.name = "ECMPrecond", .source = precond_source(kDenoiseECM), .variant = "ect"},
      {.name = "ECMPrecond", .source = precond_source(source::kDenoiseEDM), .variant = "tcm"},
  };
  return kFamily;
}

std::string ecm_variant(const ModuleTree& precond) {
  // The text of networks.py decides where it is there.
  if (mentions(precond.source, "class ECMPrecond"))
    return mentions(precond.source, "sigma - self.sigma_min") ? "ect" : "tcm";
  const ModuleTree* const unet = precond.child("model");
  if (!unet) return "";
  if (unet->class_name == "EDM2UNet") return "tcm";
  if (unet->class_name == "SongUNet") return unet->attribute("emb_norm") ? "tcm" : "ect";
  const bool chosen = precond.attribute("sigma_min") && precond.get_double("sigma_min") != kDefaultSigmaMin;
  return chosen ? "ect" : "";
}

}  // namespace gdd
