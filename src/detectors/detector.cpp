#include "detectors/detector.h"

#include "base/mapped_file.h"
#include "base/sha256.h"
#include "checkpoints/checkpoint.h"
#include "detectors/backbone.h"
#include "detectors/inception_v3.h"
#include "detectors/torchscript_detector.h"
#include "detectors/transformer_detector.h"
#include "gdd/error.h"

namespace gdd {

void Detector::set_layers(c10::ScalarType layers) {
  if (layers != this->layers())
    throw Error::usage("detector '" + name() + "'", "computes in float32 alone",
                       "leave out the precision of the detector");
}

std::unique_ptr<Detector> open_detector(const std::string& path, double batch_seconds) {
  if (const std::string description = find_description(path); !description.empty())
    return open_torchscript_detector(path, description, batch_seconds);
  const SharedFile file = map_file(path);
  const auto hash = [&] { return sha256(file->bytes()); };
  if (!looks_like_checkpoint(file->bytes()))
    return make_inception_detector(hash(), read_inception_weights(file));
  const Checkpoint checkpoint = Checkpoint::open(file);
  if (checkpoint.format() != Checkpoint::Format::kPickle) {
    const StateDict state = checkpoint.state_dict();
    if (const Backbone* backbone = find_backbone(state, path)) {
      const std::string doubt = check_beside(*backbone, state, checkpoint);
      return make_transformer_detector(hash(), *backbone, state, path, doubt);
    }
  }
  return make_inception_detector(hash(), read_inception_weights(checkpoint));
}

}  // namespace gdd
