#include "checkpoints/numpy_pickle.h"

#include <gtest/gtest.h>

#include "checkpoints/files.h"

namespace gdd {
namespace {

// tests/data/checkpoints/make.py
TEST(NumpyPickle, ReadsNestedDictsInEveryProtocol) {
  for (const char* protocol : {"2", "4", "5"}) {
    const MappedFile file(data_file(std::string("checkpoints/arrays.protocol") + protocol + ".pkl"));
    const auto arrays = read_numpy_dict(file.bytes(), "ref.pkl");
    ASSERT_EQ(arrays.size(), 3u);
    EXPECT_EQ(arrays[0].first, "fid.mu");
    EXPECT_EQ(arrays[0].second.as_float64(), (std::vector<double>{0, 1, 2}));
    EXPECT_EQ(arrays[1].first, "fid.sigma");
    EXPECT_EQ(arrays[1].second.shape(), (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(arrays[1].second.as_float64(), (std::vector<double>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(arrays[1].second.name, "ref.pkl:fid.sigma");
    EXPECT_EQ(arrays[2].first, "big");
    EXPECT_EQ(arrays[2].second.as_float64(), (std::vector<double>{0, 1, 2}));
  }
}

// pickle.dump({'a': m, 'b': m, ...}, protocol=4) of numpy.frombuffer(bytes of 'x', 'u1', 1000).
std::string one_array_under(std::size_t names) {
  const auto text = [](const std::string& value) {
    return "\x8c" + std::string(1, static_cast<char>(value.size())) + value;
  };
  std::string array = text("numpy.core.numeric") + text("_frombuffer") + "\x93(";   // STACK_GLOBAL, MARK
  array += std::string("B\xe8\x03\0\0", 5) + std::string(1000, 'x');                // BINBYTES
  array += text("numpy") + text("dtype") + "\x93" + text("u1") + "\x85R";           // TUPLE1, REDUCE
  array += std::string("M\xe8\x03\x85", 4) + text("C") + std::string("tR\x94", 3);  // shape, MEMOIZE
  std::string dict = "\x80\x04}(" + text("n0") + array;
  for (std::size_t i = 1; i < names; ++i)
    dict += text("n" + std::to_string(i)) + std::string("h\0", 2);  // GET
  return dict + "u.";
}

TEST(NumpyPickle, OneArrayMayStandUnderSeveralNames) {
  const std::string two = one_array_under(2);
  ASSERT_LT(two.size(), 2000u);
  const auto arrays = read_numpy_dict(as_bytes(two), "ref.pkl");
  ASSERT_EQ(arrays.size(), 2u);
  EXPECT_EQ(arrays[0].second.as_uint8(), arrays[1].second.as_uint8());
  const std::string many = one_array_under(100);
  EXPECT_NE(error_of([&] { read_numpy_dict(as_bytes(many), "ref.pkl"); }).find("larger than the file"),
            std::string::npos);
}

TEST(NumpyPickle, ObjectArraysAreRefused) {
  const MappedFile file(data_file("checkpoints/objects.pkl"));
  EXPECT_NE(
      error_of([&] { read_numpy_dict(file.bytes(), "ref.pkl"); }).find("numpy dtype 'O8' is not supported"),
      std::string::npos);
}

TEST(NumpyPickle, ASnapshotIsNotADictOfArrays) {
  EXPECT_NE(error_of([] {
              read_numpy_dict(as_bytes("]."), "ref.pkl");
            }).find("expected the file to be a dict, found a list"),
            std::string::npos);
}

}  // namespace
}  // namespace gdd
