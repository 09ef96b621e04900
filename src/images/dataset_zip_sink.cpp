#include <cstdio>

#include "archive/zip_writer.h"
#include "images/codec.h"
#include "images/label_list.h"
#include "images/sink.h"

namespace gdd {
namespace {

class DatasetZipSink : public ImageSink {
 public:
  DatasetZipSink(const std::string& path, std::int64_t count, bool with_labels)
      : labels_(path, count, with_labels), zip_(path) {}

  void write(const SinkItem& item, const Image& image) override {
    labels_.add(item);
    const std::string name = entry_name(item.index);
    zip_.add(name, encode_png(image));
    if (labels_.with_labels())
      json_ += (json_.empty() ? "[\"" : ", [\"") + name + "\", " + std::to_string(*item.label) + "]";
  }

  void finish() override {
    labels_.expect_complete();
    const std::string labels = labels_.with_labels() ? "[" + json_ + "]" : "null";
    zip_.add("dataset.json", as_bytes("{\"labels\": " + labels + "}"));
    zip_.commit();
  }

 private:
  // dataset_tool.py: eight digits, the first five of them name the folder.
  static std::string entry_name(std::int64_t index) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%08lld", static_cast<long long>(index));
    return std::string(digits, 5) + "/img" + digits + ".png";
  }

  LabelList labels_;
  ZipWriter zip_;
  std::string json_;  // the pairs of name and label so far
};

}  // namespace

std::unique_ptr<ImageSink> open_dataset_zip(const std::string& path, std::int64_t count, bool with_labels) {
  return std::make_unique<DatasetZipSink>(path, count, with_labels);
}

}  // namespace gdd
