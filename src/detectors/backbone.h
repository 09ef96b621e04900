// The layouts in which Vision Transformers are published: under which names a file keeps the weights, and
// what its source does that the weights do not say. One file and one row of the table (backbones.cpp) each.
// Internal to this room.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "checkpoints/checkpoint.h"
#include "detectors/protocol.h"

namespace gdd {

// How a positional embedding of one grid of patches is brought to another: always bicubic with a = -0.75, or
// -0.5 where antialiased, and not at all where the grids are equal.
enum class Resampling {
  kOffset,       // scale (new + 0.1) / old in place of new / old: facebook's interpolate_offset
  kPlain,        // new / old
  kAntialiased,  // new / old, the kernel stretched where the grid shrinks
};

// Own names, as a file's are translated to (transformer_weights.h): those of a whole network, and with the
// number of a block before them those of a block.
struct WeightName {
  std::string_view file, own;
  bool optional = false;
};

// Whether a mark means a tensor of this name: it is the name, or its beginning where it ends in '.'.
inline bool is_marked(std::string_view name, std::string_view mark) {
  return mark.ends_with('.') ? name.starts_with(mark) : name == mark;
}

struct Backbone {
  const char* source;  // "OpenAI's archive": in reports
  Family family;
  std::string_view mark;    // a tensor that no other layout has, but those behind it in the table
  std::string_view blocks;  // before the number of a block: "visual.transformer.resblocks."
  std::span<const WeightName> once, in_block;
  // Marks (is_marked) of what a forward of the image side does not use.
  std::span<const std::string_view> ignored;
  double epsilon;  // of LayerNorm
  Resampling resampling, resampling_with_registers;
  bool class_position_with_registers = true;  // else beside registers only patches have positions
  bool archive_alone = false;                 // in other containers the names are of networks that differ
  // What Hugging Face's config.json, which may lie beside the file, says of the activation; nullptr: no other
  // source's file has one.
  const char* config_activation = nullptr;
};

extern const Backbone kOpenAiClip, kHuggingFaceClip, kFacebookDinov2, kHuggingFaceDinov2, kTimmDinov2;

std::span<const Backbone* const> all_backbones();

// The layout of a file with these tensors; nullptr: none of the table. Error, by `path`: what looks like one
// and is not: CLIP without its image side or with a convolutional one, DINOv3.
const Backbone* find_backbone(const StateDict& state, const std::string& path);

// Error: a file of this layout that is known to hold a network of another activation or of other heads, or
// may hold one: OpenAI's names outside its archive, a config.json beside Hugging Face's file that says so.
// The weights do not tell. Returns what is taken for granted, a line for the user; empty: nothing.
std::string check_beside(const Backbone& backbone, const StateDict& state, const Checkpoint& file);

}  // namespace gdd
