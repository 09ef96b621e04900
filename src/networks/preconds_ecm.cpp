// ECMPrecond, a class of two repositories. In ECT's (Consistency models made easy, arXiv:2406.14548) the
// boundary condition lies at sigma_min; in TCM's (Truncated consistency models, arXiv:2410.14895) sigma_min
// is an attribute that nothing reads, and the formulas are EDM's.
#include <algorithm>
#include <string>
#include <string_view>

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

// Whoever set sigma_min by hand to the boundary of consistency models meant the formula that reads it; the
// default of both constructors is 0.003.
constexpr double kBoundary = 0.002;

// The text of class ECMPrecond without blanks and comments; empty: it is not there.
std::string text_of_class(std::string_view source) {
  constexpr const char* kClass = "class ECMPrecond(";
  const std::size_t begin = source.find(kClass);
  if (begin == std::string::npos) return "";
  std::size_t end = source.size();
  for (const char* next : {"\nclass ", "\ndef ", "\n@"}) end = std::min(end, source.find(next, begin));
  std::string text;
  bool is_comment = false;
  for (const char c : source.substr(begin, end - begin)) {
    is_comment = c != '\n' && (is_comment || c == '#');
    if (!is_comment && c != ' ' && c != '\t' && c != '\n' && c != '\r') text += c;
  }
  return text;
}

bool mentions(const std::string& text, const char* words) { return text.find(words) != std::string::npos; }

// ECT's holds EDM's formula too, for training; TCM's holds no other. Empty: neither is there.
std::string variant_of_text(const std::string& text) {
  if (mentions(text, "sigma-self.sigma_min")) return "ect";
  return mentions(text, "c_skip=self.sigma_data**2/(sigma**2+self.sigma_data**2)") ? "tcm" : "";
}

bool is_over_dhariwal(const ModuleTree& precond) {
  const ModuleTree* const unet = precond.child("model");
  return unet && unet->class_name == "DhariwalUNet";
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
  if (const std::string text = text_of_class(precond.source); !text.empty()) return variant_of_text(text);
  const ModuleTree* const unet = precond.child("model");
  if (!unet) return "";
  if (unet->class_name == "EDM2UNet") return "tcm";
  if (unet->class_name == "SongUNet") return unet->attribute("emb_norm") ? "tcm" : "ect";
  return ecm_doubt(precond).empty() ? "" : "ect";
}

std::string ecm_doubt(const ModuleTree& precond) {
  if (!text_of_class(precond.source).empty() || !is_over_dhariwal(precond)) return "";
  if (!precond.attribute("sigma_min") || precond.get_double("sigma_min") != kBoundary) return "";
  return "guessed that its ECMPrecond is ECT's, as sigma_min is 0.002; --assume ecm=tcm says otherwise";
}

}  // namespace gdd
