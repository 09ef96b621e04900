#include "measurement/feature_input.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "archive/zip.h"
#include "base/file_kind.h"
#include "base/joined.h"
#include "base/limits.h"
#include "base/mapped_file.h"
#include "base/memory_budget.h"
#include "base/sha256.h"
#include "base/shape_text.h"
#include "checkpoints/numpy_pickle.h"
#include "detectors/published_statistics.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/sources.h"
#include "measurement/label_members.h"

namespace gdd {
namespace {

constexpr std::int64_t kBlockBytes = 8 << 20;  // of float64 rows held at once

struct Location {
  std::string path, key;
};

// FILE.npz:KEY, unless a file of that whole name exists.
Location split_key(const std::string& spec) {
  if (std::filesystem::exists(spec)) return {spec, ""};
  const std::size_t colon = spec.rfind(':');
  if (colon == std::string::npos || colon + 1 == spec.size()) return {spec, ""};
  const std::string path = spec.substr(0, colon);
  if (!std::filesystem::is_regular_file(path)) return {spec, ""};
  return {path, spec.substr(colon + 1)};
}

bool is_npz(const std::string& path) {
  return std::filesystem::is_regular_file(path) && looks_like_zip(MappedFile(path).bytes()) &&
         holds_arrays(ZipReader(path));
}

// EDM2's dataset statistics are pickles of protocol 2 or later.
bool is_pickle(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) return false;
  const MappedFile file(path);
  return as_text(file.bytes().first(std::min<std::size_t>(file.bytes().size(), 1))) == "\x80";
}

// torch.save and torch.jit.save put data.pkl into a folder of a zip.
bool is_torch_zip(Bytes file, const std::string& path) {
  const ZipReader zip(file, path);
  return std::any_of(zip.entries().begin(), zip.entries().end(), [](const ZipReader::Entry& entry) {
    return entry.name.ends_with("/data.pkl") || entry.name == "data.pkl";
  });
}

// Files that are taken for images or statistics and are neither.
void refuse_other_kinds(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) return;
  const MappedFile file(path);
  const auto refuse = [&](const std::string& found, const std::string& remedy) {
    throw Error(path, "expected images, features or statistics, found " + found, remedy);
  };
  if (looks_like_zip(file.bytes())) {
    if (is_torch_zip(file.bytes(), path))
      refuse("a torch file (state dict or network)",
             "those are weights, not data: gdd-sample makes images of a network");
  } else if (const auto kind = recognise_kind(file.bytes()); kind && !looks_like_image(file.bytes())) {
    refuse(kind->name, kind->remedy);
  }
}

// "<i8 [10, 2048]"
std::string array_text(const NpyHeader& header) {
  return header.dtype_text() + " " + shape_text(header.shape);
}

}  // namespace

FeatureInput::FeatureInput(const std::string& spec) : spec_(spec) {
  const Location location = split_key(spec);
  path_ = location.path;
  if (is_npz(path_)) {
    open_npz(location.key);
    return;
  }
  refuse_other_kinds(path_);
  if (is_pickle(path_)) {
    open_pickle(location.key);
  } else if (!location.key.empty()) {
    throw Error(path_, "expected an npz or a pickle, because of ':" + location.key + "' behind it");
  } else {
    images_ = open_image_source(path_);
  }
}

void FeatureInput::open_npz(const std::string& key) {
  npz_ = std::make_unique<NpzReader>(path_);
  if (!key.empty()) return open_array(key);
  features_ = find_array("features");
  spatial_ = find_array("spatial");
  probabilities_ = find_array("probabilities");
  if (npz_->has("arr_0")) images_ = open_image_source(path_);
  const bool statistics = (has("mu") && has("sigma")) || (has("mu_s") && has("sigma_s"));
  if (features_ || probabilities_ || images_ || statistics) return;
  for (const char* member : {"features", "probabilities"})
    if (npz_->has(member))
      throw Error(path_ + ":" + member,
                  "expected a float array [N, D], found " + array_text(npz_->header(member)));
  throw Error(path_, "expected images (arr_0), features, or mu and sigma, found " + joined(npz_->names()),
              "name an array of features or images with " + path_ + ":KEY");
}

void FeatureInput::open_array(const std::string& key) {
  if (!npz_->has(key)) throw Error(spec_, "no such array", "present: " + joined(npz_->names()));
  const NpyHeader found = npz_->header(key);
  if ((found.kind == 'u' && found.item_size == 1) || found.shape.size() > 2) {  // or it says what to do
    images_ = open_npz_source(path_, key);
    return;
  }
  features_ = probabilities_ = find_array(key);
  if (features_) return;
  throw Error(spec_,
              "expected a float array [N, D] of features, or images as uint8 [N, H, W, C], found " +
                  array_text(found),
              "present: " + joined(npz_->names()));
}

void FeatureInput::open_pickle(const std::string& key) {
  const MappedFile file(path_);
  std::string known;
  for (auto& [name, array] : read_numpy_dict(file.bytes(), path_)) {
    const std::size_t dot = name.rfind('.');
    const std::string group = dot == std::string::npos ? "" : name.substr(0, dot);
    const std::string member = dot == std::string::npos ? name : name.substr(dot + 1);
    known += (known.empty() ? "" : ", ") + name;
    groups_[group].insert_or_assign(member, std::move(array));
  }
  group_is_free_ = key.empty();
  group_ = key;
  if (key.empty()) {
    group_ = published_group(Family::kInception);
    for (auto& [member, array] : groups_[""]) groups_[group_].emplace(member, array);  // of no group
    if (!has("mu")) prefer(Family::kDinov2);
  }
  if (!has("mu") || !has("sigma"))
    throw Error(spec_,
                "expected mu and sigma" + (key.empty() ? std::string() : " under '" + key + "'") +
                    ", found " + (known.empty() ? "no arrays" : known),
                known.empty() ? "give EDM2's statistics; of a network gdd-sample makes images"
                              : "name a group of arrays with " + path_ + ":KEY");
}

bool FeatureInput::has_in(const std::string& group, const std::string& member) const {
  const auto found = groups_.find(group);
  return found != groups_.end() && found->second.contains(member);
}

void FeatureInput::prefer(Family family) {
  const std::string group = published_group(family);
  if (group_is_free_ && has_in(group, "mu") && has_in(group, "sigma")) group_ = group;
}

bool FeatureInput::has(const std::string& member) const {
  return npz_ ? npz_->has(member) : has_in(group_, member);
}

NpyHeader FeatureInput::header(const std::string& member) const {
  return npz_ ? npz_->header(member) : groups_.at(group_).at(member).header;
}

NpyArray FeatureInput::read(const std::string& member) const {
  return npz_ ? npz_->read(member) : groups_.at(group_).at(member);
}

std::optional<FeatureInput::Array> FeatureInput::find_array(const std::string& member) const {
  if (!npz_ || !npz_->has(member)) return std::nullopt;
  const NpyHeader header = npz_->header(member);
  if (header.kind != 'f' || header.shape.size() != 2 || header.shape[1] < 1) return std::nullopt;
  if (header.shape[1] > limits::kMaxFeatureColumns)
    throw Error(path_ + ":" + member, "expected rows of at most " +
                                          std::to_string(limits::kMaxFeatureColumns) + " values, found " +
                                          std::to_string(header.shape[1]));
  return Array{member, header.shape[0], header.shape[1]};
}

std::string FeatureInput::description() const {
  const auto array_text = [](const Array& array) {
    return array.member + " " + std::to_string(array.rows) + " x " + std::to_string(array.columns);
  };
  std::string content;
  const auto add = [&](const std::string& text) { content += (content.empty() ? "" : ", ") + text; };
  if (num_images() > 0) add(std::to_string(num_images()) + " images");
  if (features_) add(array_text(*features_));
  if (!features_ && probabilities_) add(array_text(*probabilities_));
  if (has("mu") && has("sigma"))
    add("mu and sigma" + (find_published_statistics(group_) ? " of " + group_ : std::string()));
  if (has("mu_s") && has("sigma_s")) add("mu_s and sigma_s");
  return path_ + " (" + content + ")";
}

FeatureInput FeatureInput::of_parts(const std::string& spec, std::vector<std::string> paths,
                                    std::int64_t images) {
  if (paths.empty()) throw Error(spec, "expected files of features, found none");
  FeatureInput input;
  input.spec_ = input.path_ = spec;
  input.npz_ = std::make_unique<NpzReader>(paths.front());
  input.parts_ = std::move(paths);
  const auto whole = [&](const char* member) {
    std::optional<Array> array = input.find_array(member);
    if (array) array->rows = images;
    return array;
  };
  input.features_ = whole("features");
  input.spatial_ = whole("spatial");
  input.probabilities_ = whole("probabilities");
  return input;
}

FeatureInput FeatureInput::of_seeds(const std::string& spec, const std::string& path, std::int64_t images) {
  FeatureInput input;
  input.spec_ = spec;
  input.path_ = path;
  input.seeds_ = images;
  return input;
}

Labels FeatureInput::labels() const {
  if (npz_ && features_ && parts_.empty()) {
    Labels stored = read_labels(*npz_, path_, features_->rows);
    if (!stored.classes.empty()) return stored;
  }
  Labels all;
  for (const std::string& path : parts_) {
    const FeatureInput part(path);
    const Labels some = part.labels();
    all.classes.insert(all.classes.end(), some.classes.begin(), some.classes.end());
  }
  if (images_) all = images_->labels();
  if (features_ && std::ssize(all.classes) != features_->rows) return {};
  return all;
}

std::string FeatureInput::sha256() const {
  if (parts_.empty()) return sha256_of_file(path_);
  std::string hashes;
  for (const std::string& part : parts_) hashes += sha256_of_file(part);
  return gdd::sha256(as_bytes(hashes));
}

void FeatureInput::read_blocks(const Array& array, const std::function<void(FeaturesF64)>& consume) const {
  if (parts_.empty()) return read_file(*npz_, array, consume);
  std::int64_t rows = 0;
  for (const std::string& path : parts_) {
    const NpzReader part(path);
    const NpyHeader header = part.header(array.member);
    if (header.kind != 'f' || header.shape.size() != 2 || header.shape[1] != array.columns)
      throw Error(path + ":" + array.member, "expected rows of " + std::to_string(array.columns) +
                                                 " values, found " + array_text(header));
    read_file(part, {array.member, header.shape[0], array.columns}, consume);
    rows += header.shape[0];
  }
  if (rows != array.rows)
    throw Error(spec_, "expected " + std::to_string(array.rows) + " rows of " + array.member + ", found " +
                           std::to_string(rows));
}

void FeatureInput::read_file(const NpzReader& npz, const Array& array,
                             const std::function<void(FeaturesF64)>& consume) const {
  const NpyHeader header = npz.header(array.member);
  const std::int64_t step =
      header.fortran_order
          ? array.rows
          : std::max<std::int64_t>(kBlockBytes / (array.columns * std::int64_t{sizeof(double)}), 1);
  if (header.fortran_order)
    require_memory(path_ + ":" + array.member, "an array in Fortran order, which is read as a whole",
                   static_cast<double>(header.numel()) * (header.item_size + 8.0),
                   "save it with numpy.ascontiguousarray");
  for (std::int64_t first = 0; first < array.rows; first += step) {
    const std::int64_t count = std::min(step, array.rows - first);
    NpyArray block{path_ + ":" + array.member, header, {}};
    if (header.fortran_order) {
      block = npz.read(array.member);
    } else {
      block.header.shape[0] = count;
      block.data = npz.read_rows(array.member, first, count);
    }
    const std::vector<double> values = block.as_float64();
    consume({values.data(), count, array.columns});
  }
}

}  // namespace gdd
