// The layers' forward passes as TorchScript: what EDM's training/networks.py and GDD's changes to it compute,
// the same operations in the same order, so that the last bits agree. A class is put together from whole
// methods.
//
// How it reads: a dtype is a number here (6 is float32, the loader of source knows no names for them). Every
// weight is cast to the input's dtype as upstream does; in float32 that does nothing.
#pragma once

namespace gdd::source {

extern const char* const kLinear;
extern const char* const kLinearWithoutBias;

// Conv2d: the forward of each way to resample, and the methods they share.
extern const char* const kConvolve;
extern const char* const kUpsample;
extern const char* const kDownsample;
extern const char* const kConv;           // neither up nor down
extern const char* const kConvUp;         // upsample, then convolve
extern const char* const kConvDown;       // downsample, then convolve
extern const char* const kConvFusedDown;  // convolve, then downsample (fused_resample)
extern const char* const kResampleUp;     // no weight
extern const char* const kResampleDown;   // no weight

extern const char* const kGroupNorm;

extern const char* const kPositionalEmbedding;
extern const char* const kPositionalEmbeddingOpenAI;  // of exp and log, whose last bits differ from a power's
extern const char* const kFourierEmbedding;
extern const char* const kFourierEmbeddingLearnable;  // TCM's, with a scale

// EDM2's and TCM's normalise(x, dims): x / (1e-4 + its norm over `dims` / sqrt(number of values there)).
extern const char* const kNormalise;

// UNetBlock: its forward, and the two parts that a block may lack.
extern const char* const kBlock;
extern const char* const kBlockAdaptiveScale;  // forward of the ADM network's blocks
extern const char* const kEmbed;               // what a block is told: its affine map of the embedding
extern const char* const kEmbedNormalised;     // the same with TCM's emb_norm
extern const char* const kShortcut;
extern const char* const kNoShortcut;
extern const char* const kAttention;
extern const char* const kAttentionAtOnce;  // belongs to every kAttention and kAttentionOpenAI
extern const char* const kNoAttention;

}  // namespace gdd::source
