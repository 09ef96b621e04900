#include "batches/file_sinks.h"

#include <ATen/ATen.h>

#include "archive/npz.h"

namespace gdd {
namespace {

class FloatSink : public BatchSink {
 public:
  // `type`: float32 or float64.
  FloatSink(const std::string& path, const char* name, at::ScalarType type, std::int64_t count,
            std::vector<std::int64_t> shape)
      : npz_(path), type_(type) {
    shape.insert(shape.begin(), count);
    npz_.begin(name, type == at::kFloat ? "<f4" : "<f8", shape);
  }

  void take(const ImageBatch& batch) override {
    const at::Tensor rows = batch.floats.to(type_).contiguous();
    npz_.append({static_cast<const std::byte*>(rows.const_data_ptr()), rows.nbytes()});
  }
  void finish() override { npz_.commit(); }

 private:
  NpzWriter npz_;
  at::ScalarType type_;
};

}  // namespace

void FileSink::take(const ImageBatch& batch) {
  for (std::int64_t i = 0; i < batch.size(); ++i)
    sink_->write(batch.items.at(static_cast<std::size_t>(i)), batch.image(i));
}

std::unique_ptr<BatchSink> open_float_sink(const std::string& path, std::int64_t count,
                                           const std::vector<std::int64_t>& shape) {
  return std::make_unique<FloatSink>(path, "images", at::kDouble, count, shape);
}

std::unique_ptr<BatchSink> open_latent_sink(const std::string& path, std::int64_t count,
                                            const std::vector<std::int64_t>& shape) {
  return std::make_unique<FloatSink>(path, "latents", at::kFloat, count, shape);
}

}  // namespace gdd
