// Where rows and statistics in a file come from: the network and how images reached it. Scores of two sides
// are comparable only when both are alike, so a file tells it, and a mix is refused; but for the precision of
// the layers, whose mix moves a score a little: that is a warning.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "archive/npz.h"
#include "detectors/detector.h"
#include "measurement/feature_input.h"

namespace gdd {

// Rows that are one of several files' (gdd-fid features --shard i/n).
struct FilePart {
  std::int64_t index = 0, count = 1;
  std::string set_sha256;  // of the names of all images, so that parts of one set know each other

  bool operator==(const FilePart&) const = default;
};

struct Provenance {
  std::string protocol;                // under which the images were measured
  std::vector<std::string> alike;      // all protocols that prepare images in that way, itself among them
  std::string preparation;             // "tf1-bilinear to 299x299, (v - 128) / 128"
  Family family = Family::kInception;  // whose protocol that is
  std::string detector;                // its name, and the SHA-256 of its weights (empty: not known)
  std::string weights_sha256;
  std::string layers = "float32";  // what the detector computed in
  std::int64_t images = 0;
  std::string version;           // of the suite
  std::optional<FilePart> part;  // nothing: the rows are all there are

  // "protocol clean (pil-bicubic to 299x299, ...), detector inception-2015-12-05 (weights 27f14e1bd2c0)"
  std::string text() const;
};

Provenance provenance_of(const Detector& detector, const std::string& protocol, std::int64_t images);

// The member `provenance`: a JSON text as uint8 [length], which numpy loads and other tools pass over.
void add_provenance(NpzWriter& npz, const Provenance& provenance);

// Of EDM2's pickles what their names say (published_statistics.h). Nothing: the file has no such member, or
// one that is not ours.
std::optional<Provenance> read_provenance(const FeatureInput& file);

// Of a reference of several statistics takes those of the family that made the sample, where its rows say so.
void prefer_family_of(const FeatureInput& sample, FeatureInput& reference);

// `made` is known by the name of its group alone, and `other` is of somebody's TorchScript: it may be the
// same network, and no protocol of the suite is its own.
bool is_inferred_beside_script(const Provenance& made, const Provenance& other);

// Both were made by one network from images prepared alike. Error, naming both: they were not. `where` is the
// file that `found` is from, `other` what it is held against: "r.npz", "what is asked". Inception's weights
// come in several formats whose hashes differ, and so do CLIP's and DINOv2's; that gives a warning, which is
// returned, in place of an error, and so do layers of another precision and what is_inferred_beside_script()
// says.
std::string compare_provenance(const std::string& where, const Provenance& found, const std::string& other,
                               const Provenance& expected);

// `asked`, or where it is empty the protocol that goes without saying: of `detector` (null: none is in use),
// or of what made the inputs, the default of its family; with EDM2's own DINOv2 statistics edm2. Null inputs
// are passed over.
std::string protocol_in_force(const std::string& asked, const Detector* detector,
                              std::initializer_list<const FeatureInput*> inputs);
// Where the family of what is in use is known, and it is not open.
std::string protocol_in_force(const std::string& asked, std::optional<Family> family,
                              std::initializer_list<const FeatureInput*> inputs);

// Error, naming both: the file's images were not prepared as `protocol` asks.
void check_protocol(const std::string& where, const Provenance& found, const std::string& protocol);

}  // namespace gdd
