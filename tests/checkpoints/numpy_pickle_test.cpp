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
