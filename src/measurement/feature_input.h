// What --images, --ref and --data may name, opened but not yet read:
//   a folder, zip or npz of images (arr_0)
//   F.npz with `features` [N,D] (and `spatial`, `probabilities`), or FILE.npz:KEY with any [N,D] float array
//   FILE.npz:KEY with any uint8 array of images
//   statistics: an npz with `mu` [D] and `sigma` [D,D] (EDM, pytorch-fid), and with `mu_s`, `sigma_s`
//   (guided-diffusion), possibly beside images; a pickle of EDM2, {"fid": {"mu": ..., "sigma": ...},
//   "fd_dinov2":
//   ...}, FILE.pkl for its `fid` (or, of a DINOv2 detector, its `fd_dinov2`) or FILE.pkl:KEY for another
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/npz.h"
#include "detectors/protocol.h"
#include "gdd/metrics/features.h"
#include "images/labels.h"
#include "images/source.h"

namespace gdd {

class FeatureInput {
 public:
  // An array [rows, columns] in the npz.
  struct Array {
    std::string member;
    std::int64_t rows = 0, columns = 0;
  };

  // Reads headers only. Errors: missing; an npz with none of the arrays above (those present are listed); a
  // KEY that is absent or no [N,D] float array; rows of more than limits::kMaxFeatureColumns values.
  explicit FeatureInput(const std::string& spec);

  // Features kept in parts: the rows of each file, as measurement/feature_writer.h writes it, come behind
  // those of the one before. `spec` is for messages, `images` what the rows are of. Errors: there is none, or
  // the first cannot be read; another has not its arrays and columns when it is read.
  static FeatureInput of_parts(const std::string& spec, std::vector<std::string> paths, std::int64_t images);

  // So many images that a network will make, and are to be measured: `path` is where their run stands.
  static FeatureInput of_seeds(const std::string& spec, const std::string& path, std::int64_t images);

  // Of a pickle of several statistics, whose KEY was not given: those of this family, where it has them.
  // Before anything else is asked of it.
  void prefer(Family family);
  // The group of arrays of a pickle that answers: "fid"; empty for anything else.
  const std::string& group() const { return group_; }

  const std::string& spec() const { return spec_; }  // as given
  const std::string& path() const { return path_; }  // without :KEY

  const ImageSource* images() const { return images_.get(); }  // of files; nullptr if there are none
  // Of files, or to be made from seeds; 0: none.
  std::int64_t num_images() const { return images_ ? images_->size() : seeds_; }
  const std::optional<Array>& features() const { return features_; }
  const std::optional<Array>& spatial() const { return spatial_; }
  const std::optional<Array>& probabilities() const { return probabilities_; }  // with a KEY: that array
  // Of an npz. Nothing: absent, or no float array of two dimensions.
  std::optional<Array> find_array(const std::string& member) const;
  bool has(const std::string& member) const;
  NpyHeader header(const std::string& member) const;  // of a member that it has
  NpyArray read(const std::string& member) const;

  // The classes of its rows, one each: `labels` [N] beside `features`, else those of its images. Nothing: not
  // told, or, of images from seeds, not yet. Errors: of ImageSource::labels; one is below 0.
  Labels labels() const;

  // Of the bytes of the file; of parts, of their hashes in order. Not for images.
  std::string sha256() const;

  // "folder/ (500 images)", "f.npz (features 500 x 2048)": for messages.
  std::string description() const;

  // Passes an array on in blocks of whole rows, from the first to the last. Fortran order is read as a whole.
  void read_blocks(const Array& array, const std::function<void(FeaturesF64)>& consume) const;

 private:
  FeatureInput() = default;
  void read_file(const NpzReader& npz, const Array& array,
                 const std::function<void(FeaturesF64)>& consume) const;
  void open_npz(const std::string& key);
  void open_array(const std::string& key);
  void open_pickle(const std::string& key);
  bool has_in(const std::string& group, const std::string& member) const;

  std::string spec_, path_;
  std::unique_ptr<NpzReader> npz_;
  std::map<std::string, std::map<std::string, NpyArray>> groups_;  // of a pickle
  std::string group_;                                              // of them
  bool group_is_free_ = false;                                     // no KEY was given
  std::vector<std::string> parts_;                                 // in place of one npz; npz_ is the first
  std::int64_t seeds_ = 0;
  std::unique_ptr<ImageSource> images_;
  std::optional<Array> features_, spatial_, probabilities_;
};

}  // namespace gdd
