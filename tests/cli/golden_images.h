// The images that gdd-sample made beside those that a family's own code made (tests/data/samples).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "archive/npz.h"

namespace gdd::testing {

inline std::vector<double> floats(const std::string& path, const std::string& name) {
  return NpzReader(path).read(name).as_float64();
}

// The last bits of a float32 network change with the processor's instruction set: `share` of the largest
// magnitude, and one uint8 in a thousand off by one. On a processor that computes alike they are equal.
// `folder` has out/image_pack.npz and float.npz.
inline void expect_images(const std::string& golden_file, const std::string& folder, double share,
                          const std::string& quantised = "images_uint8") {
  const NpzReader golden(golden_file);
  const std::vector<double> expected = golden.read("images_f64").as_float64(),
                            found = floats(folder + "/float.npz", "images");
  ASSERT_EQ(found.size(), expected.size());
  double largest = 1, difference = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    difference = std::max(difference, std::abs(found[i] - expected[i]));
  }
  EXPECT_LE(difference, share * largest);

  const NpzReader pack(folder + "/out/image_pack.npz");
  EXPECT_EQ(pack.has("arr_1"), golden.has("labels"));
  if (golden.has("labels")) {
    EXPECT_EQ(pack.read("arr_1").as_int64(), golden.read("labels").as_int64());
  }
  const std::vector<std::uint8_t> pixels = pack.read("arr_0").as_uint8(),
                                  wanted = golden.read(quantised).as_uint8();
  ASSERT_EQ(pixels.size(), wanted.size());
  std::size_t off = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    ASSERT_LE(std::abs(pixels[i] - wanted[i]), 1);
    off += pixels[i] != wanted[i];
  }
  EXPECT_LE(off, pixels.size() / 1000);
}

}  // namespace gdd::testing
