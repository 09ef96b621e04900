// The layers of guided-diffusion's UNetModel, where OpenAI's code does what DhariwalUNet does by other
// operations, whose last bits are others. See layers_source.h for how it reads; the names are those of its
// methods.
#pragma once

namespace gdd::source {

extern const char* const kLinearOpenAI;
extern const char* const kConvOpenAI;
extern const char* const kConvUpOpenAI;
extern const char* const kConvDownOpenAI;
extern const char* const kResampleUpOpenAI;    // no weight
extern const char* const kResampleDownOpenAI;  // no weight
extern const char* const kBlockOpenAI;
extern const char* const kBlockAdaptiveScaleOpenAI;
extern const char* const kAttentionOpenAI;

}  // namespace gdd::source
