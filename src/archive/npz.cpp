#include "archive/npz.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "archive/zip.h"
#include "archive/zip_writer.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "gdd/error.h"

namespace gdd {

struct NpzReader::State {
  State(std::string file_path, ZipReader archive) : path(std::move(file_path)), zip(std::move(archive)) {}

  struct Member {
    NpyHeader header;
    ZipReader::Stream stream;
  };

  std::string path;
  ZipReader zip;
  std::mutex mutex;
  std::map<std::string, Member> members;  // those asked for so far

  std::string where(const std::string& name) const { return path + ":" + name; }
  const ZipReader::Entry& entry(const std::string& name) const;
  std::string list_names() const;
  Member& open(const std::string& name);  // the caller holds `mutex`
};

const ZipReader::Entry& NpzReader::State::entry(const std::string& name) const {
  const ZipReader::Entry* found = zip.find(name + ".npy");
  if (!found) throw Error(path, "expected an array '" + name + "', found " + list_names());
  return *found;
}

std::string NpzReader::State::list_names() const {
  constexpr std::size_t kShown = 20;
  std::string list;
  std::size_t count = 0;
  for (const ZipReader::Entry& entry : zip.entries()) {
    if (!entry.name.ends_with(".npy")) continue;
    if (++count <= kShown) list += (count > 1 ? ", " : "") + entry.name.substr(0, entry.name.size() - 4);
  }
  if (count == 0) return "no arrays";
  return list + (count > kShown ? ", ... (" + std::to_string(count) + " arrays)" : "");
}

NpzReader::State::Member& NpzReader::State::open(const std::string& name) {
  const auto known = members.find(name);
  if (known != members.end()) return known->second;
  const ZipReader::Entry& described = entry(name);
  ZipReader::Stream stream = zip.open(described.name);
  constexpr std::uint64_t kPrefix = 12;  // before the header's text
  std::vector<std::byte> start(
      static_cast<std::size_t>(std::min(described.size, kPrefix + limits::kMaxNpyHeader)));
  stream.read(start);
  NpyHeader header = parse_npy_header(start, where(name));
  check_data_size(header, described.size - header.data_offset, where(name));
  return members.emplace(name, Member{std::move(header), std::move(stream)}).first->second;
}

NpzReader::NpzReader(const std::string& path) : state_(std::make_shared<State>(path, ZipReader(path))) {}
NpzReader::NpzReader(Bytes bytes, const std::string& name)
    : state_(std::make_shared<State>(name, ZipReader(bytes, name))) {}
NpzReader::~NpzReader() = default;
NpzReader::NpzReader(NpzReader&&) noexcept = default;

std::vector<std::string> NpzReader::names() const {
  std::vector<std::string> names;
  for (const ZipReader::Entry& entry : state_->zip.entries())
    if (entry.name.ends_with(".npy")) names.push_back(entry.name.substr(0, entry.name.size() - 4));
  return names;
}

bool NpzReader::has(const std::string& name) const { return state_->zip.find(name + ".npy") != nullptr; }

bool NpzReader::stored(const std::string& name) const { return state_->entry(name).stored; }

NpyHeader NpzReader::header(const std::string& name) const {
  const std::lock_guard lock(state_->mutex);
  return state_->open(name).header;
}

NpyArray NpzReader::read(const std::string& name) const {
  NpyHeader found = header(name);  // what is wrong with it is found before all of it is unpacked
  if (!stored(name)) return parse_npy(state_->zip.read(name + ".npy"), state_->where(name));
  require_memory(state_->where(name), "its numbers", static_cast<double>(found.byte_size()));
  const Bytes data = state_->zip.view(name + ".npy").value().subspan(found.data_offset);
  return {state_->where(name), std::move(found), {data, state_}};
}

namespace {

// Bytes of a row of an array whose rows can be read one by one. Error: it has none, or [first, first + count)
// is not within.
std::uint64_t row_bytes_of(const NpyHeader& header, std::int64_t first, std::int64_t count,
                           const std::string& where) {
  if (header.shape.empty() || (header.fortran_order && header.shape.size() > 1))
    throw Error(where, "expected rows in C order, found a scalar or a Fortran-ordered array",
                "save it again with numpy.ascontiguousarray");
  const std::int64_t rows = header.shape[0];
  if (first < 0 || count < 0 || first > rows || count > rows - first)
    throw Error(where, "expected rows within " + std::to_string(rows) + ", asked for " +
                           std::to_string(count) + " from " + std::to_string(first));
  return rows == 0 ? 0 : header.byte_size() / static_cast<std::uint64_t>(rows);
}

}  // namespace

std::vector<std::byte> NpzReader::read_rows(const std::string& name, std::int64_t first,
                                            std::int64_t count) const {
  const std::lock_guard lock(state_->mutex);
  State::Member& member = state_->open(name);
  const std::uint64_t row_bytes = row_bytes_of(member.header, first, count, state_->where(name));
  const std::uint64_t wanted = row_bytes * static_cast<std::uint64_t>(count);
  if (wanted > limits::kMaxZipMember)
    throw Error(state_->where(name), "expected at most " + std::to_string(limits::kMaxZipMember) +
                                         " bytes at once, asked for " + std::to_string(wanted));
  require_memory(state_->where(name), std::to_string(count) + " of its rows", static_cast<double>(wanted));
  std::vector<std::byte> bytes(static_cast<std::size_t>(wanted));
  member.stream.seek(member.header.data_offset + row_bytes * static_cast<std::uint64_t>(first));
  member.stream.read(bytes);
  return bytes;
}

void NpzReader::read_row(const std::string& name, std::int64_t index, std::span<std::byte> out) const {
  const std::lock_guard lock(state_->mutex);
  State::Member& member = state_->open(name);
  const std::uint64_t row_bytes = row_bytes_of(member.header, index, 1, state_->where(name));
  if (out.size() != row_bytes)
    throw Error(state_->where(name), "expected a row of " + std::to_string(out.size()) + " bytes, found " +
                                         std::to_string(row_bytes));
  member.stream.seek(member.header.data_offset + row_bytes * static_cast<std::uint64_t>(index));
  member.stream.read(out);
}

struct NpzWriter::State {
  explicit State(const std::string& path) : zip(path) {}
  ZipWriter zip;

  template <class T>
  void add(const std::string& name, const char* dtype, const std::vector<std::int64_t>& shape,
           std::span<const T> data);
};

template <class T>
void NpzWriter::State::add(const std::string& name, const char* dtype, const std::vector<std::int64_t>& shape,
                           std::span<const T> data) {
  const std::string header = npy_header(dtype, shape);
  const Bytes bytes = std::as_bytes(data);
  const std::uint64_t expected = parse_npy_header(as_bytes(header), name).byte_size();
  if (bytes.size() != expected)
    throw Error(name, "expected " + std::to_string(expected) + " bytes for the shape given, got " +
                          std::to_string(bytes.size()));
  zip.begin(name + ".npy", header.size() + bytes.size());
  zip.append(as_bytes(header));
  zip.append(bytes);
}

NpzWriter::NpzWriter(const std::string& path) : state_(std::make_unique<State>(path)) {}
NpzWriter::~NpzWriter() = default;

void NpzWriter::add(const std::string& name, const std::vector<std::int64_t>& shape,
                    std::span<const double> data) {
  state_->add(name, "<f8", shape, data);
}
void NpzWriter::add(const std::string& name, const std::vector<std::int64_t>& shape,
                    std::span<const float> data) {
  state_->add(name, "<f4", shape, data);
}
void NpzWriter::add(const std::string& name, const std::vector<std::int64_t>& shape,
                    std::span<const std::int64_t> data) {
  state_->add(name, "<i8", shape, data);
}
void NpzWriter::add(const std::string& name, const std::vector<std::int64_t>& shape,
                    std::span<const std::uint8_t> data) {
  state_->add(name, "|u1", shape, data);
}

void NpzWriter::begin(const std::string& name, const std::string& dtype,
                      const std::vector<std::int64_t>& shape) {
  const std::string header = npy_header(dtype, shape);
  const NpyHeader described = parse_npy_header(as_bytes(header), name);  // checks dtype and shape
  state_->zip.begin(name + ".npy", header.size() + described.byte_size());
  state_->zip.append(as_bytes(header));
}

void NpzWriter::append(Bytes bytes) { state_->zip.append(bytes); }

void NpzWriter::commit() { state_->zip.commit(); }

}  // namespace gdd
