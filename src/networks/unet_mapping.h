// What both U-Nets do alike around their noise embedding: optional linear maps of class and augment labels.
#pragma once

#include <string>

#include "networks/unets.h"

namespace gdd {

// Each appends the map's field if the network has one and returns the method `add_label(emb, class_labels)`
// (`add_augment(emb, augment_labels)`) that adds the mapped labels to emb, or hands emb back.

// `with_label` is the method of a conditional network. Error: labels expected and no map_label, or the
// reverse.
std::string add_label_map(const ModuleTree& module, NetworkParts& parts, std::int64_t label_dim,
                          std::int64_t channels, bool bias, const char* with_label, Fields& fields);
std::string add_augment_map(const ModuleTree& module, NetworkParts& parts, std::int64_t channels,
                            Fields& fields);

// Error: the U-Net gives other channels than its precond wants.
void check_out_channels(const ModuleTree& module, std::int64_t expected, std::int64_t found);

}  // namespace gdd
