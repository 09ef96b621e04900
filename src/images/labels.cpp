#include "images/labels.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <unordered_map>

#include "base/limits.h"
#include "base/printable.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using Json = nlohmann::json;

// Goes over the text once. Under "labels" of the outermost object stand null or pairs of a name and a number;
// what stands elsewhere is passed over.
class PairReader : public nlohmann::json_sax<Json> {
 public:
  PairReader(const std::string& where, const std::vector<std::string>& images)
      : where_(where), found_(images.size(), kNone) {
    for (std::size_t i = 0; i < images.size(); ++i) places_.emplace(images[i], i);
  }
  // One an image, kNone where there was no pair of it; whether there was any pair.
  std::vector<std::int64_t> take() { return std::move(found_); }
  bool any() const { return any_; }
  static constexpr std::int64_t kNone = -1;

  bool null() override { return depth_ == 1 || other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(number_integer_t value) override { return number(value); }
  bool number_unsigned(number_unsigned_t value) override {  // beyond 2^63: negative, and refused
    return number(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t, const string_t&) override { return other(); }
  bool string(string_t& value) override {
    if (!labels_) return true;
    if (depth_ != kPairDepth || place_ != 0) refuse();
    name_ = value;
    ++place_;
    return true;
  }
  bool binary(binary_t&) override { return other(); }
  bool start_object(std::size_t) override { return other() && enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override {
    if (labels_ && depth_ == kPairDepth) refuse();  // a label of several numbers
    return enter();
  }
  bool end_array() override {
    if (labels_ && depth_ == kPairDepth && place_ != 2) refuse();
    return leave();
  }
  bool key(string_t& name) override {
    if (depth_ == 1) labels_ = name == "labels";
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw Error(where_, "is damaged at byte " + std::to_string(position));
  }

 private:
  static constexpr int kPairDepth = 3;  // {"labels": [[
  static constexpr int kMaxDepth = 64;

  [[noreturn]] void refuse() const {
    throw Error(where_, "expected pairs of a name and a class from 0 under labels, found others",
                "[[\"00000/img00000000.png\", 6], ...], as EDM's dataset_tool.py writes it");
  }
  bool enter() {
    place_ = 0;
    return ++depth_ <= kMaxDepth;
  }
  bool leave() {
    --depth_;
    return true;
  }
  bool number(std::int64_t value) {
    if (!labels_) return true;
    if (depth_ != kPairDepth || place_ != 1 || value < 0) refuse();
    any_ = true;
    if (const auto image = places_.find(name_); image != places_.end()) found_[image->second] = value;
    ++place_;
    return true;
  }
  bool other() const {
    if (labels_) refuse();
    return true;
  }

  const std::string& where_;
  std::unordered_map<std::string_view, std::size_t> places_;
  std::vector<std::int64_t> found_;
  std::string name_;
  int depth_ = 0, place_ = 0;  // place: how much of a pair was there
  bool labels_ = false, any_ = false;
};

bool is_number(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string Labels::text(std::int64_t label) const {
  return label < std::ssize(names) ? names[static_cast<std::size_t>(label)]
                                   : "class " + std::to_string(label);
}

Labels Labels::of(const std::vector<std::int64_t>& images) const {
  Labels chosen{{}, names};
  if (classes.empty()) return chosen;
  for (const std::int64_t image : images)
    chosen.classes.push_back(classes.at(static_cast<std::size_t>(image)));
  return chosen;
}

Labels read_label_file(Bytes json, const std::string& where, const std::vector<std::string>& images) {
  if (json.size() > limits::kMaxLabelFile)
    throw Error(where, "expected at most " + std::to_string(limits::kMaxLabelFile) + " bytes, found " +
                           std::to_string(json.size()));
  PairReader reader(where, images);
  const std::string_view text = as_text(json);
  if (!Json::sax_parse(text.begin(), text.end(), &reader)) throw Error(where, "is nested too deeply");
  Labels labels;
  if (!reader.any()) return labels;
  labels.classes = reader.take();
  const auto none = std::ranges::find(labels.classes, PairReader::kNone);
  if (none != labels.classes.end())
    throw Error(where, "has no label of " +
                           gdd::quoted(images[static_cast<std::size_t>(none - labels.classes.begin())]));
  return labels;
}

Labels labels_of_folders(const std::vector<std::string>& images) {
  constexpr std::size_t kFileDigits = 5;
  std::set<std::string> folders;
  for (const std::string& image : images) {
    const std::size_t slash = image.find('/');
    if (slash == std::string::npos) return {};
    folders.insert(image.substr(0, slash));
  }
  const bool numbers = std::ranges::all_of(folders, is_number);
  if (folders.size() < 2) return {};
  if (numbers && std::ranges::all_of(folders, [](const auto& name) { return name.size() >= kFileDigits; }))
    return {};
  const bool classes =
      numbers && std::ranges::all_of(folders, [](const auto& name) { return name.size() < kFileDigits; });
  std::unordered_map<std::string, std::int64_t> class_of;
  for (const std::string& name : folders)
    class_of[name] = classes ? std::stoll(name) : static_cast<std::int64_t>(class_of.size());
  Labels labels;
  for (const std::string& image : images)
    labels.classes.push_back(class_of.at(image.substr(0, image.find('/'))));
  if (!classes) labels.names.assign(folders.begin(), folders.end());
  return labels;
}

void check_labels(const std::vector<std::int64_t>& classes, const std::string& where) {
  const auto bad = std::ranges::find_if(classes, [](std::int64_t label) { return label < 0; });
  if (bad != classes.end())
    throw Error(where, "expected classes from 0, found " + std::to_string(*bad) + " at [" +
                           std::to_string(bad - classes.begin()) + "]");
}

}  // namespace gdd
