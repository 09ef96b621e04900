// Which files of a folder or zip are images, in which order EDM counts them, and what became of all the
// others.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "images/left_out.h"
#include "images/run_images.h"

namespace gdd {

// Whether the ending is one of a picture that decode_image() reads (.png, .jpg, .webp, ...), or one of any
// picture, read or not (.avif, .heic, ...).
bool has_readable_ending(std::string_view name);
bool has_picture_ending(std::string_view name);

class ImageNames {
 public:
  // Takes `name`, a relative path with '/', if it has a picture's ending, read or not. Left out, and counted
  // by kind: other endings; what is hidden (a name that begins with '.', macOS' "._" among them) or lies in a
  // hidden folder or in __MACOSX; and where gdd-sample has run (beside .gdd-run), all but its own images.
  void add(std::string name);
  // A folder that is not entered, by the kind of reason ("link|s": the s for more than one).
  void leave_out_folder(const std::string& kind) { ++left_out_[kind]; }
  // Whether a folder of this name is worth entering; if not, it is counted.
  bool enters(const std::string& name);
  // That gdd-sample has run in `folder` ("" or "a/b/"), with the text of its settings. `inside`: what of that
  // folder the names are seen from, "001000/", where they are not all of it.
  void add_run(const std::string& folder, const std::string& settings, const std::string& inside = "");

  // Sorted as Python sorts strings: by code points, which for UTF-8 is by bytes. Error: none, with what was
  // found instead; `where` is the folder's or archive's path. Call it once, then left_out().
  std::vector<std::string> finish(const std::string& where);
  LeftOut left_out() const;

 private:
  bool is_hidden(const std::string& name);
  struct Run {
    RunImages images;
    std::string inside;
    std::int64_t found = 0;
  };

  bool is_foreign(const std::string& name);
  bool lies_in_another(const std::string& folder) const;
  void leave_out(std::string_view name);

  std::vector<std::string> images_;
  std::map<std::string, Run, std::less<>> runs_;  // by folder
  std::set<std::string, std::less<>> hidden_;     // hidden folders met, so that each counts once
  std::map<std::string, std::int64_t> left_out_;  // by kind
  bool pictures_left_out_ = false;
  std::string first_other_;
};

}  // namespace gdd
