#include "checkpoints/safetensors.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_set>

#include "base/limits.h"
#include "base/printable.h"
#include "base/shape_text.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr const char* kMetadata = "__metadata__";
constexpr const char* kFetch = "fetch the file again, or make it anew";

struct NamedDType {
  std::string_view name;
  DType dtype;
};

constexpr NamedDType kDTypes[] = {
    {"F16", DType::kFloat16}, {"BF16", DType::kBFloat16}, {"F32", DType::kFloat32}, {"F64", DType::kFloat64},
    {"U8", DType::kUint8},    {"I8", DType::kInt8},       {"I16", DType::kInt16},   {"I32", DType::kInt32},
    {"I64", DType::kInt64},   {"BOOL", DType::kBool},
};

// What the header says of one tensor; nothing of it is checked.
struct Entry {
  std::string name, dtype;
  std::vector<std::uint64_t> shape, offsets;
};

// Walks the header. Only what the format allows is let in, so that nothing is nested deeper than three, and
// what is kept is never larger than the text.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(std::string path) : path_(std::move(path)) {}

  std::vector<Entry> take_entries() { return std::move(entries_); }

  bool null() override { refuse("null"); }
  bool boolean(bool) override { refuse("a truth value"); }
  bool number_integer(number_integer_t) override { refuse("a negative number"); }
  bool number_float(number_float_t, const string_t& text) override {
    refuse("the number " + printable(text, 40));
  }
  bool binary(binary_t&) override { refuse("bytes"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (!list_) refuse("a number");
    if (list_->size() >= (list_ == &entries_.back().shape ? limits::kMaxTensorDims : 2))
      fail("too many numbers in " + gdd::quoted(member_) + " of " + gdd::quoted(entries_.back().name));
    list_->push_back(value);
    return true;
  }

  bool string(string_t& text) override {
    if (list_ || depth_ != 2) refuse("a text");
    if (in_metadata_) return true;
    if (member_ != "dtype") refuse("a text");
    entries_.back().dtype = text;
    return true;
  }

  bool start_object(std::size_t) override {
    if (list_ || depth_ == 2) refuse("an object");
    ++depth_;
    return true;
  }

  bool key(string_t& text) override {
    if (depth_ == 1) {
      begin_entry(text);
    } else if (!members_.insert(text).second) {
      fail("the member " + gdd::quoted(text) + " is given twice");
    } else if (!in_metadata_ && text != "dtype" && text != "shape" && text != "data_offsets") {
      fail("the member " + gdd::quoted(text) + " is not known");
    }
    member_ = text;
    return true;
  }

  bool end_object() override {
    if (--depth_ == 1 && !in_metadata_ && members_.size() != 3)
      fail("expected dtype, shape and data_offsets of " + gdd::quoted(entries_.back().name));
    return true;
  }

  bool start_array(std::size_t) override {
    if (list_ || depth_ != 2 || in_metadata_ || member_ == "dtype") refuse("a list");
    list_ = member_ == "shape" ? &entries_.back().shape : &entries_.back().offsets;
    return true;
  }

  bool end_array() override {
    list_ = nullptr;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw Error(path_,
                "the header is not JSON: byte " +
                    std::to_string(kLengthBytes + position - std::min<std::size_t>(position, 1)),
                kFetch);
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(path_, "the header: " + problem, kFetch);
  }
  [[noreturn]] void refuse(const std::string& found) const {
    fail("expected a safetensors header, found " + found +
         (member_.empty() ? "" : " at " + gdd::quoted(member_)));
  }

  void begin_entry(const std::string& name) {
    if (!names_.insert(name).second) fail("the name " + gdd::quoted(name) + " is given twice");
    members_.clear();
    in_metadata_ = name == kMetadata;
    if (in_metadata_) return;
    if (entries_.size() >= limits::kMaxTensors)
      fail("more than " + std::to_string(limits::kMaxTensors) + " tensors");
    entries_.emplace_back().name = name;
  }

  std::string path_, member_;
  int depth_ = 0;
  bool in_metadata_ = false;
  std::vector<std::uint64_t>* list_ = nullptr;  // that numbers go to
  std::unordered_set<std::string> names_;
  std::set<std::string> members_;  // of the entry that is being read
  std::vector<Entry> entries_;
};

Bytes read_header(ByteReader& reader) {
  const auto length = reader.read_le<std::uint64_t>();
  if (length > limits::kMaxSafetensorsHeader)
    reader.fail("expected a safetensors header of at most " + std::to_string(limits::kMaxSafetensorsHeader) +
                    " bytes, found " + std::to_string(length),
                kFetch);
  if (length > reader.remaining())
    reader.fail("the safetensors header of " + std::to_string(length) +
                    " bytes is cut short: " + std::to_string(reader.remaining()) + " are there",
                kFetch);
  return reader.read_bytes(length);
}

// The tensors of one file, each checked against the bytes that stand behind the header.
class TensorTable {
 public:
  TensorTable(Bytes data, std::string path) : data_(data), path_(std::move(path)) {}

  TensorView view(const Entry& entry) const {
    const auto row = std::find_if(std::begin(kDTypes), std::end(kDTypes),
                                  [&](const NamedDType& dtype) { return dtype.name == entry.dtype; });
    if (row == std::end(kDTypes)) fail(entry, "its type " + gdd::quoted(entry.dtype) + " is not known");
    TensorView view;
    view.dtype = row->dtype;
    std::uint64_t count = 1;
    for (const std::uint64_t size : entry.shape) {
      // Other sizes of an empty tensor must not overflow either: not in the strides that torch gives it.
      std::uint64_t next = 0;
      if (__builtin_mul_overflow(count, std::max<std::uint64_t>(size, 1), &next) ||
          next > limits::kMaxTensorElements)
        fail(entry, "too many elements");
      count = next;
      view.shape.push_back(static_cast<std::int64_t>(size));
    }
    if (std::ranges::count(entry.shape, 0u) > 0) count = 0;
    view.strides.assign(view.shape.size(), 1);
    for (std::size_t d = view.shape.size(); d-- > 1;)
      view.strides[d - 1] = view.strides[d] * std::max<std::int64_t>(view.shape[d], 1);
    view.storage = storage(entry, view.shape, count * item_size(view.dtype));
    return view;
  }

  // Every byte belongs to one tensor.
  void check_layout(std::vector<Entry> entries) const {
    std::ranges::sort(entries, {}, &Entry::offsets);
    std::uint64_t end = 0;
    for (const Entry& entry : entries) {
      if (entry.offsets[0] < end) fail(entry, "it overlaps the tensor before it");
      if (entry.offsets[0] > end) fail(entry, gap(end, entry.offsets[0]) + " before it belong to no tensor");
      end = entry.offsets[1];
    }
    if (end != data_.size())
      throw Error(path_, gap(end, data_.size()) + " behind the last tensor belong to none", kFetch);
  }

 private:
  [[noreturn]] void fail(const Entry& entry, const std::string& problem) const {
    throw Error(path_, "tensor " + gdd::quoted(entry.name) + ": " + problem, kFetch);
  }

  static std::string gap(std::uint64_t begin, std::uint64_t end) {
    return std::to_string(end - begin) + " bytes";
  }

  Bytes storage(const Entry& entry, const std::vector<std::int64_t>& shape, std::uint64_t bytes) const {
    if (entry.offsets.size() != 2)
      fail(entry, "expected two offsets, found " + std::to_string(entry.offsets.size()));
    const std::uint64_t begin = entry.offsets[0], end = entry.offsets[1];
    if (begin > end) fail(entry, "its end lies before its begin");
    if (end > data_.size())
      fail(entry, "it reaches to byte " + std::to_string(end) + " of the data, of which " +
                      std::to_string(data_.size()) + " bytes are there: the file is cut short");
    if (end - begin != bytes)
      fail(entry, entry.dtype + " " + shape_text(shape) + " takes " + std::to_string(bytes) +
                      " bytes, its offsets " + std::to_string(end - begin));
    return data_.subspan(begin, end - begin);
  }

  Bytes data_;
  std::string path_;
};

}  // namespace

bool looks_like_safetensors(Bytes start_of_file) {
  const std::string_view text = as_text(start_of_file.first(std::min<std::size_t>(start_of_file.size(), 10)));
  if (text.size() < 10 || text[8] != '{') return false;
  if (std::string_view("\"} \t\r\n").find(text[9]) == std::string_view::npos) return false;
  // A text of any kind is no length.
  return !std::ranges::all_of(text.substr(0, kLengthBytes), [](char c) { return c >= ' ' && c <= '~'; });
}

StateDict read_safetensors(Bytes file, const std::string& path) {
  ByteReader reader(file, path);
  const std::string_view header = as_text(read_header(reader));
  HeaderReader sax(path);
  Json::sax_parse(header.begin(), header.end(), &sax);
  const TensorTable table(reader.read_bytes(reader.remaining()), path);
  std::vector<Entry> entries = sax.take_entries();
  StateDict state;
  for (const Entry& entry : entries) state.emplace_back(entry.name, table.view(entry));
  table.check_layout(std::move(entries));
  return state;
}

}  // namespace gdd
