// CLIP's and DINOv2's image side as a detector. Internal to this room.
#pragma once

#include <memory>
#include <string>

#include "checkpoints/module_tree.h"
#include "detectors/backbone.h"
#include "detectors/detector.h"
#include "detectors/transformer_weights.h"

namespace gdd {

// "clip-vit-b32", "dinov2-vitl14-reg4"; of sizes that nobody publishes "dinov2-vit128x2-14": width x blocks.
std::string transformer_name(const Backbone& backbone, const TransformerSizes& sizes);

// How images reach such a network under its protocol of that name: the preparation, and where the positional
// embedding is brought to another grid, how. Usage error: it has no such protocol.
std::string transformer_preparation(const Backbone& backbone, const TransformerSizes& sizes,
                                    const std::string& protocol);

// `doubt`: the detector's. Errors: of read_transformer_weights; more memory for a batch than is allowed.
std::unique_ptr<Detector> make_transformer_detector(std::string sha256, const Backbone& backbone,
                                                    const StateDict& state, const std::string& path,
                                                    const std::string& doubt = "");

}  // namespace gdd
