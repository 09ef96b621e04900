#include "archive/zip_writer.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "archive/crc32.h"
#include "base/atomic_file.h"
#include "gdd/error.h"

namespace gdd {
namespace {

// Numbers and names as in PKWARE's APPNOTE.TXT 6.3.9, sections 4.3.7, 4.3.12, 4.3.14-4.3.16 and 4.5.3.
constexpr std::uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50, kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr std::uint16_t kPlainVersion = 20, kZip64Version = 45;
constexpr std::uint16_t kNamesAreUtf8 = 1 << 11, kStored = 0, kMidnight = 0, kFirstOfJanuary1980 = 0x21;
constexpr std::uint32_t kInZip64 = 0xffffffff;  // in place of a size or offset: see the zip64 extra field
constexpr std::uint64_t kCrcOffset = 14;        // of the CRC in a local header

struct Record {
  std::string name;
  std::uint64_t size = 0, offset = 0;
  std::uint32_t crc = 0;
};

template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

template <class T>
void put(std::string& out, std::initializer_list<std::type_identity_t<T>> values) {
  for (T value : values) put(out, value);
}

std::uint32_t to_32(std::uint64_t value) {
  return value >= kInZip64 ? kInZip64 : static_cast<std::uint32_t>(value);
}

// What local and central header have in common: flags to extra field length.
void put_shared_fields(std::string& out, const Record& record, std::uint16_t extra_size) {
  put<std::uint16_t>(out, {kNamesAreUtf8, kStored, kMidnight, kFirstOfJanuary1980});
  put<std::uint32_t>(out, {record.crc, to_32(record.size), to_32(record.size)});
  put<std::uint16_t>(out, {static_cast<std::uint16_t>(record.name.size()), extra_size});
}

std::string zip64_extra(std::initializer_list<std::uint64_t> values) {
  std::string extra;
  put<std::uint16_t>(extra, {1, static_cast<std::uint16_t>(8 * values.size())});
  put<std::uint64_t>(extra, values);
  return extra;
}

std::string local_header(const Record& record) {
  const std::string extra = record.size >= kInZip64 ? zip64_extra({record.size, record.size}) : std::string();
  std::string out;
  put(out, kLocalHeader);
  put(out, extra.empty() ? kPlainVersion : kZip64Version);
  put_shared_fields(out, record, static_cast<std::uint16_t>(extra.size()));
  return out + record.name + extra;
}

std::string central_header(const Record& record) {
  std::string extra;
  if (record.size >= kInZip64 && record.offset >= kInZip64)
    extra = zip64_extra({record.size, record.size, record.offset});
  else if (record.size >= kInZip64)
    extra = zip64_extra({record.size, record.size});
  else if (record.offset >= kInZip64)
    extra = zip64_extra({record.offset});
  const std::uint16_t version = extra.empty() ? kPlainVersion : kZip64Version;
  std::string out;
  put(out, kCentralHeader);
  put<std::uint16_t>(out, {version, version});
  put_shared_fields(out, record, static_cast<std::uint16_t>(extra.size()));
  put<std::uint16_t>(out, {0, 0, 0});  // comment length, disk, internal attributes
  put<std::uint32_t>(out, {0, to_32(record.offset)});
  return out + record.name + extra;
}

std::string end_records(std::uint64_t count, std::uint64_t offset, std::uint64_t size) {
  std::string out;
  if (count >= 0xffff || offset >= kInZip64 || size >= kInZip64) {
    put(out, kEnd64);
    put<std::uint64_t>(out, {44});  // bytes that follow in this record
    put<std::uint16_t>(out, {kZip64Version, kZip64Version});
    put<std::uint32_t>(out, {0, 0});  // this disk, the directory's disk
    put<std::uint64_t>(out, {count, count, size, offset});
    put<std::uint32_t>(out, {kEnd64Locator, 0});
    put<std::uint64_t>(out, {offset + size});
    put<std::uint32_t>(out, {1});
  }
  const auto count_16 = static_cast<std::uint16_t>(std::min<std::uint64_t>(count, 0xffff));
  put(out, kEnd);
  put<std::uint16_t>(out, {0, 0, count_16, count_16});
  put<std::uint32_t>(out, {to_32(size), to_32(offset)});
  put<std::uint16_t>(out, {0});  // comment length
  return out;
}

}  // namespace

struct ZipWriter::State {
  explicit State(const std::string& file_path) : path(file_path), file(file_path) {}

  std::string path;
  AtomicFile file;
  std::uint64_t position = 0;
  std::uint64_t missing = 0;  // bytes that the entry begun last still lacks
  std::vector<Record> records;
  std::set<std::string> names;

  void write(std::string_view text) {
    file.write(as_bytes(text));
    position += text.size();
  }
  void start(Record record);
  void expect_complete() const;
};

void ZipWriter::State::start(Record record) {
  expect_complete();
  const std::string where = path + ":" + record.name;
  if (record.name.empty() || record.name.size() > 0xffff)
    throw Error(where, "expected a name of 1 to 65535 bytes");
  if (!names.insert(record.name).second) throw Error(where, "an entry of this name was written before");
  record.offset = position;
  write(local_header(record));
  missing = record.size;
  records.push_back(std::move(record));
}

void ZipWriter::State::expect_complete() const {
  if (missing == 0) return;
  throw Error(path + ":" + records.back().name, "expected " + std::to_string(records.back().size) +
                                                    " bytes, got " +
                                                    std::to_string(records.back().size - missing));
}

ZipWriter::ZipWriter(const std::string& path) : state_(std::make_unique<State>(path)) {}
ZipWriter::~ZipWriter() = default;

void ZipWriter::add(const std::string& name, Bytes bytes) {
  state_->start({name, bytes.size(), 0, update_crc32(0, bytes)});
  state_->write(as_text(bytes));
  state_->missing = 0;
}

void ZipWriter::begin(const std::string& name, std::uint64_t size) { state_->start({name, size, 0, 0}); }

void ZipWriter::append(Bytes bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > state_->missing) {
    const std::string where =
        state_->records.empty() ? state_->path : state_->path + ":" + state_->records.back().name;
    throw Error(where, "expected " + std::to_string(state_->missing) + " more bytes, got " +
                           std::to_string(bytes.size()));
  }
  Record& record = state_->records.back();
  state_->write(as_text(bytes));
  record.crc = update_crc32(record.crc, bytes);
  state_->missing -= bytes.size();
  if (state_->missing > 0) return;
  std::string crc;
  put(crc, record.crc);
  state_->file.overwrite(record.offset + kCrcOffset, as_bytes(crc));
}

void ZipWriter::commit() {
  state_->expect_complete();
  const std::uint64_t offset = state_->position;
  for (const Record& record : state_->records) state_->write(central_header(record));
  state_->write(end_records(state_->records.size(), offset, state_->position - offset));
  state_->file.commit();
}

}  // namespace gdd
