#include "archive/zip_writer.h"

#include <gtest/gtest.h>

#include "archive/zip.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;

TEST(ZipWriter, WritesWhatTheReaderReads) {
  const TemporaryFolder folder;
  ZipWriter writer(folder / "x.zip");
  writer.add("123456789", as_bytes("123456789"));
  writer.begin("in/pieces", 10);
  writer.append(as_bytes("0123"));
  writer.append(as_bytes(""));
  writer.append(as_bytes("456789"));
  writer.add("empty", {});
  writer.commit();

  const ZipReader zip(folder / "x.zip");
  ASSERT_EQ(zip.entries().size(), 3u);
  EXPECT_EQ(as_text(zip.read("in/pieces")), "0123456789");
  EXPECT_EQ(as_text(zip.read("123456789")), "123456789");
  EXPECT_TRUE(zip.read("empty").empty());
  // The check value of CRC-32 (ISO 3309), little-endian, in the first local header.
  EXPECT_EQ(read_text(folder / "x.zip").substr(14, 4), "\x26\x39\xf4\xcb");
}

TEST(ZipWriter, WritesTheSameBytesInOnePieceOrSeveral) {
  const TemporaryFolder folder;
  ZipWriter one(folder / "one.zip"), several(folder / "several.zip");
  one.add("name", as_bytes("content"));
  several.begin("name", 7);
  for (const char letter : std::string("content")) several.append(as_bytes(std::string_view(&letter, 1)));
  one.commit();
  several.commit();
  EXPECT_EQ(read_text(folder / "one.zip"), read_text(folder / "several.zip"));
}

TEST(ZipWriter, CountsBeyond65535) {
  const TemporaryFolder folder;
  ZipWriter writer(folder / "many.zip");
  for (int i = 0; i < 70'000; ++i) writer.add(std::to_string(i), as_bytes("x"));
  writer.commit();
  const ZipReader zip(folder / "many.zip");
  EXPECT_EQ(zip.entries().size(), 70'000u);
  EXPECT_EQ(as_text(zip.read("69999")), "x");
}

TEST(ZipWriter, LeavesNothingBehindWithoutCommit) {
  const TemporaryFolder folder;
  ZipWriter(folder / "x.zip").add("name", as_bytes("content"));
  EXPECT_EQ(folder.count(), 0);
}

TEST(ZipWriter, RefusesSizesOtherThanAnnounced) {
  const TemporaryFolder folder;
  ZipWriter writer(folder / "x.zip");
  EXPECT_NE(error_of([&] { writer.append(as_bytes("x")); }).find("expected 0 more bytes, got 1"),
            std::string::npos);
  writer.begin("short", 3);
  EXPECT_NE(error_of([&] { writer.append(as_bytes("long")); }).find("short: expected 3 more bytes, got 4"),
            std::string::npos);
  writer.append(as_bytes("lo"));
  EXPECT_NE(error_of([&] { writer.begin("next", 1); }).find("short: expected 3 bytes, got 2"),
            std::string::npos);
  EXPECT_NE(error_of([&] { writer.commit(); }).find("short: expected 3 bytes, got 2"), std::string::npos);
}

TEST(ZipWriter, RefusesANameTwice) {
  const TemporaryFolder folder;
  ZipWriter writer(folder / "x.zip");
  writer.add("name", {});
  EXPECT_NE(error_of([&] { writer.add("name", {}); }).find("was written before"), std::string::npos);
}

}  // namespace
}  // namespace gdd
