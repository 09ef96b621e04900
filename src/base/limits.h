// Every limit on foreign input, in one place. Each bounds memory or time; each is far above what published
// files need (the number in brackets is the largest seen in a published or golden file).
#pragma once

#include <cstdint>

namespace gdd::limits {

// Pickles
inline constexpr std::uint64_t kMaxPickleDepth = 1000;        // nested containers [about 12]
inline constexpr std::uint64_t kMaxPickleMemo = 2'000'000;    // memo entries [about 20 000]
inline constexpr std::uint64_t kMaxPickleValues = 2'000'000;  // values made by one pickle [about 100 000]
inline constexpr std::uint64_t kMaxPickleString =
    16u << 20;  // bytes of one text string [a module source, 100 kB]
inline constexpr std::uint64_t kMaxPickleLine =
    4096;  // bytes of one line in the text opcodes; of a global's name
inline constexpr std::uint64_t kMaxPickleGlobals = 16u << 20;  // bytes of all names of globals [20 kB]

// Module trees
inline constexpr std::uint64_t kMaxPersistentParts = 64;  // entries that describe a persistent object [5]
inline constexpr std::uint64_t kMaxStorageKey = 256;      // bytes of a storage's name [15]
inline constexpr std::uint64_t kMaxModuleDepth = 64;      // modules in modules [6]
inline constexpr std::uint64_t kMaxStackLayers =
    1000;  // of an encoder or decoder; LibTorch's time grows with the square [60]
inline constexpr std::uint64_t kMaxAttributeDepth = 16;          // lists in lists [2]
inline constexpr std::int64_t kMaxPlainArray = 1024;             // numbers of an object's array [4]
inline constexpr std::uint64_t kMaxModuleTreeBytes = 64u << 20;  // names, shapes and plain attributes [3 MB]

// Tensors
inline constexpr std::uint64_t kMaxTensorDims = 8;
inline constexpr std::uint64_t kMaxTensorElements = std::uint64_t{1}
                                                    << 33;  // [296 million parameters in all]
inline constexpr std::uint64_t kMaxTensors = 1'000'000;
inline constexpr std::uint64_t kMaxSafetensorsHeader = 16u
                                                       << 20;  // bytes of names, types and shapes [100 kB]
inline constexpr std::uint64_t kMaxTensorName = 256;           // bytes of a name in a state dict [50]

// Variational autoencoders, and the networks over their latents
inline constexpr std::size_t kMaxVaeTensors = 4096;      // of a decoder [140]
inline constexpr std::int64_t kMaxVaeLevels = 8;         // resolutions [4]
inline constexpr std::int64_t kMaxVaeResnets = 16;       // of a resolution [3]
inline constexpr std::int64_t kMaxLatentChannels = 256;  // [16]

// Vision Transformers
inline constexpr std::int64_t kMaxTransformerWidth = 8192;  // [1536]; of a hidden layer four times as much
inline constexpr std::int64_t kMaxTransformerBlocks = 256;  // [40]
inline constexpr std::int64_t kMaxTransformerPositions = 16'385;  // of patches, and one [1370]
inline constexpr std::int64_t kMaxTransformerImage = 4096;        // pixels a side [518]
inline constexpr std::int64_t kMaxTransformerRegisters = 64;      // [4]

// Archives and arrays
inline constexpr std::uint64_t kMaxZipEntries = 20'000'000;  // [1 281 167 images of ImageNet]
inline constexpr std::uint64_t kMaxZipRatio = 1100;          // unpacked / packed; deflate cannot exceed 1032
inline constexpr std::uint64_t kMaxZipMember = std::uint64_t{1}
                                               << 33;            // unpacked bytes held in memory at once
inline constexpr std::uint64_t kMaxMetadata = 4u << 20;          // gdd.json of a converted file [10 kB]
inline constexpr std::uint64_t kMaxModuleText = 16u << 20;       // modules.json of a converted file [500 kB]
inline constexpr std::uint64_t kMaxScriptCode = 64u << 20;       // all code of a TorchScript archive [1 MB]
inline constexpr std::uint64_t kMaxScriptOperators = 2'000'000;  // with its calls written out [20 000]
inline constexpr std::uint64_t kMaxScriptDepth = 256;            // calls in calls [10]
inline constexpr std::uint64_t kMaxTypeText = 4096;              // a type in a TorchScript's data [100]
inline constexpr std::int64_t kMaxFeatureColumns = 1 << 20;      // of an array of features [2048]
inline constexpr std::uint64_t kMaxProvenance = 1u << 16;        // bytes of text in an npz [400]
inline constexpr std::uint64_t kMaxNpyHeader = 1u << 20;
inline constexpr std::uint64_t kMaxNpyDims = 32;

// Images
inline constexpr std::uint64_t kMaxImageSide = 65'500;         // libjpeg's own limit
inline constexpr std::uint64_t kMaxImagePixels = 178'956'970;  // beyond it Pillow sees a bomb
inline constexpr std::uint64_t kMaxImageFile = std::uint64_t{1}
                                               << 30;     // bytes; 16-bit RGBA of that size packs to less
inline constexpr std::uint64_t kMaxPngChunk = 8'000'000;  // bytes of one chunk held at once
inline constexpr std::uint32_t kMaxPngChunks = 128;       // of the ancillary chunks kept
inline constexpr std::uint16_t kMaxTiffSamples = 8;       // of a pixel [4]
inline constexpr std::int64_t kMaxTiffAllocation = std::int64_t{1} << 30;  // of libtiff at once
inline constexpr std::uint64_t kMaxBmpColours = 65'536;                    // of a palette [256]
inline constexpr std::int64_t kMaxLabelNames = 1 << 20;     // bytes of the names of classes [10 kB]
inline constexpr std::uint64_t kMaxLabelFile = 256u << 20;  // bytes of dataset.json [60 MB for ImageNet]
inline constexpr int kMaxJpegScans = 100;                   // each goes over the whole picture [10]

// Runs of gdd-sample
inline constexpr std::uint64_t kMaxSuiteBytes = 4u << 20;  // a list of checkpoints
inline constexpr std::uint64_t kMaxReportBytes =
    32u << 20;                                         // a report in JSON [2 MB: 1 000 classes, 5 protocols]
inline constexpr std::int64_t kMaxJsonKeys = 1000;     // of one object [40]
inline constexpr std::size_t kMaxReportRows = 20'000;  // scores, classes, points or facts of a report [5 000]
inline constexpr std::uint64_t kMaxRunSettingsBytes = 64u << 20;  // a list of seeds is the longest of them
inline constexpr std::size_t kMaxRunSettings = 1000;              // lines [30]

// Command lines
inline constexpr std::uint64_t kMaxSeeds = 10'000'000;  // [50 000]

}  // namespace gdd::limits
