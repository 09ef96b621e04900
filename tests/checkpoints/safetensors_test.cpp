#include "checkpoints/safetensors.h"

#include <gtest/gtest.h>

#include "checkpoints/checkpoint.h"
#include "checkpoints/files.h"
#include "support/safetensors_file.h"

namespace gdd {
namespace {

using testing_support::safetensors_text;

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets +
         "}";
}

std::string error_in(const std::string& text) {
  return error_of([&] { read_safetensors(as_bytes(text), "f"); });
}

// One float32 tensor of two elements, with something wrong.
std::string error_with(const std::string& header, std::size_t data = 8) {
  return error_in(safetensors_text(header, std::string(data, '\0')));
}

// Written by Hugging Face's own library.
TEST(Safetensors, AreReadAsTheirLibraryWritesThem) {
  const Checkpoint file = Checkpoint::open(data_file("vit/dinov2-timm.safetensors"));
  EXPECT_EQ(file.format(), Checkpoint::Format::kSafetensors);
  EXPECT_TRUE(file.module_names().empty());
  EXPECT_TRUE(file.globals().empty());
  EXPECT_TRUE(file.beside().empty());
  EXPECT_TRUE(file.sources().empty());
  bool found = false;
  for (const auto& [name, view] : file.state_dict()) {
    if (name != "blocks.0.attn.qkv.weight") continue;
    found = true;
    EXPECT_EQ(view.dtype, DType::kFloat16);
    EXPECT_EQ(view.shape, (std::vector<std::int64_t>{192, 64}));
    EXPECT_EQ(view.strides, (std::vector<std::int64_t>{64, 1}));
  }
  EXPECT_TRUE(found);
}

TEST(Safetensors, GiveElementsOfEveryType) {
  const std::string header =
      "{" + entry("bool", "BOOL", "[2]", "[0,2]") + "," + entry("half", "F16", "[1]", "[2,4]") + "," +
      entry("brain", "BF16", "[1,1]", "[4,6]") + "," + entry("none", "F32", "[0,3]", "[6,6]") + "," +
      entry("scalar", "I16", "[]", "[6,8]") + "}  ";
  const std::string text = safetensors_text(header, std::string("\1\0\0\x3c\x80\x3f\xfe\xff", 8));
  const StateDict state = read_safetensors(as_bytes(text), "f");
  ASSERT_EQ(state.size(), 5u);
  const auto value = [&](std::size_t i) {
    std::vector<float> values(static_cast<std::size_t>(state[i].second.numel()));
    state[i].second.copy_as_float32(values.data());
    return values;
  };
  EXPECT_EQ(value(0), (std::vector<float>{1, 0}));
  EXPECT_EQ(value(1), std::vector<float>{1});
  EXPECT_EQ(value(2), std::vector<float>{1});
  EXPECT_TRUE(value(3).empty());
  EXPECT_EQ(value(4), std::vector<float>{-2});
}

TEST(Safetensors, AreKnownByTheirFirstBytes) {
  EXPECT_TRUE(looks_like_safetensors(as_bytes(safetensors_text("{}", ""))));
  EXPECT_TRUE(looks_like_safetensors(as_bytes(std::string("\0\0\0\0\0\0\0\x80{\"", 10))));
  EXPECT_FALSE(looks_like_safetensors(as_bytes("a text: {\"a\": 1}")));
  EXPECT_FALSE(looks_like_safetensors(as_bytes("{\"a\": 1}")));
  EXPECT_FALSE(looks_like_safetensors({}));
}

struct Fault {
  const char* name;
  std::string error, expected;
};

class SafetensorsFault : public ::testing::TestWithParam<Fault> {};

TEST_P(SafetensorsFault, IsToldInOneLine) {
  const Fault& fault = GetParam();
  EXPECT_NE(fault.error.find(fault.expected), std::string::npos) << fault.error;
  EXPECT_EQ(fault.error.find('\n'), std::string::npos) << fault.error;
  EXPECT_TRUE(fault.error.starts_with("f: ")) << fault.error;
}

const std::string kGood = entry("a", "F32", "[2]", "[0,8]");

INSTANTIATE_TEST_SUITE_P(
    All, SafetensorsFault,
    ::testing::Values(
        Fault{"HeaderOf2To63", error_in(std::string("\0\0\0\0\0\0\0\x80{\"", 10)),
              "header of at most 16777216 bytes, found 9223372036854775808"},
        Fault{"HeaderCut", error_in(safetensors_text("{" + kGood + "}", "").substr(0, 30)),
              "header of 54 bytes is cut short: 22 are there"},
        Fault{"DataCut", error_with("{" + kGood + "}", 7),
              "tensor 'a': it reaches to byte 8 of the data, of which 7 bytes are there"},
        Fault{"DataBehind", error_with("{" + kGood + "}", 9),
              "1 bytes behind the last tensor belong to none"},
        Fault{"Overlap", error_with("{" + kGood + "," + entry("b", "F32", "[1]", "[4,8]") + "}"),
              "tensor 'b': it overlaps the tensor before it"},
        Fault{"Gap", error_with("{" + entry("a", "F32", "[1]", "[4,8]") + "}"),
              "tensor 'a': 4 bytes before it belong to no tensor"},
        Fault{"Outside", error_with("{" + entry("a", "F32", "[2]", "[8,16]") + "}"), "reaches to byte 16"},
        Fault{"OffsetsOf2To64", error_with("{" + entry("a", "F32", "[2]", "[0,18446744073709551615]") + "}"),
              "reaches to byte 18446744073709551615"},
        Fault{"OffsetsBackwards", error_with("{" + entry("a", "F32", "[2]", "[8,0]") + "}"),
              "its end lies before its begin"},
        Fault{"OneOffset", error_with("{" + entry("a", "F32", "[2]", "[0]") + "}"),
              "expected two offsets, found 1"},
        Fault{"ThreeOffsets", error_with("{" + entry("a", "F32", "[2]", "[0,8,8]") + "}"),
              "too many numbers in 'data_offsets'"},
        Fault{"ShapeOfMore", error_with("{" + entry("a", "F32", "[3]", "[0,8]") + "}"),
              "tensor 'a': F32 [3] takes 12 bytes, its offsets 8"},
        Fault{"ShapeThatOverflows",
              error_with("{" + entry("a", "F32", "[4294967296,4294967296]", "[0,0]") + "}"),
              "too many elements"},
        Fault{"EmptyThatOverflows",
              error_with("{" + entry("a", "F32", "[0,4294967296,4294967296]", "[0,0]") + "}"),
              "too many elements"},
        Fault{"NegativeSize", error_with("{" + entry("a", "F32", "[-2]", "[0,8]") + "}"),
              "found a negative number at 'shape'"},
        Fault{"FractionOfASize", error_with("{" + entry("a", "F32", "[2.0]", "[0,8]") + "}"),
              "found the number 2.0 at 'shape'"},
        Fault{"NineAxes", error_with("{" + entry("a", "F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]") + "}"),
              "too many numbers in 'shape'"},
        Fault{"UnknownType", error_with("{" + entry("a", "F8_E4M3", "[8]", "[0,8]") + "}"),
              "its type 'F8_E4M3' is not known"},
        Fault{"NameTwice", error_with("{" + kGood + "," + kGood + "}"), "the name 'a' is given twice"},
        Fault{"MetadataTwice", error_with("{\"__metadata__\":{},\"__metadata__\":{}," + kGood + "}"),
              "'__metadata__' is given twice"},
        Fault{"MemberTwice",
              error_with(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})"),
              "'dtype' is given twice"},
        Fault{"MemberMissing", error_with(R"({"a":{"dtype":"F32","shape":[2]}})"),
              "expected dtype, shape and data_offsets of 'a'"},
        Fault{"MemberUnknown", error_with(R"({"a":{"dtype":"F32","strides":[2]}})"),
              "'strides' is not known"},
        Fault{"MetadataOfNumbers", error_with(R"({"__metadata__":{"a":1}})"), "found a number"},
        Fault{"MetadataNested", error_with(R"({"__metadata__":{"a":{"b":{}}}})"), "found an object"},
        Fault{"ListsInLists", error_with(R"({"a":{"shape":[[2]]}})"), "found a list"},
        Fault{"NumberAsTensor", error_with(R"({"a":7})"), "found a number"},
        Fault{"NoJson", error_with("{\"a\" 7}"), "the header is not JSON: byte 13"},
        Fault{"NoUtf8", error_with("{\"\xff\":7}"), "the header is not JSON"},
        Fault{"TwoObjects", error_with("{}{}"), "the header is not JSON"}),
    [](const auto& case_info) { return std::string(case_info.param.name); });

}  // namespace
}  // namespace gdd
