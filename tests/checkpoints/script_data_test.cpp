#include "checkpoints/script_data.h"

#include <gtest/gtest.h>

#include "archive/zip_writer.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using std::string_literals::operator""s;

std::string text(const std::string& value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  return "X" + std::string(reinterpret_cast<const char*>(&size), 4) + value;
}

std::string number(std::uint64_t value) {
  return "\x8a\x08" + std::string(reinterpret_cast<const char*>(&value), 8);
}

// A tensor of one dimension whose storage is said to have `stated` elements.
std::string tensor(std::uint64_t size, std::uint64_t stated) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" + text("0") +
         text("cpu") + number(stated) + "tQK\0("s + number(size) + "t(K\1t\x89NtR"s;
}

class ScriptData : public testing::Test {
 protected:
  // Of an archive whose one object has the attribute `value`, and whose constants are `constants`.
  std::string refusal(const std::string& value, const std::string& constants = "") {
    ZipWriter zip(folder_ / "net.pt");
    zip.add("net/data.pkl", as_bytes("\x80\2c__torch__\nNet\n)\x81}" + text("a") + value + "sb."));
    zip.add("net/data/0", as_bytes(std::string(24, '\0')));
    zip.add("net/constants.pkl", as_bytes("\x80\2(" + constants + "t."));
    zip.add("net/constants/0", as_bytes(std::string(24, '\0')));
    zip.commit();
    return testing_support::error_of([&] { refuse_dangerous_data(folder_ / "net.pt"); });
  }
  testing_support::TemporaryFolder folder_;
};

TEST_F(ScriptData, OfANetworkIsAccepted) {
  EXPECT_EQ(refusal(tensor(6, 6), tensor(6, 6)), "");
  EXPECT_NO_THROW(refuse_dangerous_data(std::string(GDD_TEST_DATA) + "/detectors/tiny.pt"));
}

TEST_F(ScriptData, WithObjectsOfLibTorchsClassesIsRefusedByTheirName) {
  for (const char* global : {"__torch__.torch.classes.quantized\nLinearPackedParamsBase",
                             "__torch__\ntorch.classes.quantized.LinearPackedParamsBase"}) {
    const std::string error = refusal("c"s + global + "\n)\x81N\x62");
    EXPECT_NE(error.find("'__torch__.torch.classes.quantized.LinearPackedParamsBase'"), std::string::npos)
        << error;
  }
}

TEST_F(ScriptData, WithTensorsBeyondTheirBytesIsRefused) {
  for (const std::string& bad : {tensor(7, 6), tensor(7, 7), tensor(std::uint64_t{1} << 40, 6)}) {
    EXPECT_NE(refusal(bad), "");
    EXPECT_NE(refusal("]" + bad + "a"), "");  // in a list
    EXPECT_NE(refusal("N", bad), "");
  }
}

TEST_F(ScriptData, WithATypeOfManyBracketsIsRefused) {
  const auto tagged = [](const std::string& type) {
    return "ctorch.jit._pickle\nrestore_type_tag\n(]" + text(type) + "tR";
  };
  EXPECT_EQ(refusal(tagged("List[int]")), "");
  EXPECT_NE(refusal(tagged(std::string(100'000, '['))).find("the name of a type is too long"),
            std::string::npos);
}

// 2^30 modules: each holds the one before twice.
TEST_F(ScriptData, ThatUnfoldsWithoutBoundIsRefused) {
  std::string nested = "c__torch__\nNet\n)\x81}bq\0"s;
  for (char i = 1; i < 30; ++i)
    nested = nested + "0c__torch__\nNet\n)\x81}(" + text("a") + "h"s + static_cast<char>(i - 1) + text("b") +
             "h"s + static_cast<char>(i - 1) + "ubq"s + i;
  EXPECT_NE(refusal(nested).find("exceed"), std::string::npos);
}

TEST_F(ScriptData, OfWeightsAloneIsNoTorchScript) {
  ZipWriter zip(folder_ / "w.pt");
  zip.add("w/data.pkl", as_bytes("\x80\2}."));
  zip.commit();
  const std::string error = testing_support::error_of([&] { refuse_dangerous_data(folder_ / "w.pt"); });
  EXPECT_NE(error.find("found weights alone"), std::string::npos) << error;
}

}  // namespace
}  // namespace gdd
