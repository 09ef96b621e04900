#include "images/digits.h"

#include <algorithm>
#include <string>

namespace gdd {
namespace {

// Rows from the top, '#' is ink.
constexpr const char* kDigits[] = {
    "####.##.##.####", ".#.##..#..#.###", "##...#.#.#..###", "##...#.#...###.", "#.##.####..#..#",
    "####..##...###.", ".###..####.####", "###..#.#..#..#.", "####.#####.####", "####.####..###.",
};
constexpr const char* kMinus = "......###......";

void draw_pixel(Image& image, int x, int y) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  const auto at =
      (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)) *
      static_cast<std::size_t>(image.channels);
  std::fill_n(image.pixels.begin() + static_cast<std::ptrdiff_t>(at), image.channels, std::uint8_t{0});
}

}  // namespace

void draw_number(Image& image, int x, int y, std::int64_t number) {
  for (const char letter : std::to_string(number)) {
    const char* ink = letter == '-' ? kMinus : kDigits[letter - '0'];
    for (int row = 0; row < kDigitHeight; ++row)
      for (int column = 0; column < kDigitWidth; ++column)
        if (*ink++ == '#') draw_pixel(image, x + column, y + row);
    x += kDigitWidth + 1;
  }
}

}  // namespace gdd
