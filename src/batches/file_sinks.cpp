#include "batches/file_sinks.h"

#include <ATen/ATen.h>

#include <span>

#include "archive/npz.h"

namespace gdd {
namespace {

class FloatSink : public BatchSink {
 public:
  FloatSink(const std::string& path, std::int64_t count, std::vector<std::int64_t> shape) : npz_(path) {
    shape.insert(shape.begin(), count);
    npz_.begin("images", "<f8", shape);
  }

  void take(const ImageBatch& batch) override {
    const at::Tensor rows = batch.floats.contiguous();
    npz_.append(
        std::as_bytes(std::span(rows.const_data_ptr<double>(), static_cast<std::size_t>(rows.numel()))));
  }
  void finish() override { npz_.commit(); }

 private:
  NpzWriter npz_;
};

}  // namespace

void FileSink::take(const ImageBatch& batch) {
  for (std::int64_t i = 0; i < batch.size(); ++i)
    sink_->write(batch.items.at(static_cast<std::size_t>(i)), batch.image(i));
}

std::unique_ptr<BatchSink> open_float_sink(const std::string& path, std::int64_t count,
                                           const std::vector<std::int64_t>& shape) {
  return std::make_unique<FloatSink>(path, count, shape);
}

}  // namespace gdd
