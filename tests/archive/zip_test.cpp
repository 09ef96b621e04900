#include "archive/zip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "archive/zip_writer.h"
#include "base/mapped_file.h"
#include "gdd/error.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;

std::string data(const std::string& name) { return GDD_TEST_DATA "/archive/" + name; }

std::string text(const std::vector<std::byte>& bytes) { return std::string(as_text(bytes)); }

// a.txt and b.txt, stored; the lies below are told by changing bytes of it.
std::string two_files() {
  const TemporaryFolder folder;
  ZipWriter writer(folder / "x.zip");
  writer.add("a.txt", as_bytes("the first file"));
  writer.add("b.txt", as_bytes("and the second"));
  writer.commit();
  return read_text(folder / "x.zip");
}

// Where entry i's record of the central directory begins.
std::size_t record(const std::string& zip, int i) {
  std::size_t at = zip.find("PK\1\2");
  while (i-- > 0) at = zip.find("PK\1\2", at + 1);
  return at;
}

template <class T>
void put(std::string& zip, std::size_t at, T value) {
  std::memcpy(zip.data() + at, &value, sizeof(T));
}

std::string error_of_opening(const std::string& zip) {
  return error_of([&] { ZipReader(as_bytes(zip), "x.zip"); });
}

std::string error_of_reading(const std::string& zip, const std::string& name) {
  return error_of([&] { ZipReader(as_bytes(zip), "x.zip").read(name); });
}

TEST(ZipReader, ListsFilesInFileOrderWithoutFolders) {
  const ZipReader zip(data("mixed.zip"));
  ASSERT_EQ(zip.entries().size(), 4u);
  EXPECT_EQ(zip.entries()[0].name, "b.txt");
  EXPECT_EQ(zip.entries()[1].name, "folder/zeros.bin");
  EXPECT_EQ(zip.entries()[1].size, 200'000u);
  EXPECT_LT(zip.entries()[1].packed_size, 1000u);
  EXPECT_FALSE(zip.entries()[1].stored);
  EXPECT_TRUE(zip.entries()[2].stored);
  EXPECT_EQ(zip.entries()[3].name, "a.txt");
}

TEST(ZipReader, ReadsStoredAndDeflatedEntries) {
  const ZipReader zip(data("mixed.zip"));
  EXPECT_EQ(text(zip.read("b.txt")), "second letter");
  EXPECT_EQ(text(zip.read("a.txt")), "");
  EXPECT_EQ(zip.read("folder/zeros.bin"), std::vector<std::byte>(200'000));
  EXPECT_EQ(zip.read("folder/stored.bin")[1023], std::byte{255});
}

TEST(ZipReader, ReadsSizesFromTheZip64ExtraField) {
  EXPECT_EQ(text(ZipReader(data("python-zip64.zip")).read("big.txt")),
            "the sizes lie in the zip64 extra field");
}

TEST(ZipReader, SaysWhichEntryIsAbsent) {
  const ZipReader zip(data("mixed.zip"));
  EXPECT_EQ(zip.find("c.txt"), nullptr);
  EXPECT_NE(error_of([&] { zip.read("c.txt"); }).find("expected an entry 'c.txt'"), std::string::npos);
}

TEST(ZipReader, ReadsFromSeveralThreadsAtOnce) {
  const ZipReader zip(data("mixed.zip"));
  std::vector<std::thread> threads;
  std::vector<int> right(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&zip, &right, t] {
      for (int i = 0; i < 50; ++i)
        right[t] +=
            zip.read("folder/zeros.bin").size() == 200'000 && text(zip.read("b.txt")) == "second letter";
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(4, 50));
}

TEST(ZipReader, RefusesWhatIsNotAZip) {
  EXPECT_NE(error_of_opening("not a zip, only text").find("x.zip: expected a zip archive"),
            std::string::npos);
  EXPECT_TRUE(looks_like_zip(as_bytes(two_files())));
  EXPECT_FALSE(looks_like_zip(as_bytes("PK")));
}

TEST(ZipReader, RefusesEveryTruncation) {
  const std::string zip = two_files();
  for (std::size_t size = 1; size < zip.size(); ++size)
    EXPECT_NE(error_of_reading(zip.substr(0, size), "b.txt"), "") << size;
}

TEST(ZipReader, SurvivesEveryFlippedByte) {
  const std::string zip = read_text(data("mixed.zip"));
  for (std::size_t i = 0; i < zip.size(); ++i) {
    std::string flipped = zip;
    flipped[i] = static_cast<char>(~flipped[i]);
    std::optional<ZipReader> reader;
    error_of([&] { reader.emplace(as_bytes(flipped), "x.zip"); });
    for (const ZipReader::Entry& entry : reader ? reader->entries() : std::vector<ZipReader::Entry>()) {
      std::vector<std::byte> bytes;
      std::optional<Bytes> view;
      const std::string unread = error_of([&] { bytes = reader->read(entry.name); }),
                        unseen = error_of([&] { view = reader->view(entry.name); });
      if (entry.stored) {
        EXPECT_EQ(unread.empty(), unseen.empty()) << i << ": " << unread << "; " << unseen;
      }
      EXPECT_TRUE(!view || std::equal(bytes.begin(), bytes.end(), view->begin(), view->end())) << i;
    }
  }
}

TEST(ZipReader, NoticesAWrongChecksum) {
  std::string zip = two_files();
  zip[zip.find("the second")] = 'T';
  EXPECT_EQ(error_of_reading(zip, "a.txt"), "");
  EXPECT_NE(error_of_reading(zip, "b.txt").find("x.zip:b.txt: CRC error"), std::string::npos);
  const std::string in_place = error_of([&] { ZipReader(as_bytes(zip), "x.zip").view("b.txt"); });
  EXPECT_NE(in_place.find("x.zip:b.txt: CRC error"), std::string::npos) << in_place;
}

// Versions of libzip differ in whether they look at the CRC of no bytes.
TEST(ZipReader, ShowsAnEmptyEntryIfItReadsIt) {
  const TemporaryFolder folder;
  ZipWriter writer(folder / "x.zip");
  writer.add("empty", {});
  writer.commit();
  std::string zip = read_text(folder / "x.zip");
  EXPECT_TRUE(ZipReader(as_bytes(zip), "x.zip").view("empty").value().empty());
  put<std::uint32_t>(zip, 14, 1);  // the CRC, in the local header and in the directory
  put<std::uint32_t>(zip, record(zip, 0) + 16, 1);
  EXPECT_EQ(error_of([&] { ZipReader(as_bytes(zip), "x.zip").view("empty"); }),
            error_of_reading(zip, "empty"));
}

// The directory says where an entry lies, not the order in which they follow each other.
TEST(ZipReader, ShowsEntriesInPlaceInWhateverOrderTheyAreListed) {
  std::string zip = two_files();
  const std::size_t first = record(zip, 0), second = record(zip, 1);
  std::swap_ranges(zip.begin() + static_cast<std::ptrdiff_t>(first),
                   zip.begin() + static_cast<std::ptrdiff_t>(second),
                   zip.begin() + static_cast<std::ptrdiff_t>(second));
  ASSERT_EQ(zip.compare(first + 46, 5, "b.txt"), 0);
  const ZipReader reader(as_bytes(zip), "x.zip");
  ASSERT_EQ(reader.entries()[0].name, "b.txt");
  EXPECT_EQ(as_text(reader.view("a.txt").value()), "the first file");
  EXPECT_EQ(as_text(reader.view("b.txt").value()), "and the second");
}

TEST(ZipReader, RefusesTwoEntriesOfOneName) {
  std::string zip = two_files();
  zip[record(zip, 1) + 46] = 'a';
  EXPECT_NE(error_of_opening(zip).find("two entries have this name"), std::string::npos);
}

TEST(ZipReader, RefusesNamesThatEscape) {
  for (const char* name : {"/etc/", "../ab", "x/..y", "C:a.t", "\\ab.t", "..\\ab", "a/../", "x\\..\\"}) {
    std::string zip = two_files();
    zip.replace(record(zip, 1) + 46, 5, std::string(name).substr(0, 5));
    const bool harmless = std::string(name) == "x/..y";
    EXPECT_EQ(error_of_opening(zip).find("expected a relative name") == std::string::npos, harmless) << name;
  }
}

TEST(ZipReader, RefusesEncryption) {
  std::string zip = two_files();
  zip[record(zip, 0) + 8] |= 1;
  EXPECT_NE(error_of_opening(zip).find("x.zip:a.txt: the entry is encrypted"), std::string::npos);
}

TEST(ZipReader, RefusesOtherCompression) {
  EXPECT_NE(error_of([] { ZipReader reader(data("bzip2.zip")); }).find("found compression method 12"),
            std::string::npos);
}

TEST(ZipReader, RefusesSizesThatCannotBe) {
  std::string zip = two_files();
  put<std::uint32_t>(zip, record(zip, 0) + 24, 1'000'000'000);
  EXPECT_NE(error_of_opening(zip).find("cannot hold the 1000000000 bytes claimed"), std::string::npos);
  put<std::uint32_t>(zip, record(zip, 0) + 20, 1'000'000'000);
  EXPECT_NE(error_of_opening(zip).find("expected an entry within the file"), std::string::npos);

  std::string bomb = read_text(data("mixed.zip"));
  put<std::uint32_t>(bomb, record(bomb, 2) + 24, 4'000'000'000);
  EXPECT_NE(error_of_opening(bomb).find("cannot hold the 4000000000 bytes claimed"), std::string::npos);
}

TEST(ZipReader, RefusesADeflatedEntryThatIsLargerOrSmallerThanClaimed) {
  for (const std::uint32_t claimed : {199'999u, 200'001u, 0u}) {
    std::string zip = read_text(data("mixed.zip"));
    put(zip, record(zip, 2) + 24, claimed);
    EXPECT_NE(error_of_reading(zip, "folder/zeros.bin"), "") << claimed;
  }
}

TEST(ZipReader, RefusesEntriesThatOverlap) {
  const TemporaryFolder folder;
  ZipWriter writer(folder / "x.zip");
  writer.add("large", as_bytes(std::string(5000, 'x')));
  for (int i = 0; i < 3; ++i) writer.add("small" + std::to_string(i), as_bytes("x"));
  writer.commit();
  std::string zip = read_text(folder / "x.zip");
  const std::string sizes_of_large = zip.substr(record(zip, 0) + 16, 12);
  for (int i = 1; i < 4; ++i) zip.replace(record(zip, i) + 16, 12, sizes_of_large);
  EXPECT_NE(error_of_opening(zip).find("found that they overlap"), std::string::npos);
}

// A zip64 end record of an otherwise empty file that claims 2^27 entries must not cost memory for them.
TEST(ZipReader, RefusesAnEntryCountThatTheFileCannotHold) {
  std::string zip("PK\6\6\x2c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
  zip.resize(56);  // the same count twice, then size and offset of the directory, both 0
  put<std::uint64_t>(zip, 24, 1 << 27);
  put<std::uint64_t>(zip, 32, 1 << 27);
  zip += std::string("PK\6\7\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 20);
  zip += std::string("PK\5\6\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0", 22);
  EXPECT_NE(error_of_opening(zip), "");
}

class ZipStream : public ::testing::TestWithParam<const char*> {};

TEST_P(ZipStream, ReadsForwardAndGoesBack) {
  const ZipReader zip(data("mixed.zip"));
  ZipReader::Stream stream = zip.open(GetParam());
  const std::vector<std::byte> whole = zip.read(GetParam());
  std::vector<std::byte> part(300);
  for (const std::size_t at : {0u, 300u, 700u, 10u, 724u, 0u}) {
    stream.seek(at);
    stream.read(part);
    EXPECT_EQ(part, std::vector<std::byte>(whole.begin() + at, whole.begin() + at + 300)) << at;
  }
}

TEST_P(ZipStream, RefusesToReadBeyondTheEnd) {
  const ZipReader zip(data("mixed.zip"));
  ZipReader::Stream stream = zip.open(GetParam());
  const std::uint64_t size = zip.find(GetParam())->size;
  std::vector<std::byte> part(10);
  stream.seek(size - 9);
  EXPECT_NE(error_of([&] { stream.read(part); }), "");
  EXPECT_NE(error_of([&] { stream.seek(size + 1); }), "");
}

// torch writes a record of sizes behind every member, with a mark of its own; what lies behind it is seen in
// place all the same, and a checkpoint's weights are not there twice.
TEST(Zip, ShowsTheMembersOfTorchsArchivesInPlace) {
  for (const char* name : {"checkpoints/state.zip.pth", "checkpoints/script.pt", "vit/clip-openai.pt"}) {
    const MappedFile file(std::string(GDD_TEST_DATA) + "/" + name);
    const ZipReader zip(file.bytes(), name);
    for (const ZipReader::Entry& entry : zip.entries()) {
      const std::optional<Bytes> view = zip.view(entry.name);
      ASSERT_EQ(view.has_value(), entry.stored) << name << " " << entry.name;
      if (!view) continue;
      EXPECT_TRUE(view->empty() || (view->data() >= file.bytes().data() &&
                                    view->data() < file.bytes().data() + file.bytes().size()));
      const std::vector<std::byte> bytes = zip.read(entry.name);
      EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), view->begin(), view->end())) << entry.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(StoredAndDeflated, ZipStream,
                         ::testing::Values("folder/stored.bin", "folder/zeros.bin"),
                         [](const auto& param) { return param.index == 0 ? "stored" : "deflated"; });

}  // namespace
}  // namespace gdd
