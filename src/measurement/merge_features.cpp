#include "measurement/merge_features.h"

#include <algorithm>
#include <list>
#include <map>
#include <optional>

#include "archive/npz.h"
#include "base/printable.h"
#include "gdd/error.h"
#include "measurement/feature_input.h"
#include "measurement/provenance.h"
#include "measurement/summary_members.h"

namespace gdd {
namespace {

// The members that hold a row for each image.
constexpr const char* kRowMembers[] = {"features", "spatial", "probabilities"};

// Files whose rows come one after the other. Error: one has not the members and columns of the first.
class Parts {
 public:
  Parts(const std::vector<std::string>& paths, Observer& observer) {
    if (paths.empty()) throw Error("merge", "expected files of features, found none");
    for (const std::string& path : paths) {
      const FeatureInput& part = parts_.emplace_back(path);
      ExtractSummary summary = read_summary(part);
      add_provenance_of(part, observer);
      tell_repetition(path, summary, observer);
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
  void tell_repetition(const std::string& path, const ExtractSummary& summary, Observer& observer) {
    const std::string hash = summary.pixels_sha256();
    const auto [seen, is_new] = seen_.emplace(hash, path);
    if (!is_new && summary.images > 0)
      observer.warn(path + ": holds the images of " + seen->second + " again");
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
    const FilePart* const first = first_part_ ? &*first_part_ : nullptr;
    const bool same_count = part && first && part->count == first->count;
    const bool same_set = same_count && part->set_sha256 == first->set_sha256;
    if (position > 0 && !same_set)
      throw Error(file.path(),
                  "is " + text(part) + (same_count ? " of other images" : "") + ", " + parts_.front().path() +
                      " is " + text(first_part_),
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

  void add_provenance_of(const FeatureInput& part, Observer& observer) {
    const std::optional<Provenance> made = read_provenance(part);
    if (made) check_part(part, made->part);
    if (&part == &parts_.front()) {
      provenance_ = made;
      if (!made) observer.warn(part.path() + ": made by an unknown preparation, and so is the whole");
      return;
    }
    if (made.has_value() != provenance_.has_value())
      throw Error(part.path(),
                  (made ? "was made under " + made->text() : std::string("made by an unknown preparation")) +
                      ", " + parts_.front().path() + " is of " +
                      (provenance_ ? provenance_->text() : std::string("an unknown one")),
                  "make both anew with gdd-fid features");
    if (!made) return;
    if (made->layers != provenance_->layers)
      throw Error(part.path(),
                  "its features are of " + printable(made->layers) + " layers, those of " +
                      parts_.front().path() + " of " + printable(provenance_->layers),
                  "make both with one --precision");
    const std::string remark = compare_provenance(part.path(), *made, parts_.front().path(), *provenance_);
    if (!remark.empty()) observer.warn(remark);
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

ExtractSummary merge_features(const std::vector<std::string>& paths, const std::string& dest,
                              Observer& observer, const std::vector<std::string>& left_out,
                              const Labels& labels) {
  const Parts parts(paths, observer);
  ExtractSummary summary = parts.summary();
  if (!labels.classes.empty()) summary.labels = labels;
  NpzWriter npz(dest);
  for (const char* member : kRowMembers)
    if (std::ranges::count(left_out, member) == 0) parts.write(member, npz);
  add_summary(npz, summary);
  if (const std::optional<Provenance> made = parts.provenance()) add_provenance(npz, *made);
  npz.commit();
  return summary;
}

}  // namespace gdd
