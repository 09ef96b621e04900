#include "images/label_list.h"

#include <utility>

#include "gdd/error.h"

namespace gdd {

LabelList::LabelList(std::string where, std::int64_t count, bool with_labels)
    : where_(std::move(where)), count_(count), with_labels_(with_labels) {
  if (count_ < 1) throw Error(where_, "expected 1 image or more, found " + std::to_string(count_));
}

void LabelList::add(const SinkItem& item) {
  if (added_ == count_)
    throw Error(where_, "expected " + std::to_string(count_) + " images, got one more (seed " +
                            std::to_string(item.seed) + ")");
  if (with_labels_ && !item.label)
    throw Error(where_, "expected a label for each image, got none for seed " + std::to_string(item.seed));
  ++added_;
  if (with_labels_) labels_.push_back(*item.label);
}

void LabelList::expect_complete() const {
  if (added_ != count_)
    throw Error(where_, "expected " + std::to_string(count_) + " images, got " + std::to_string(added_));
}

}  // namespace gdd
