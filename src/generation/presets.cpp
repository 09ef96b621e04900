#include "generation/presets.h"

#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr Preset kPresets[] = {
    {"dmd2", "one_step", Quantisation::kSymmetric, true, "tianweiy/DMD2 main/edm/test_folder_edm.py"},
    {"openai-cm", "openai_cm", Quantisation::kSymmetric, false,
     "openai/consistency_models scripts/image_sample.py"},
};

}  // namespace

std::string quantisation_name(Quantisation quantisation) {
  switch (quantisation) {
    case Quantisation::kEdm:
      return "trunc(clip(127.5x+128))";
    case Quantisation::kUnit:
      return "trunc(clamp(x,0,1)*255)";
    case Quantisation::kSymmetric:
      break;
  }
  return "trunc(clamp((x+1)*127.5))";
}

const Preset& find_preset(const std::string& name) {
  for (const Preset& row : kPresets)
    if (name == row.name) return row;
  throw Error::usage("--preset", "expected one of " + preset_names() + ", found " + gdd::quoted(name));
}

std::string preset_names() {
  std::string text;
  for (const Preset& row : kPresets) text += (text.empty() ? "" : ", ") + std::string(row.name);
  return text;
}

}  // namespace gdd
