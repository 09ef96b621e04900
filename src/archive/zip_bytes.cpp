#include "archive/zip_bytes.h"

#include <algorithm>
#include <cstring>

namespace gdd {

ZipBytes::ZipBytes(Bytes bytes) : bytes_(bytes) { zip_error_init(&error_); }

zip_source_t* ZipBytes::make_source(zip_error_t* error) {
  return zip_source_function_create(&ZipBytes::answer, this, error);
}

// The commands of a source that can be read anywhere: zip_source_function(3).
zip_int64_t ZipBytes::answer(void* self, void* data, zip_uint64_t size, zip_source_cmd_t command) {
  ZipBytes& bytes = *static_cast<ZipBytes*>(self);
  switch (command) {
    case ZIP_SOURCE_OPEN:
      bytes.position_ = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return bytes.read(data, size);
    case ZIP_SOURCE_SEEK:
      return bytes.seek(data, size);
    case ZIP_SOURCE_TELL:
      return static_cast<zip_int64_t>(bytes.position_);
    case ZIP_SOURCE_STAT:
      return bytes.describe(data, size);
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&bytes.error_, data, size);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:  // whoever made the source owns the bytes
      return 0;
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                            ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
                                            ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
    default:
      zip_error_set(&bytes.error_, ZIP_ER_OPNOTSUPP, 0);
      return -1;
  }
}

zip_int64_t ZipBytes::read(void* data, zip_uint64_t size) {
  last_read_ = position_;
  const std::uint64_t count = std::min<std::uint64_t>(size, bytes_.size() - position_);
  if (count > 0) std::memcpy(data, bytes_.data() + position_, count);
  position_ += count;
  return static_cast<zip_int64_t>(count);
}

zip_int64_t ZipBytes::seek(void* data, zip_uint64_t size) {
  const zip_int64_t position = zip_source_seek_compute_offset(position_, bytes_.size(), data, size, &error_);
  if (position < 0) return -1;
  position_ = static_cast<std::uint64_t>(position);
  return 0;
}

zip_int64_t ZipBytes::describe(void* data, zip_uint64_t size) {
  if (size < sizeof(zip_stat_t)) {
    zip_error_set(&error_, ZIP_ER_INVAL, 0);
    return -1;
  }
  auto& stat = *static_cast<zip_stat_t*>(data);
  zip_stat_init(&stat);
  stat.size = bytes_.size();
  stat.valid = ZIP_STAT_SIZE;
  return static_cast<zip_int64_t>(sizeof stat);
}

}  // namespace gdd
