// The decoder of a VAE, compared with what diffusers computes from the same weights, in every layout that
// users have; and what is no such decoder, in one line that names it.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "checkpoints/checkpoint.h"
#include "compute/compute.h"
#include "networks/golden_tensors.h"
#include "networks/network.h"
#include "networks/vae_decoder.h"
#include "networks/vae_state.h"
#include "support/safetensors_file.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::expect_close;
using testing_support::MadeTensor;
using testing_support::read_tensor;
using testing_support::safetensors_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;

std::string vae_file(const std::string& name) { return std::string(GDD_TEST_DATA) + "/vae/" + name; }

class VaeLayouts : public testing::TestWithParam<const char*> {};

// Latents of odd sides and of one row too.
TEST_P(VaeLayouts, DecodeAsDiffusers) {
  const std::string file = GetParam(), name = file.substr(0, file.find('.'));
  const VaeDecoder vae = VaeDecoder::open(vae_file(file));
  const NpzReader golden(vae_file("decoded.npz"));
  for (const char* size : {"8x8", "5x7", "1x3"}) {
    const std::string tag = name + "_" + size;
    expect_close(vae.decode(read_tensor(golden, tag + "_latents")), read_tensor(golden, tag + "_images"));
  }
  EXPECT_EQ(vae.info().latent_channels, 4);
  EXPECT_EQ(vae.info().image_channels, 3);
  EXPECT_EQ(vae.info().upscale, name == "small" ? 2 : 1);
  EXPECT_EQ(vae.info().sha256.size(), 64u);
}

INSTANTIATE_TEST_SUITE_P(Files, VaeLayouts,
                         testing::Values("small.safetensors", "tiny.old.zip.bin", "tiny.old.legacy.bin",
                                         "tiny.compvis.safetensors"),
                         [](const auto& row) {
                           std::string name = row.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(VaeDecoder, TakesMoreMemoryWhereItsImagesAreLarger) {
  const VaeDecoder vae = VaeDecoder::open(vae_file("small.safetensors"));
  // Seven times 64 channels of 2 x 2 floats.
  EXPECT_DOUBLE_EQ(vae.activation_bytes(1), 7 * 64 * 4 * 4.0);
  EXPECT_DOUBLE_EQ(vae.activation_bytes(8), 64 * vae.activation_bytes(1));
}

TEST(VaeDecoder, RefusesLatentsOfOtherChannels) {
  const VaeDecoder vae = VaeDecoder::open(vae_file("tiny.old.zip.bin"));
  EXPECT_NE(error_of([&] {
              vae.decode(at::zeros({1, 3, 8, 8}));
            }).find("expected latents [N, 4, H, W]"),
            std::string::npos);
}

using Tensors = std::vector<MadeTensor>;

Tensors read_tensors(const std::string& name) {
  const Checkpoint checkpoint = Checkpoint::open(vae_file(name));
  Tensors tensors;
  for (const auto& [key, view] : checkpoint.state_dict()) {
    tensors.push_back({key, view.shape, std::vector<float>(static_cast<std::size_t>(view.numel()))});
    view.copy_as_float32(tensors.back().values.data());
  }
  return tensors;
}

// What opening such a file after `damage` says; empty where it opens.
std::string error_after(const std::string& name, const std::function<void(Tensors&)>& damage) {
  const TemporaryFolder folder;
  Tensors tensors = read_tensors(name);
  damage(tensors);
  write_text(folder / "vae.safetensors", safetensors_of(tensors));
  const std::string error = error_of([&] { VaeDecoder::open(folder / "vae.safetensors"); });
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  if (!error.empty()) {
    EXPECT_EQ(error.rfind(folder / "vae.safetensors", 0), 0u) << error;
  }
  return error;
}

void expect_text(const std::string& error, const std::string& text) {
  EXPECT_NE(error.find(text), std::string::npos) << "expected: " << text << "\nfound: " << error;
}

auto without(const std::string& name) {
  return [name](Tensors& tensors) {
    ASSERT_EQ(std::erase_if(tensors, [&](const auto& tensor) { return tensor.name.starts_with(name); }) > 0,
              true);
  };
}
auto with(const std::string& name, std::vector<std::int64_t> shape = {1}) {
  return [name, shape](Tensors& tensors) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    tensors.push_back({name, shape, std::vector<float>(static_cast<std::size_t>(count), 0.5F)});
  };
}
auto renamed(const std::string& from, const std::string& to) {
  return [from, to](Tensors& tensors) {
    for (MadeTensor& tensor : tensors)
      if (tensor.name.starts_with(from)) tensor.name = to + tensor.name.substr(from.size());
  };
}

constexpr const char* kSmall = "small.safetensors";
constexpr const char* kCompVis = "tiny.compvis.safetensors";

TEST(VaeState, IsReadInAnyOrderAndWithoutItsEncoder) {
  EXPECT_EQ(error_after(kSmall, [](Tensors& tensors) { std::ranges::reverse(tensors); }), "");
  EXPECT_EQ(error_after(kSmall, without("encoder.")), "");
  EXPECT_EQ(error_after(kSmall, without("quant_conv.")), "");
  EXPECT_EQ(error_after(kCompVis, with("model_ema.decay")), "");
  EXPECT_EQ(error_after(kCompVis, with("loss.logvar")), "");
}

// The model's own repository counts resolutions from the image.
TEST(VaeState, IsTheSameUnderTheNamesOfItsOwnRepository) {
  const TemporaryFolder folder;
  Tensors tensors = read_tensors(kSmall);
  without("encoder.")(tensors);
  for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
           {"decoder.up_blocks.0.resnets.", "decoder.up.1.block."},
           {"decoder.up_blocks.0.upsamplers.0.", "decoder.up.1.upsample."},
           {"decoder.up_blocks.1.resnets.0.conv_shortcut.", "decoder.up.0.block.0.nin_shortcut."},
           {"decoder.up_blocks.1.resnets.", "decoder.up.0.block."},
           {"decoder.mid_block.resnets.0.", "decoder.mid.block_1."},
           {"decoder.mid_block.resnets.1.", "decoder.mid.block_2."},
           {"decoder.mid_block.attentions.0.group_norm.", "decoder.mid.attn_1.norm."},
           {"decoder.mid_block.attentions.0.to_q.", "decoder.mid.attn_1.q."},
           {"decoder.mid_block.attentions.0.to_k.", "decoder.mid.attn_1.k."},
           {"decoder.mid_block.attentions.0.to_v.", "decoder.mid.attn_1.v."},
           {"decoder.mid_block.attentions.0.to_out.0.", "decoder.mid.attn_1.proj_out."},
           {"decoder.conv_norm_out.", "decoder.norm_out."}})
    renamed(from, to)(tensors);
  write_text(folder / "vae.safetensors", safetensors_of(tensors));
  const at::Tensor z = read_tensor(NpzReader(vae_file("decoded.npz")), "small_5x7_latents");
  EXPECT_TRUE(VaeDecoder::open(folder / "vae.safetensors")
                  .decode(z)
                  .equal(VaeDecoder::open(vae_file(kSmall)).decode(z)));
}

TEST(VaeState, NamesATensorTooFew) {
  expect_text(
      error_after(kSmall, without("decoder.up_blocks.1.resnets.0.conv_shortcut.weight")),
      "decoder.up_blocks.1.resnets.0.conv_shortcut.weight: expected a tensor of shape [64, 32, 1, 1], "
      "found none");
  expect_text(error_after(kSmall, without("decoder.up_blocks.1.resnets.0.conv_shortcut")),
              "decoder.up_blocks.1.resnets.0: expected a child module 'conv_shortcut' in a ResnetBlock2D");
  expect_text(error_after(kSmall, without("decoder.mid_block.attentions.0.to_out.0.bias")),
              "decoder.mid_block.attentions.0.to_out.0.bias: expected a tensor of shape [32], found none");
  expect_text(error_after(kSmall, without("decoder.up_blocks.1.resnets.1")),
              "decoder.up_blocks.1: expected 2 resnets, as in the first, found 1");
  expect_text(error_after(kSmall, without("decoder.up_blocks.0.upsamplers")),
              "expected tensors of decoder.up_blocks.0.upsamplers, found none");
  expect_text(error_after(kSmall, without("decoder.up_blocks.0")), "expected tensors of decoder.up_blocks.0");
  expect_text(error_after(kSmall, without("decoder.up_blocks.1")),
              "decoder.up_blocks.0: expected the last resolution to have no upsampler");
  expect_text(error_after(kSmall, without("decoder.conv_in.weight")), "decoder.conv_in.weight', found none");
  expect_text(error_after(kCompVis, without("decoder.mid.attn_1.q.weight")),
              "decoder.mid_block.attentions.0.to_q.weight: expected a tensor of shape [32, 32], found none");
}

TEST(VaeState, NamesATensorTooMany) {
  expect_text(error_after(kSmall, with("decoder.up_blocks.0.resnets.0.conv3.weight")),
              "expected no child module 'conv3' in a ResnetBlock2D");
  expect_text(error_after(kSmall, with("decoder.conv_in.gain")), "expected no other tensors in a Conv2d");
  expect_text(error_after(kSmall, with("extra")),
              "expected no other tensors in a AutoencoderKL, found 'extra'");
  expect_text(error_after(kSmall, with("bottleneck.weight")), "expected no child module 'bottleneck'");
  expect_text(error_after(kSmall, with("decoder..x")), "'decoder..x' is no name of a VAE's tensor");
  expect_text(error_after(kSmall, with(std::string(300, 'x'))),
              "expected names of tensors of at most 256 bytes");
  expect_text(error_after(kCompVis, with("decoder.up.0.attn.0.q.weight")), "'attn'");
  expect_text(error_after(kCompVis, with("decoder.up.99999999999999999999.x")),
              "expected no child module 'up'");
}

// The same weight under an old and a new name.
TEST(VaeState, NamesATensorThatIsThereTwice) {
  expect_text(error_after(kSmall, with("decoder.mid_block.attentions.0.query.weight", {32, 32})),
              "two tensors that are 'decoder.mid_block.attentions.0.to_q.weight'");
  expect_text(error_after(kCompVis, with("decoder.up_blocks.0.resnets.0.conv1.bias", {32})),
              "two tensors that are 'decoder.up_blocks.0.resnets.0.conv1.bias'");
}

TEST(VaeState, NamesATensorOfAnotherShape) {
  const auto shaped = [](const std::string& name, std::vector<std::int64_t> shape) {
    return [name, shape](Tensors& tensors) {
      for (MadeTensor& tensor : tensors)
        if (tensor.name == name) tensor.shape = shape;
    };
  };
  expect_text(error_after(kSmall, shaped("decoder.mid_block.attentions.0.to_q.weight", {1024})),
              "decoder.mid_block.attentions.0.to_q.weight: expected shape [32, 32], found [1024]");
  expect_text(error_after(kSmall, shaped("decoder.conv_out.weight", {3, 9, 8, 8})),
              "decoder.conv_out.weight: expected shape [3, 64, 3, 3], found [3, 9, 8, 8]");
  expect_text(
      error_after(kSmall, shaped("decoder.up_blocks.0.resnets.1.conv1.weight", {288, 32, 1, 1})),
      "decoder.up_blocks.0.resnets.1.conv1.weight: expected shape [32, 32, 3, 3], found [288, 32, 1, 1]");
  // The tensor that tells a resolution's channels.
  expect_text(error_after(kSmall, shaped("decoder.up_blocks.0.resnets.0.conv1.weight", {288, 32, 1, 1})),
              "decoder.conv_in.weight: expected shape [288, 4, 3, 3], found [32, 4, 3, 3]");
  expect_text(error_after(kSmall, shaped("decoder.up_blocks.0.resnets.0.conv1.weight", {24, 384})),
              "expected a multiple of 32 channels, which are normalised in so many groups, found 24");
}

TEST(VaeState, NamesAFileOfAnotherArchitecture) {
  expect_text(error_after(kSmall, with("quantize.embedding.weight")), "found a VQ model");
  expect_text(error_after(kSmall, renamed("decoder.", "decoder.layers.")), "found a tiny autoencoder");
  expect_text(error_after(kSmall, renamed("decoder.", "time_embedding.")), "found a U-Net");
  expect_text(error_after(kSmall, renamed("decoder.", "first_stage_model.decoder.")),
              "found a whole checkpoint of Stable Diffusion");
  expect_text(error_after(kSmall, without("decoder.")),
              "expected a VAE, with a tensor 'decoder.conv_in.weight'");
  expect_text(
      error_after(kSmall, without("post_quant_conv.")),
      "expected a tensor post_quant_conv.weight, found none: a VAE of 4 latent channels without it, as "
      "Flux's and SD3's");
  for (const char* other : {"networks/dmd2-adm-cond.zip.bin", "networks/openai-cm-cond.pt"}) {
    const std::string error = error_of([&] { VaeDecoder::open(std::string(GDD_TEST_DATA) + "/" + other); });
    expect_text(error, "expected a VAE");
    expect_text(error, "stabilityai/sd-vae-ft-mse");
  }
  expect_text(error_of([] { VaeDecoder::open(vae_file("edm2-latent.pkl")); }), "found a file of modules");
  expect_text(error_of([] { VaeDecoder::open(vae_file("decoded.npz")); }), "decoded.npz");
  const std::string optimizer = std::string(GDD_TEST_DATA) + "/checkpoints/optimizer.zip.pth";
  expect_text(error_of([&] { VaeDecoder::open(optimizer); }),
              "expected entry 'state' of the state dict to be a tensor");
  const TemporaryFolder folder;
  write_text(folder / "diffusion_flax_model.msgpack",
             "\x82\xa7"
             "decoder\x80\xa7"
             "encoder\x80");
  expect_text(error_of([&] { VaeDecoder::open(folder / "diffusion_flax_model.msgpack"); }),
              "a state of Flax");
}

TEST(VaeState, IsNoNetwork) {
  expect_text(error_of([] { Network::open(vae_file(kSmall), true); }),
              "expected a network, found a VAE; give it as --vae");
}

TEST(VaeState, BoundsWhatIsReadOfIt) {
  expect_text(error_after(kSmall,
                          [](Tensors& tensors) {
                            for (int i = 0; i < 5000; ++i)
                              with("decoder.x" + std::to_string(i) + ".w")(tensors);
                          }),
              "expected at most 4096 tensors of a decoder");
  expect_text(error_after(kSmall, with("decoder.up_blocks.99.resnets.0.conv1.weight")),
              "expected tensors of decoder.up_blocks.2, found none");
  std::string deep = "decoder";
  for (int i = 0; i < 70; ++i) deep += ".a";
  expect_text(error_after(kSmall, with(deep)), "is no name of a VAE's tensor");
}

}  // namespace
}  // namespace gdd
