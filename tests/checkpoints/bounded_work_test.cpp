// Small files that the memo could make a reader work on for hours. Each is refused or read at once; a reader
// that unfolds them does not come back.
#include <gtest/gtest.h>

#include <string>

#include "checkpoints/checkpoint.h"
#include "checkpoints/files.h"

namespace gdd {
namespace {

using std::string_literals::operator""s;

std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string text(const std::string& value) { return "X" + little_endian(value.size(), 4) + value; }
std::string bytes(const std::string& value) { return "B" + little_endian(value.size(), 4) + value; }

std::string repeated(const std::string& part, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += part;
  return result;
}

const std::string kCall = "ctorch_utils.persistence\n_reconstruct_persistent_obj\nq\0"s;

std::string error_of_all(const std::string& pickle) {
  return error_of([&] {
    const Checkpoint checkpoint = Checkpoint::open(as_bytes(pickle), "x.pkl");
    checkpoint.globals();
    checkpoint.sources();
    for (const std::string& name : checkpoint.module_names()) checkpoint.module(name);
  });
}

// 400 000 objects share one description of 300 000 entries.
TEST(BoundedWork, DescriptionsAreNotSearchedForEver) {
  const std::string meta = "}(" + repeated("NN", 300'000) + "u";
  const std::string objects = repeated("h\0h\1R0"s, 400'000);
  EXPECT_NE(error_of_all("\x80\2" + kCall + "0" + meta + "\x85q\1" + "0" + objects + "h\0h\1R."s)
                .find("the description of a persistent object has too many parts"),
            std::string::npos);
}

// 400 000 storages share one archive of a megabyte.
TEST(BoundedWork, EachArchiveIsReadOnce) {
  const std::string magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s;
  const std::string id =
      "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\0NtQ"s;
  const std::string archive = magic + "M\xe9\3." + "}" + text("little_endian") + "\x88s." +
                              repeated("N0", 500'000) + id + "." + "](" + text("0") + "e." +
                              little_endian(0, 8);
  const std::string load =
      "\x80\2ctorch.storage\n_load_from_bytes\nq\0"s + "0" + bytes(archive) + "\x85q\1" + "0";
  EXPECT_EQ(error_of_all(load + repeated("h\0h\1R0"s, 400'000) + "}."), "no error");
}

TEST(BoundedWork, LongNamesOfGlobalsAreNotJoined) {
  const std::string names = text(std::string(8 << 20, 'x')) + "q\0"s;
  EXPECT_NE(
      error_of_all("\x80\4" + names + repeated("h\0h\0\x93"s, 200'000) + ".").find("has too long a name"),
      std::string::npos);
}

// A child with a name of a megabyte, mentioned by a thousand modules.
TEST(BoundedWork, LongNamesOfParametersAreCharged) {
  const std::string state = "}(" + text("_parameters") + "}" + text(std::string(1 << 20, 'n')) + "Nsuq\2";
  const std::string leaf = "h\0}("s + text("type") + text("class") + text("class_name") + text("A") +
                           text("state") + state + "u\x85Rq\1";
  std::string children;
  for (int i = 0; i < 1000; ++i) children += text(std::to_string(i)) + "h\1";
  const std::string root = "h\0}("s + text("type") + text("class") + text("class_name") + text("A") +
                           text("state") + "}" + text("_modules") + "}(" + children + "us" + "u\x85R.";
  EXPECT_NE(error_of_all("\x80\2" + kCall + "0" + leaf + "0" + root).find("names and attributes exceed"),
            std::string::npos);
}

// A size of 0 does not hide the others: torch could not make strides for them.
TEST(BoundedWork, ASizeOfZeroDoesNotHideHugeOnes) {
  const std::string id =
      "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\0NtQ"s;
  const std::string huge = "\x8a\x08" + little_endian(std::uint64_t{1} << 62, 8);
  const std::string archive = "\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s + "M\xe9\3." + "}" +
                              text("little_endian") + "\x88s." + "}" + text("w") +
                              "ctorch._utils\n_rebuild_tensor_v2\n(" + id + "K\0(K\0"s + huge + huge +
                              "t(K\1K\1K\1t\x89NtRs." + "](" + text("0") + "e." + little_endian(0, 8);
  const std::string error = error_of([&] { Checkpoint::open(as_bytes(archive), "x.pth").state_dict(); });
  EXPECT_NE(error.find("too many elements"), std::string::npos) << error;
}

}  // namespace
}  // namespace gdd
