#include "archive/zip.h"

#include <zip.h>

#include <algorithm>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "archive/crc32.h"
#include "archive/zip_bytes.h"
#include "base/limits.h"
#include "base/mapped_file.h"
#include "base/memory_budget.h"
#include "gdd/error.h"

namespace gdd {
namespace {

constexpr char kDamaged[] = "the file is truncated or damaged";
// The fixed parts of an entry's local header and of its record in the central directory.
constexpr std::uint64_t kEntryOverhead = 30 + 46;

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

std::unique_ptr<zip_t, CloseArchive> open_archive(ZipBytes& bytes, const std::string& name) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = bytes.make_source(&error);
  zip_t* archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr;
  const std::string problem = archive ? "" : zip_error_strerror(&error);
  zip_error_fini(&error);
  if (!archive) {
    zip_source_free(source);
    throw Error(name, "expected a zip archive: " + problem, kDamaged);
  }
  return std::unique_ptr<zip_t, CloseArchive>(archive);
}

// Absolute paths, drives and '..' would lead out of the folder that somebody unpacks to.
bool is_safe_name(std::string_view name) {
  if (name.empty() || name[0] == '/' || name[0] == '\\' || name.find(':') == 1) return false;
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t end = std::min(name.find_first_of("/\\", start), name.size());
    if (name.substr(start, end - start) == "..") return false;
    start = end + 1;
  }
  return true;
}

void check_entry(const zip_stat_t& stat, std::uint64_t archive_size, const std::string& where) {
  if (!is_safe_name(stat.name)) throw Error(where, "expected a relative name without '..'", kDamaged);
  if (stat.encryption_method != ZIP_EM_NONE)
    throw Error(where, "the entry is encrypted", "unpack it with its password and zip it without");
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
    throw Error(
        where,
        "expected a stored or deflated entry, found compression method " + std::to_string(stat.comp_method),
        "zip it again without special compression");
  if (stat.comp_size > archive_size)
    throw Error(where,
                "expected an entry within the file of " + std::to_string(archive_size) + " bytes, found " +
                    std::to_string(stat.comp_size) + " packed bytes",
                kDamaged);
  const bool stored = stat.comp_method == ZIP_CM_STORE;
  if (stored ? stat.size != stat.comp_size : stat.size / limits::kMaxZipRatio > stat.comp_size)
    throw Error(where,
                std::to_string(stat.comp_size) + " packed bytes cannot hold the " +
                    std::to_string(stat.size) + " bytes claimed",
                kDamaged);
}

}  // namespace

struct ZipReader::State {
  std::string name;
  std::unique_ptr<MappedFile> file;  // unless the bytes are the caller's
  Bytes bytes;
  std::mutex mutex;  // libzip's handle has one reading position; every call of libzip below holds this
  ZipBytes source{bytes};
  std::unique_ptr<zip_t, CloseArchive> archive;
  std::vector<Entry> entries;
  std::unordered_map<std::string_view, std::size_t> index;

  State(Bytes archive_bytes, std::string archive_name) : name(std::move(archive_name)), bytes(archive_bytes) {
    list_entries();
  }
  explicit State(const std::string& path)
      : name(path), file(std::make_unique<MappedFile>(path)), bytes(file->bytes()) {
    list_entries();
  }

  void list_entries();
  Entry describe(std::uint64_t i, std::uint64_t& room);
};

void ZipReader::State::list_entries() {
  archive = open_archive(source, name);
  const auto count = static_cast<std::uint64_t>(zip_get_num_entries(archive.get(), 0));
  if (count > limits::kMaxZipEntries)
    throw Error(name, "expected at most " + std::to_string(limits::kMaxZipEntries) + " entries, found " +
                          std::to_string(count));
  std::uint64_t room = bytes.size();
  for (std::uint64_t i = 0; i < count; ++i) {
    Entry entry = describe(i, room);
    if (!entry.name.ends_with('/')) entries.push_back(std::move(entry));
  }
  index.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!index.emplace(entries[i].name, i).second)
      throw Error(name + ":" + entries[i].name, "two entries have this name", kDamaged);
}

// Entries that overlap would unpack the same bytes many times over; then together they exceed the file.
ZipReader::Entry ZipReader::State::describe(std::uint64_t i, std::uint64_t& room) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  constexpr std::uint64_t kNeeded =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(archive.get(), i, 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded)
    throw Error(name, "entry " + std::to_string(i) + ": " + zip_strerror(archive.get()), kDamaged);
  const std::string where = name + ":" + stat.name;
  check_entry(stat, bytes.size(), where);
  const std::uint64_t extent = stat.comp_size + kEntryOverhead + 2 * std::string_view(stat.name).size();
  if (extent > room)
    throw Error(where, "expected entries that lie one behind the other, found that they overlap", kDamaged);
  room -= extent;
  return {stat.name, stat.size, stat.comp_size, stat.comp_method == ZIP_CM_STORE, i, stat.crc};
}

struct ZipReader::Stream::State {
  ZipReader::State& zip;
  const Entry& entry;
  std::unique_ptr<zip_file_t, CloseMember> member;
  std::uint64_t position = 0;

  State(ZipReader::State& reader, const Entry& described) : zip(reader), entry(described) { reopen(); }
  ~State() {
    const std::lock_guard lock(zip.mutex);
    member.reset();
  }

  std::string where() const { return zip.name + ":" + entry.name; }
  void reopen();
  std::uint64_t locate();
  void fill(std::span<std::byte> out);
  void fill_locked(std::span<std::byte> out);
  void expect_end();
};

void ZipReader::Stream::State::reopen() {
  const std::lock_guard lock(zip.mutex);
  member.reset(zip_fopen_index(zip.archive.get(), entry.index, 0));
  if (!member) throw Error(where(), zip_strerror(zip.archive.get()), kDamaged);
  position = 0;
}

// Where a stored entry's bytes begin, if it has any.
std::uint64_t ZipReader::Stream::State::locate() {
  const std::lock_guard lock(zip.mutex);
  std::byte first{};
  fill_locked({&first, 1});
  return zip.source.last_read();
}

void ZipReader::Stream::State::fill(std::span<std::byte> out) {
  const std::lock_guard lock(zip.mutex);
  fill_locked(out);
  if (position == entry.size) expect_end();
}

void ZipReader::Stream::State::fill_locked(std::span<std::byte> out) {
  while (!out.empty()) {
    const zip_int64_t count = zip_fread(member.get(), out.data(), out.size());
    if (count < 0) throw Error(where(), zip_file_strerror(member.get()), kDamaged);
    if (count == 0)
      throw Error(where(),
                  "expected " + std::to_string(entry.size) + " bytes, found " + std::to_string(position),
                  kDamaged);
    out = out.subspan(static_cast<std::size_t>(count));
    position += static_cast<std::uint64_t>(count);
  }
}

// libzip compares size and CRC when it meets the end, which takes one more call.
void ZipReader::Stream::State::expect_end() {
  std::byte beyond{};
  const zip_int64_t count = zip_fread(member.get(), &beyond, 1);
  if (count < 0) throw Error(where(), zip_file_strerror(member.get()), kDamaged);
  if (count > 0)
    throw Error(where(), "expected " + std::to_string(entry.size) + " bytes, found more", kDamaged);
}

ZipReader::Stream::Stream(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZipReader::Stream::~Stream() = default;
ZipReader::Stream::Stream(Stream&&) noexcept = default;

void ZipReader::Stream::read(std::span<std::byte> out) { state_->fill(out); }

void ZipReader::Stream::seek(std::uint64_t position) {
  State& state = *state_;
  if (position > state.entry.size)
    throw Error(state.where(), "expected a position within " + std::to_string(state.entry.size) + " bytes",
                kDamaged);
  if (position == state.position) return;
  if (state.entry.stored) {
    const std::lock_guard lock(state.zip.mutex);
    if (zip_fseek(state.member.get(), static_cast<zip_int64_t>(position), SEEK_SET) != 0)
      throw Error(state.where(), zip_file_strerror(state.member.get()), kDamaged);
    state.position = position;
    return;
  }
  if (position < state.position) state.reopen();
  std::vector<std::byte> passed(std::size_t{1} << 16);
  while (state.position < position)
    state.fill(std::span(passed).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(passed.size(), position - state.position))));
}

bool looks_like_zip(Bytes start_of_file) {
  const std::string_view text = as_text(start_of_file);
  using namespace std::string_view_literals;
  return text.starts_with("PK\3\4"sv) || text.starts_with("PK\5\6"sv);
}

ZipReader::ZipReader(const std::string& path) : state_(std::make_unique<State>(path)) {}
ZipReader::ZipReader(Bytes archive, const std::string& name)
    : state_(std::make_unique<State>(archive, name)) {}
ZipReader::~ZipReader() = default;
ZipReader::ZipReader(ZipReader&&) noexcept = default;

const std::string& ZipReader::name() const { return state_->name; }

const std::vector<ZipReader::Entry>& ZipReader::entries() const { return state_->entries; }

const ZipReader::Entry* ZipReader::find(const std::string& name) const {
  const auto found = state_->index.find(name);
  return found == state_->index.end() ? nullptr : &state_->entries[found->second];
}

ZipReader::Stream ZipReader::open(const std::string& name) const {
  const Entry* entry = find(name);
  if (!entry)
    throw Error(state_->name, "expected an entry '" + name + "', found none of that name among " +
                                  std::to_string(entries().size()));
  return Stream(std::make_unique<Stream::State>(*state_, *entry));
}

std::optional<Bytes> ZipReader::view(const std::string& name) const {
  const Entry* entry = find(name);
  if (!entry || !entry->stored) return std::nullopt;
  if (entry->size == 0) {
    open(name).read({});  // what libzip finds wrong with it
    return Bytes();
  }
  const std::uint64_t offset = open(name).state_->locate();
  const std::string where = state_->name + ":" + name;
  if (entry->size > state_->bytes.size() - offset)
    throw Error(where,
                "expected " + std::to_string(entry->size) + " bytes, found " +
                    std::to_string(state_->bytes.size() - offset),
                kDamaged);
  const Bytes bytes = state_->bytes.subspan(offset, entry->size);
  if (update_crc32(0, bytes) != entry->crc) throw Error(where, "CRC error", kDamaged);
  return bytes;
}

std::vector<std::byte> ZipReader::read(const std::string& name) const {
  Stream stream = open(name);
  const std::uint64_t size = find(name)->size;
  if (size > limits::kMaxZipMember)
    throw Error(state_->name + ":" + name, "expected at most " + std::to_string(limits::kMaxZipMember) +
                                               " bytes, found " + std::to_string(size));
  require_memory(state_->name + ":" + name, "its unpacked bytes", static_cast<double>(size));
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  stream.read(bytes);
  return bytes;
}

}  // namespace gdd
