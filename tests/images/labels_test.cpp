#include "images/labels.h"

#include <gtest/gtest.h>

#include "archive/npz.h"
#include "archive/zip_writer.h"
#include "images/codec.h"
#include "images/sink.h"
#include "images/source.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;
using Classes = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

const Names kImages = {"00000/img00000000.png", "00000/img00000001.png"};

Classes read(const std::string& json) {
  return read_label_file(as_bytes(json), "set/dataset.json", kImages).classes;
}

std::string png() { return std::string(as_text(encode_png({1, 1, 1, {7}}))); }

TEST(LabelFile, GivesTheImagesTheirClassesByName) {
  EXPECT_EQ(
      read(R"({"labels": [["00000/img00000001.png", 6], ["00000/img00000000.png", 9], ["other.png", 1]]})"),
      (Classes{9, 6}));
  EXPECT_EQ(read(R"({"about": [["x", {"labels": [1]}]], "labels": [["00000/img00000000.png", 1],
                     ["00000/img00000001.png", 2], ["00000/img00000000.png", 3]], "more": {"a": [1.5, null]}})"),
            (Classes{3, 2}));  // the last of one name, as a dict
}

TEST(LabelFile, MayTellNoClasses) {
  for (const char* json :
       {R"({"labels": null})", R"({})", R"({"labels": []})", "[]", R"({"label": [["a", 1]]})"})
    EXPECT_TRUE(read(json).empty()) << json;
}

TEST(LabelFile, ThatTellsOtherThingsIsRefused) {
  for (const char* labels :
       {R"([["a", [0, 1]]])", R"([["a", -1]])", R"([["a", 1.5]])", R"([["a"]])", R"([["a", 1, 2]])",
        R"([[1, "a"]])", R"([["a", "b"]])", R"([1, 2])", R"(["a"])", R"({"a": 1})", R"([{"a": 1}])", R"(5)",
        R"("a")", R"([["a", null]])", R"([["a", 9223372036854775808]])", R"([[[["a", 1]]]])", R"([null])"})
    EXPECT_NE(error_of([&] {
                read("{\"labels\": " + std::string(labels) + "}");
              }).find("set/dataset.json: expected pairs of a name and a class from 0"),
              std::string::npos)
        << labels;
  EXPECT_NE(error_of([] {
              read(R"({"labels": [["00000/img00000000.png", 1]]})");
            }).find("set/dataset.json: has no label of '00000/img00000001.png'"),
            std::string::npos);
  EXPECT_NE(error_of([] { read(R"({"labels": [["a", 1])"); }).find("is damaged at byte"), std::string::npos);
  EXPECT_NE(error_of([] { read(std::string(100'000, '[')); }), "");
}

TEST(FolderLabels, AreTheFoldersOfTheImages) {
  const Labels named = labels_of_folders({"cat/1.png", "cat/x/2.png", "dog/1.png", "ant/1.png"});
  EXPECT_EQ(named.classes, (Classes{1, 1, 2, 0}));
  EXPECT_EQ(named.names, (Names{"ant", "cat", "dog"}));
  const Labels numbered = labels_of_folders({"0/1.png", "10/1.png", "2/1.png"});
  EXPECT_EQ(numbered.classes, (Classes{0, 10, 2}));
  EXPECT_TRUE(numbered.names.empty());
  EXPECT_EQ(labels_of_folders({"n01440764/1.png", "n01443537/1.png"}).classes, (Classes{0, 1}));
}

TEST(FolderLabels, AreNotWhatNumbersFiles) {
  EXPECT_TRUE(labels_of_folders({"00000/img00000000.png", "00001/img00001000.png"}).classes.empty());  // EDM
  EXPECT_TRUE(labels_of_folders({"000000/000001.png", "001000/001000.png"}).classes.empty());  // --subdirs
  EXPECT_TRUE(labels_of_folders({"a/1.png", "2.png"}).classes.empty());
  EXPECT_TRUE(labels_of_folders({"all/1.png", "all/2.png"}).classes.empty());
}

TEST(ImageSource, KnowsItsClasses) {
  const TemporaryFolder folder;
  for (const char* name : {"set/a.png", "set/b.png", "kinds/x/1.png", "kinds/y/1.png"})
    write_text(folder / name, png());
  EXPECT_TRUE(open_image_source(folder / "set")->labels().classes.empty());
  write_text(folder / "set/dataset.json", R"({"labels": [["b.png", 4], ["a.png", 2]]})");
  EXPECT_EQ(open_image_source(folder / "set")->labels().classes, (Classes{2, 4}));
  EXPECT_EQ(open_image_source(folder / "kinds")->labels().names, (Names{"x", "y"}));

  const auto zip = open_dataset_zip(folder / "set.zip", 2, true);
  const auto pack = open_image_pack(folder / "pack.npz", 2, true);
  for (std::int64_t i = 0; i < 2; ++i)
    for (ImageSink* const sink : {zip.get(), pack.get()}) sink->write({i, i, 7 - i}, {1, 1, 1, {7}});
  zip->finish();
  pack->finish();
  EXPECT_EQ(open_image_source(folder / "set.zip")->labels().classes, (Classes{7, 6}));
  EXPECT_EQ(open_image_source(folder / "pack.npz")->labels().classes, (Classes{7, 6}));
}

TEST(ImageSource, RefusesClassesThatAreNone) {
  const TemporaryFolder folder;
  NpzWriter npz(folder / "a.npz");
  const std::vector<std::uint8_t> pixels(2 * 4 * 4 * 3);
  npz.begin("arr_0", "|u1", {2, 4, 4, 3});
  npz.append(std::as_bytes(std::span(pixels)));
  const std::vector<std::int64_t> classes = {3, -1};
  npz.add("arr_1", {2}, std::span<const std::int64_t>(classes));
  npz.commit();
  EXPECT_NE(error_of([&] {
              open_image_source(folder / "a.npz")->labels();
            }).find("a.npz:arr_1: expected classes from 0, found -1 at [1]"),
            std::string::npos);
  EXPECT_EQ(open_image_source(folder / "a.npz")->size(), 2);  // who does not ask is not told
}

}  // namespace
}  // namespace gdd
