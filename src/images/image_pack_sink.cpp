#include "archive/npz.h"
#include "gdd/error.h"
#include "images/label_list.h"
#include "images/sink.h"

namespace gdd {
namespace {

class ImagePackSink : public ImageSink {
 public:
  ImagePackSink(const std::string& path, std::int64_t count, bool with_labels)
      : path_(path), labels_(path, count, with_labels), npz_(path) {}

  void write(const SinkItem& item, const Image& image) override {
    const std::vector<std::int64_t> shape = {labels_.count(), image.height, image.width, image.channels};
    if (shape_.empty()) npz_.begin("arr_0", "|u1", shape_ = shape);
    if (shape != shape_)
      throw Error(path_, "expected images of one size, got another at seed " + std::to_string(item.seed));
    labels_.add(item);
    npz_.append(std::as_bytes(std::span(image.pixels)));
  }

  void finish() override {
    labels_.expect_complete();
    if (labels_.with_labels())
      npz_.add("arr_1", {labels_.count()}, std::span<const std::int64_t>(labels_.labels()));
    npz_.commit();
  }

 private:
  std::string path_;
  LabelList labels_;
  NpzWriter npz_;
  std::vector<std::int64_t> shape_;  // of arr_0, known from the first image on
};

}  // namespace

std::unique_ptr<ImageSink> open_image_pack(const std::string& path, std::int64_t count, bool with_labels) {
  return std::make_unique<ImagePackSink>(path, count, with_labels);
}

}  // namespace gdd
