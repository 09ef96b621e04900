// The labels of the images that went into a sink, and the count that was promised.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "images/sink.h"

namespace gdd {

class LabelList {
 public:
  // `where` is the sink's path, for messages.
  LabelList(std::string where, std::int64_t count, bool with_labels);

  // Error: more images than promised; a label is missing though they are wanted.
  void add(const SinkItem& item);
  void expect_complete() const;  // error: fewer images than promised

  std::int64_t count() const { return count_; }
  bool with_labels() const { return with_labels_; }
  const std::vector<std::int64_t>& labels() const { return labels_; }  // empty without labels

 private:
  std::string where_;
  std::int64_t count_, added_ = 0;
  bool with_labels_;
  std::vector<std::int64_t> labels_;
};

}  // namespace gdd
