#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "expect_error.h"
#include "networks/vae_state.h"

// The names and shapes of a VAE, a tensor a line: "decoder.conv_in.weight 64 4 3 3". Shapes are numbers of a
// few digits, as a file could hold no larger ones.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return run_target(data, size, [](gdd::Bytes bytes) {
    static const std::array<float, 1> kNumber{1};
    gdd::StateDict tensors;
    std::string_view text = gdd::as_text(bytes);
    while (!text.empty()) {
      std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      std::string name(line.substr(0, line.find(' ')));
      gdd::TensorView view{gdd::DType::kFloat32, {}, {}, 0, std::as_bytes(std::span(kNumber))};
      for (std::size_t at = line.find(' '); at != std::string_view::npos; at = line.find(' ', at + 1)) {
        std::int64_t side = 0;
        for (const char digit : line.substr(at + 1, 6)) {
          if (digit < '0' || digit > '9') break;
          side = 10 * side + (digit - '0');
        }
        view.shape.push_back(side);
        view.strides.push_back(0);
      }
      tensors.emplace_back(std::move(name), std::move(view));
    }
    const gdd::VaeState state = gdd::read_vae_state(tensors, "fuzz");
    if (state.layout.upscale() < 1 || state.layout.upscale() > 128) __builtin_trap();
  });
}
