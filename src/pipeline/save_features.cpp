#include "pipeline/save_features.h"

#include <list>
#include <map>
#include <memory>

#include "archive/npz.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "gdd/error.h"
#include "pipeline/provenance.h"

namespace gdd {
namespace {

// An npz takes one array after the other, but all of them grow at once: this one waits on the disk. It is
// never committed, so it vanishes with the object.
class WaitingArray {
 public:
  explicit WaitingArray(const std::string& path) : file_(path) {}

  void add(const std::vector<float>& values) { file_.write(std::as_bytes(std::span(values))); }

  // A shard may have no rows, so their width is not told by the values.
  void move_into(NpzWriter& npz, const std::string& name, std::int64_t rows, std::int64_t width) const {
    npz.begin(name, "<f4", {rows, width});
    if (rows > 0) npz.append(MappedFile(file_.temporary_path()).bytes());
  }

 private:
  AtomicFile file_;
};

// Of which images the rows are, for whoever reads the file: each image's hash in hexadecimal letters; how
// many images there were, grey ones, ones with alpha; height and width; and, which older files lack, those of
// 16-bit grey and those with others behind them.
constexpr const char* kHashes = "image_sha256";
constexpr const char* kCounts = "image_counts";
constexpr std::int64_t kHashLetters = 64;

void add_summary(NpzWriter& npz, const ExtractSummary& summary) {
  const std::vector<std::int64_t> counts{summary.images,      summary.grey_images, summary.alpha_images,
                                         summary.height,      summary.width,       summary.deep_grey_images,
                                         summary.first_images};
  npz.begin(kHashes, "|u1", {summary.images, kHashLetters});
  npz.append(as_bytes(summary.image_hashes));
  npz.add(kCounts, {std::ssize(counts)}, std::span<const std::int64_t>(counts));
}

// The members that hold a row for each image.
constexpr const char* kRowMembers[] = {"features", "spatial", "probabilities"};

// Files whose rows come one after the other. Error: one has not the members and columns of the first.
class Parts {
 public:
  Parts(const std::vector<std::string>& paths, const Warn& warn) {
    if (paths.empty()) throw Error("merge", "expected files of features, found none");
    for (const std::string& path : paths) {
      const FeatureInput& part = parts_.emplace_back(path);
      ExtractSummary summary = read_summary(part);
      add_provenance_of(part, warn);
      tell_repetition(path, summary, warn);
      summary_.append(summary);
      for (const char* member : kRowMembers)
        if (columns(part, member) != columns(parts_.front(), member))
          throw Error(path, std::string(member) + " of " + std::to_string(columns(part, member)) +
                                " columns, not of " + std::to_string(columns(parts_.front(), member)) +
                                " as in " + paths.front());
    }
    check_all_there();
  }

  const ExtractSummary& summary() const { return summary_; }

  // Nothing: the parts do not say where they come from.
  std::optional<Provenance> provenance() const {
    std::optional<Provenance> whole = provenance_;
    if (whole) whole->images = summary_.images;
    if (whole) whole->part.reset();
    return whole;
  }

  void write(const char* member, NpzWriter& npz) const {
    const std::int64_t width = columns(parts_.front(), member);
    if (width == 0) return;
    npz.begin(member, "<f4", {summary_.images, width});
    for (const FeatureInput& part : parts_) {
      const FeatureInput::Array array{member, part.header(member).shape[0], width};
      part.read_blocks(array, [&](FeaturesF64 rows) {
        const std::vector<float> values(rows.data, rows.data + rows.rows * rows.columns);
        npz.append(std::as_bytes(std::span(values)));
      });
    }
  }

 private:
  // The same images in two files are a slip, more often than not.
  void tell_repetition(const std::string& path, const ExtractSummary& summary, const Warn& warn) {
    const std::string hash = summary.pixels_sha256();
    const auto [seen, is_new] = seen_.emplace(hash, path);
    if (!is_new && summary.images > 0 && warn)
      warn(path + ": holds the images of " + seen->second + " again");
  }

  // Of the parts of one set each comes once, in their order.
  void check_part(const FeatureInput& file, const std::optional<FilePart>& part) {
    const auto position = static_cast<std::int64_t>(parts_.size()) - 1;
    const auto text = [](const std::optional<FilePart>& of) {
      return of ? "part " + std::to_string(of->index) + " of " + std::to_string(of->count) +
                      " (counted from 0)"
                : std::string("no part of several");
    };
    if (!part && !first_part_) return;
    if (position == 0) first_part_ = part;
    const bool same_set = part && first_part_ && part->count == first_part_->count &&
                          part->set_sha256 == first_part_->set_sha256;
    if (position > 0 && !same_set)
      throw Error(file.path(),
                  "is " + text(part) +
                      (part && first_part_ && part->count == first_part_->count ? " of other images" : "") +
                      ", " + parts_.front().path() + " is " + text(first_part_),
                  "merge the parts of one gdd-fid features --shard");
    if (part->index != position)
      throw Error(file.path(), "expected part " + std::to_string(position) + " here, found " + text(part),
                  "give every part once, in their order");
  }
  void check_all_there() const {
    if (first_part_ && first_part_->count != std::ssize(parts_))
      throw Error(
          "merge",
          "expected " + std::to_string(first_part_->count) + " parts, found " + std::to_string(parts_.size()),
          "give every part once, in their order");
    if (summary_.images == 0) throw Error("merge", "the files hold no images");
  }

  void add_provenance_of(const FeatureInput& part, const Warn& warn) {
    const std::optional<Provenance> made = read_provenance(part);
    if (made) check_part(part, made->part);
    if (&part == &parts_.front()) {
      provenance_ = made;
      if (!made && warn) warn(part.path() + ": made by an unknown preparation, and so is the whole");
      return;
    }
    if (made.has_value() != provenance_.has_value())
      throw Error(part.path(),
                  (made ? "was made under " + made->text() : std::string("made by an unknown preparation")) +
                      ", " + parts_.front().path() + " is of " +
                      (provenance_ ? provenance_->text() : std::string("an unknown one")),
                  "make both anew with gdd-fid features");
    if (!made) return;
    const std::string remark = compare_provenance(part.path(), *made, parts_.front().path(), *provenance_);
    if (!remark.empty() && warn) warn(remark);
  }

  // 0: absent.
  static std::int64_t columns(const FeatureInput& part, const char* member) {
    if (!part.has(member)) return 0;
    const std::optional<FeatureInput::Array> array = part.find_array(member);
    if (!array || array->rows != part.features()->rows)
      throw Error(part.path() + ":" + member,
                  "expected a float array of " + std::to_string(part.features()->rows) +
                      " rows, one for each of the features",
                  "make it with gdd-fid features");
    return array->columns;
  }

  std::list<FeatureInput> parts_;
  std::optional<FilePart> first_part_;
  std::map<std::string, std::string> seen_;  // hash of the images -> the file that holds them
  ExtractSummary summary_;
  std::optional<Provenance> provenance_;
};

}  // namespace

ExtractSummary save_features(const ImageSource& images, const std::vector<std::int64_t>& indices,
                             const Detector& detector, const ExtractOptions& options, const std::string& dest,
                             const std::optional<FilePart>& part) {
  const auto rows = static_cast<std::int64_t>(indices.size());
  NpzWriter npz(dest);
  npz.begin("features", "<f4", {rows, detector.feature_dim()});
  std::unique_ptr<WaitingArray> spatial, probabilities;
  if (options.request.spatial) spatial = std::make_unique<WaitingArray>(dest + ".spatial");
  if (options.request.probabilities) probabilities = std::make_unique<WaitingArray>(dest + ".probabilities");
  const ExtractSummary summary =
      extract_features(images, indices, detector, options, [&](const FeatureBlock& block) {
        npz.append(std::as_bytes(std::span(block.features)));
        if (spatial) spatial->add(block.spatial);
        if (probabilities) probabilities->add(block.probabilities);
      });
  if (spatial) spatial->move_into(npz, "spatial", rows, detector.spatial_dim());
  if (probabilities) probabilities->move_into(npz, "probabilities", rows, detector.probability_dim());
  add_summary(npz, summary);
  Provenance made = provenance_of(detector, options.request.protocol, rows);
  made.part = part;
  add_provenance(npz, made);
  npz.commit();
  return summary;
}

ExtractSummary save_features(const FeatureInput& input, const Detector& detector, const SideOptions& options,
                             const std::string& dest) {
  if (!input.images()) throw Error(input.spec(), "images are needed, found " + input.description());
  const std::vector<std::int64_t> indices =
      choose_images(*input.images(), options.selection, options.extract);
  return save_features(*input.images(), indices, detector, options.extract, dest);
}

ExtractSummary merge_features(const std::vector<std::string>& paths, const std::string& dest,
                              const Warn& warn) {
  const Parts parts(paths, warn);
  NpzWriter npz(dest);
  for (const char* member : kRowMembers) parts.write(member, npz);
  add_summary(npz, parts.summary());
  if (const std::optional<Provenance> made = parts.provenance()) add_provenance(npz, *made);
  npz.commit();
  return parts.summary();
}

ExtractSummary read_summary(const FeatureInput& file) {
  const std::string& where = file.path();
  for (const char* name : {kHashes, kCounts})
    if (!file.has(name)) throw Error(where, std::string("holds no ") + name, "make it with gdd-fid features");
  const std::vector<std::uint8_t> hashes = file.read(kHashes).as_uint8();
  const std::vector<std::int64_t> counts = file.read(kCounts).as_int64();
  const bool whole = (counts.size() == 5 || counts.size() == 7) && file.features() &&
                     file.features()->rows == counts[0] && std::ssize(hashes) == counts[0] * kHashLetters;
  if (!whole) throw Error(where, "the rows are not those of the images it speaks of");
  const auto later = [&](std::size_t i) { return i < counts.size() ? counts[i] : 0; };
  return {counts[0], counts[1], counts[2], later(5),
          later(6),  counts[3], counts[4], std::string(hashes.begin(), hashes.end())};
}

void save_reference(const Side& side, const std::string& dest) {
  NpzWriter npz(dest);
  const auto add = [&](const Statistics& statistics, const std::string& suffix) {
    const std::int64_t d = statistics.dim();
    npz.add("mu" + suffix, {d}, std::span<const double>(statistics.mu));
    npz.add("sigma" + suffix, {d, d}, std::span<const double>(statistics.sigma));
  };
  add(side.statistics.value(), "");
  if (side.spatial_statistics) add(*side.spatial_statistics, "_s");
  if (side.provenance) add_provenance(npz, *side.provenance);
  npz.commit();
}

}  // namespace gdd
