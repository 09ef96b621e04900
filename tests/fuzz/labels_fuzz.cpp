#include <cstdlib>
#include <sstream>

#include "expect_error.h"
#include "images/labels.h"

// dataset.json beside three images; and the lines of a text as names of images in folders.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run_target(data, size, [](gdd::Bytes bytes) {
    const std::vector<std::string> images{"a.png", "00000/img00000000.png", "cat/1.png"};
    const gdd::Labels labels = gdd::read_label_file(bytes, "fuzz", images);
    if (!labels.classes.empty() && labels.classes.size() != images.size()) std::abort();
    gdd::check_labels(labels.classes, "fuzz");
  });
  return run_target(data, size, [](gdd::Bytes bytes) {
    std::istringstream lines{std::string(gdd::as_text(bytes))};
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) names.push_back(line);
    const gdd::Labels labels = gdd::labels_of_folders(names);
    gdd::check_labels(labels.classes, "fuzz");
    for (const std::int64_t label : labels.classes) labels.text(label);
  });
}
