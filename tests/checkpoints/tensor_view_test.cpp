#include "checkpoints/tensor_view.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace gdd {
namespace {

template <class T>
std::vector<float> converted(DType dtype, const std::vector<T>& values) {
  TensorView view;
  view.dtype = dtype;
  view.shape = {static_cast<std::int64_t>(values.size())};
  view.strides = {1};
  view.storage = std::as_bytes(std::span(values));
  std::vector<float> result(values.size());
  view.copy_as_float32(result.data());
  return result;
}

TEST(TensorView, HalvesAreConvertedExactly) {
  const std::vector<float> got = converted<std::uint16_t>(
      DType::kFloat16, {0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc100, 0x7bff, 0x7c00, 0x7e00});
  EXPECT_EQ(got[0], 0.0f);
  EXPECT_TRUE(std::signbit(got[1]));
  EXPECT_EQ(got[2], 0x1p-24f);
  EXPECT_EQ(got[3], 1023 * 0x1p-24f);
  EXPECT_EQ(got[4], 0x1p-14f);
  EXPECT_EQ(got[5], 1.0f);
  EXPECT_EQ(got[6], -2.5f);
  EXPECT_EQ(got[7], 65504.0f);
  EXPECT_EQ(got[8], std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(got[9]));
}

TEST(TensorView, OtherDTypesAreConverted) {
  EXPECT_EQ(converted<std::uint16_t>(DType::kBFloat16, {0x3f80, 0xc020}), (std::vector<float>{1, -2.5f}));
  EXPECT_EQ(converted<double>(DType::kFloat64, {0.1, 1 + 0x1p-24, 1 + 3 * 0x1p-24}),
            (std::vector<float>{0.1f, 1.0f, 1 + 0x1p-22f}));  // ties go to even
  EXPECT_EQ(converted<std::int64_t>(DType::kInt64, {-3, (1 << 24) + 1}), (std::vector<float>{-3, 1 << 24}));
  EXPECT_EQ(converted<std::int8_t>(DType::kInt8, {-1}), (std::vector<float>{-1}));
  EXPECT_EQ(converted<std::uint8_t>(DType::kUint8, {255}), (std::vector<float>{255}));
  EXPECT_EQ(converted<std::uint8_t>(DType::kBool, {0, 1}), (std::vector<float>{0, 1}));
}

TEST(TensorView, StridesAndOffsetAreFollowed) {
  std::vector<float> values(13);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  // [3, 4] at offset 1, transposed.
  const TensorView view{DType::kFloat32, {4, 3}, {1, 4}, 1, std::as_bytes(std::span(values))};
  EXPECT_FALSE(view.is_contiguous());
  std::vector<float> got(12);
  view.copy_as_float32(got.data());
  EXPECT_EQ(got, (std::vector<float>{1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12}));
}

TEST(TensorView, ContiguityIgnoresSizesOfOne) {
  EXPECT_TRUE((TensorView{DType::kFloat32, {3, 1, 4}, {4, 99, 1}, 0, {}}.is_contiguous()));
  EXPECT_TRUE((TensorView{DType::kFloat32, {}, {}, 0, {}}.is_contiguous()));
  EXPECT_FALSE((TensorView{DType::kFloat32, {3, 4}, {8, 2}, 0, {}}.is_contiguous()));
  EXPECT_TRUE((TensorView{DType::kFloat32, {0, 4}, {8, 2}, 0, {}}.is_contiguous()));
}

TEST(TensorView, UnalignedBytesAreFine) {
  std::vector<std::byte> bytes(9);
  const double value = 0.25;
  std::memcpy(bytes.data() + 1, &value, 8);
  const TensorView view{DType::kFloat64, {}, {}, 0, Bytes(bytes).subspan(1)};
  float got = 0;
  view.copy_as_float32(&got);
  EXPECT_EQ(got, 0.25f);
}

TEST(TensorView, NamesAndSizes) {
  EXPECT_EQ(item_size(DType::kBFloat16), 2u);
  EXPECT_STREQ(dtype_name(DType::kBFloat16), "bfloat16");
  EXPECT_EQ(item_size(DType::kBool), 1u);
  EXPECT_STREQ(dtype_name(DType::kBool), "bool");
}

}  // namespace
}  // namespace gdd
