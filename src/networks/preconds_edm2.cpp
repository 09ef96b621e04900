// EDM2 (arXiv:2312.02696): EDM's formulas around a magnitude-preserving U-Net. DDO's snapshots hold the same
// class; ECT's for ImageNet hold it without the modules that estimate uncertainty in training. SiDA's of EDM2
// hold a class that with both halves of its U-Net does the same.
#include "networks/precond_class.h"

namespace gdd {

const PrecondFamily& edm2_family() {
  static const PrecondFamily kFamily{{.name = "Precond",
                                      .source = precond_source(source::kDenoiseEDM),
                                      .unet = "unet",
                                      .training_only = {"logvar_fourier", "logvar_linear"},
                                      .has_sigma_range = false},
                                     {.name = "EDM_2_Precond_Generator",
                                      .source = precond_source(source::kDenoiseEDM),
                                      .unet = "unet",
                                      .leaves_precision = true,
                                      .has_sigma_range = false}};
  return kFamily;
}

}  // namespace gdd
