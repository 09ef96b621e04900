#include "networks/authors.h"

namespace gdd {
namespace {

constexpr const char* kFid = "FID of EDM's fid.py, 50 000 images: --protocol edm";
constexpr const char* kStyleGanFid =
    "fid50k_full of StyleGAN3's metrics, against the training set: --protocol edm";
constexpr const char* kAdm = "guided-diffusion's evaluator: --protocol adm";
constexpr const char* kOneStep = "one step: no flags";
constexpr const char* kConsistency = "--sampler consistency; in two steps --mid_t 0.821";

// A line a family; where a class is of several, the file does not say of which.
constexpr Authors kAuthors[] = {
    {"GDDPrecond", "", "GDD (arXiv:2405.20750)", kOneStep, kFid},
    {"D2OPrecond", "", "D2O (GDD's successor)", kOneStep, kFid},
    {"EDMPrecond", "", "EDM (arXiv:2206.00364), SiD (arXiv:2404.04057) or DDO (arXiv:2503.01103)",
     "EDM, DDO: --sampler edm, --steps 18 at 32x32, 40 at 64x64, of ImageNet --steps 256 --S_churn 40 "
     "--S_min 0.05 "
     "--S_max 50 --S_noise 1.003; SiD: --sigma_max 2.5",
     kFid},
    {"EDMPrecond_EncoderDecoder", "", "SiDA, SiD2A (arXiv:2410.14919) or Uni-Instruct", "--sigma_max 2.5",
     kFid},
    {"VPPrecond", "", "EDM's baseline VP (arXiv:2206.00364)", "--sampler edm", kFid},
    {"VEPrecond", "", "EDM's baseline VE (arXiv:2206.00364)", "--sampler edm", kFid},
    {"iDDPMPrecond", "", "EDM's baseline iDDPM and ADM (arXiv:2206.00364)", "--sampler edm", kFid},
    {"ECMPrecond", "ect", "ECT (arXiv:2406.14548)", kConsistency, kStyleGanFid},
    {"ECMPrecond", "tcm", "TCM (arXiv:2410.14895)", kConsistency, kStyleGanFid},
    {"Precond", "", "EDM2 (arXiv:2312.02696), DDO (arXiv:2503.01103) or ECT for ImageNet (arXiv:2406.14548)",
     "EDM2: --sampler edm2, guided --gnet FILE --guidance G; DDO: --sampler edm2 with labels in order, "
     "--class 0-999; ECT: --sampler consistency, in two steps --mid_t 1.526; over latents with --vae FILE",
     "FID of EDM2's calculate_metrics.py, 50 000 images: --protocol edm"},
    {"EDM_2_Precond_Generator", "", "SiDA, SiD2A or SiD of EDM2 (arXiv:2410.14919)",
     "--sigma_max 2.5, with --vae FILE",
     "FID of its metrics, 50 000 images against EDM2's img512.pkl: --protocol edm"},
    {"KarrasDenoiser", "consistency", "OpenAI's consistency models (arXiv:2303.01469)",
     "--preset openai-cm; in two steps --ts 0,22,39 --steps 40 of those distilled on ImageNet, --ts "
     "0,106,200 --steps 201 "
     "of the one trained there",
     kAdm},
    {"KarrasDenoiser", "edm", "the EDM network that OpenAI's consistency models were distilled from",
     "--sampler edm --steps 40", kAdm},
    {"DMD2", "", "DMD2 (arXiv:2405.14867)", "--preset dmd2",
     "its test_folder_edm.py, 50 000 images: --protocol edm, but for 1/(N-1) in every entry of its "
     "covariance"},
};

}  // namespace

const Authors* authors_of(const std::string& precond, const std::string& variant) {
  for (const Authors& row : kAuthors)
    if (precond == row.precond && (*row.variant == '\0' || variant == row.variant)) return &row;
  return nullptr;
}

std::string authors_text(const Authors* authors) {
  if (!authors) return "";
  return std::string("  family: ") + authors->family + "\n  sampler: " + authors->sampler +
         "\n  protocol: " + authors->protocol + "\n";
}

}  // namespace gdd
