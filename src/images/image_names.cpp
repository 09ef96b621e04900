#include "images/image_names.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "gdd/error.h"
#include "images/codec.h"
#include "images/run_settings.h"

namespace gdd {
namespace {

using namespace std::string_view_literals;

constexpr std::array kReadable = {".png"sv,  ".apng"sv, ".jpg"sv, ".jpeg"sv, ".jpe"sv,
                                  ".jfif"sv, ".webp"sv, ".tif"sv, ".tiff"sv, ".gif"sv,
                                  ".bmp"sv,  ".ppm"sv,  ".pgm"sv, ".pbm"sv,  ".pnm"sv};
constexpr std::array kOther = {
    ".dib"sv,  ".avif"sv, ".avifs"sv, ".heic"sv, ".heif"sv, ".hif"sv,  ".jxl"sv, ".jp2"sv,  ".j2k"sv,
    ".j2c"sv,  ".jpc"sv,  ".jpf"sv,   ".jpx"sv,  ".tga"sv,  ".icb"sv,  ".vda"sv, ".vst"sv,  ".ico"sv,
    ".cur"sv,  ".icns"sv, ".psd"sv,   ".pcx"sv,  ".dcx"sv,  ".dds"sv,  ".exr"sv, ".hdr"sv,  ".svg"sv,
    ".svgz"sv, ".xbm"sv,  ".xpm"sv,   ".qoi"sv,  ".ras"sv,  ".sgi"sv,  ".rgb"sv, ".rgba"sv, ".bw"sv,
    ".pfm"sv,  ".pam"sv,  ".eps"sv,   ".wmf"sv,  ".emf"sv,  ".msp"sv,  ".im"sv,  ".fli"sv,  ".flc"sv,
    ".mpo"sv,  ".raw"sv,  ".dng"sv,   ".cr2"sv,  ".cr3"sv,  ".nef"sv,  ".arw"sv, ".orf"sv,  ".rw2"sv,
    ".raf"sv,  ".bpg"sv,  ".jng"sv,   ".mng"sv,  ".xcf"sv,  ".wbmp"sv, ".jxr"sv, ".wdp"sv,  ".hdp"sv};

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('/') + 1); }

// ".png" of "a/b.PNG"; "" of "b", and of ".png", which is a name without an ending.
std::string ending_of(std::string_view name) {
  const std::string_view file = last_part(name);
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return "";
  return ascii_lowered(std::string(file.substr(dot)));
}

bool is_hidden_part(std::string_view part) {
  return (part.starts_with('.') && part != "." && part != "..") || part == "__MACOSX";
}

// How the kind of a file is called that is no picture.
std::string kind_of(std::string_view name) {
  constexpr std::size_t kLongest = 12;
  const std::string ending = ending_of(name);
  if (ending.empty()) return "without an ending";
  return ending.size() > kLongest ? "of other endings" : printable(ending, kLongest);
}

}  // namespace

bool has_readable_ending(std::string_view name) { return std::ranges::count(kReadable, ending_of(name)) > 0; }

bool has_picture_ending(std::string_view name) {
  return has_readable_ending(name) || std::ranges::count(kOther, ending_of(name)) > 0;
}

// The first hidden part decides: its folder counts once, whatever is in it.
bool ImageNames::is_hidden(const std::string& name) {
  for (std::size_t start = 0, end = 0; start < name.size(); start = end + 1) {
    end = name.find('/', start);
    const std::string_view part = std::string_view(name).substr(start, end - start);
    if (is_hidden_part(part)) {
      if (end == std::string::npos) {
        ++left_out_["hidden file|s"];
      } else if (part == kRunRecords) {
        runs_.try_emplace(name.substr(0, start), Run{RunImages(""), "", 0});
      } else if (hidden_.size() < 1000 && hidden_.insert(name.substr(0, end)).second) {
        ++left_out_[part == "__MACOSX" ? "__MACOSX" : "hidden folder|s"];
      }
      return true;
    }
    if (end == std::string::npos) break;
  }
  return false;
}

bool ImageNames::enters(const std::string& name) { return !is_hidden(name + "/"); }

void ImageNames::leave_out(std::string_view name) {
  constexpr std::size_t kMaxKinds = 40;
  const std::string kind = kind_of(name);
  ++left_out_[left_out_.size() < kMaxKinds || left_out_.contains(kind) ? kind : "of other endings"];
  if (first_other_.empty()) first_other_ = name;
}

void ImageNames::add(std::string name) {
  if (is_hidden(name)) return;
  if (has_picture_ending(name))
    images_.push_back(std::move(name));
  else
    leave_out(name);
}

void ImageNames::add_run(const std::string& folder, const std::string& settings, const std::string& inside) {
  runs_.insert_or_assign(folder, Run{RunImages(settings), inside, 0});
}

// Whether it lies where gdd-sample has run and is none of its images; those are counted.
bool ImageNames::is_foreign(const std::string& name) {
  if (runs_.empty()) return false;
  for (std::size_t end = 0;; end = name.find('/', end) + 1) {  // "", "a/", "a/b/" of "a/b/c.png"
    if (const auto found = runs_.find(std::string_view(name).substr(0, end)); found != runs_.end()) {
      Run& run = found->second;
      if (!run.images.makes(run.inside + name.substr(end))) return true;
      ++run.found;
      return false;
    }
    if (name.find('/', end) == std::string::npos) return false;
  }
}

// Of a run in the folder of another none of the images counts, there or not.
bool ImageNames::lies_in_another(const std::string& folder) const {
  return std::ranges::any_of(
      runs_, [&](const auto& other) { return other.first != folder && folder.starts_with(other.first); });
}

std::vector<std::string> ImageNames::finish(const std::string& where) {
  const auto foreign = std::stable_partition(images_.begin(), images_.end(),
                                             [&](const std::string& name) { return !is_foreign(name); });
  if (foreign != images_.end()) {
    left_out_["picture|s beside the run's own"] += images_.end() - foreign;
    pictures_left_out_ = true;
    images_.erase(foreign, images_.end());
  }
  for (const auto& [folder, run] : runs_) {
    const std::int64_t missing = run.images.count(run.inside) - run.found;
    if (missing <= 0 || lies_in_another(folder)) continue;
    left_out_[missing == 1 ? "image of the run that is missing" : "images of the run that are missing"] +=
        missing;
    pictures_left_out_ = true;
  }
  if (images_.empty()) {
    const LeftOut others = left_out();
    throw Error(
        where,
        "found 0 images" + (others.text.empty()
                                ? std::string(" and no other files")
                                : ", but " + others.text +
                                      (first_other_.empty() ? "" : ", e.g. " + gdd::quoted(first_other_))),
        "images are " + image_formats() + " files, or arr_0 of an npz");
  }
  std::sort(images_.begin(), images_.end());
  return std::move(images_);
}

LeftOut ImageNames::left_out() const {
  LeftOut result{"", pictures_left_out_};
  for (const auto& [kind, count] : left_out_) {
    std::string words = kind;  // "hidden file|s": the s is for more than one
    if (const std::size_t bar = words.find('|'); bar != std::string::npos)
      words.erase(bar, count > 1 ? 1 : 2);
    result.text += (result.text.empty() ? "" : ", ") + std::to_string(count) + " " + words;
  }
  return result;
}

}  // namespace gdd
