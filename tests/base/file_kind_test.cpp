#include "base/file_kind.h"

#include <gtest/gtest.h>

namespace gdd {
namespace {

using namespace std::string_literals;

std::string kind_of(const std::string& text) {
  const auto kind = recognise_kind(as_bytes(text));
  return kind ? kind->name + "; " + kind->remedy : "unknown";
}

TEST(FileKind, NamesWhatUsersMeetInPlaceOfData) {
  EXPECT_EQ(kind_of("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
            "a git-lfs pointer; fetch the file itself (git lfs pull)");
  for (const char* page :
       {"<!DOCTYPE html>\n<html>", "\n  <html lang='de'>", "\xef\xbb\xbf<?xml version='1.0'?>"})
    EXPECT_EQ(kind_of(page), "a web page; the download failed: fetch the file again");
  EXPECT_EQ(kind_of("\x1f\x8b\x08\0\0"s), "a gzip file; unpack it first");
  EXPECT_EQ(kind_of(std::string(257, 'x') + "ustar\0"s), "a tar archive; unpack it and name the folder");
  EXPECT_NE(kind_of("\x93NUMPY\x01\0v\0{'descr'"s).find("numpy.savez"), std::string::npos);
  EXPECT_NE(kind_of("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a"s).find("a torch file"), std::string::npos);
  EXPECT_NE(kind_of("\x40\0\0\0\0\0\0\0{\"conv.weight\""s).find("a safetensors file"), std::string::npos);
  EXPECT_EQ(kind_of(std::string(600, '\0')), "zeros; the download failed: fetch the file again");
  EXPECT_EQ(kind_of("{\"message\": \"Not Found\"}").substr(0, 6), "a text");
}

TEST(FileKind, KnowsNothingOfOtherBytes) {
  for (const std::string& bytes :
       {""s, "\x80"s, "PK\x03\x04\x14\0"s, "\x89PNG\r\n\x1a\n"s, "\x80\x04\x95\0"s})
    EXPECT_EQ(kind_of(bytes), "unknown");
}

}  // namespace
}  // namespace gdd
