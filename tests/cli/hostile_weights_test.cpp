// State dicts that are not what they are given for, made of good ones while the test runs: one clear line
// that leads to the fault, exit 1, and nothing written. As --vae of gdd-sample, and as the network of
// gdd-convert.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <ostream>
#include <vector>

#include "checkpoints/checkpoint.h"
#include "cli/run_program.h"
#include "support/safetensors_file.h"

namespace gdd::testing {
namespace {

using testing_support::MadeTensor;
using testing_support::write_text;
using Tensors = std::vector<MadeTensor>;
using Damage = std::function<void(Tensors&)>;

std::string data_file(const std::string& name) { return std::string(GDD_TEST_DATA) + "/" + name; }

Tensors read_tensors(const std::string& name) {
  const Checkpoint checkpoint = Checkpoint::open(data_file(name));
  Tensors tensors;
  for (const auto& [key, view] : checkpoint.state_dict()) {
    tensors.push_back({key, view.shape, std::vector<float>(static_cast<std::size_t>(view.numel()))});
    view.copy_as_float32(tensors.back().values.data());
  }
  return tensors;
}

MadeTensor& tensor_of(Tensors& tensors, const std::string& name) {
  const auto found = std::ranges::find(tensors, name, &MadeTensor::name);
  if (found == tensors.end()) throw std::logic_error(name);
  return *found;
}

Damage without(const std::string& start) {
  return [=](Tensors& tensors) {
    std::erase_if(tensors, [&](const auto& tensor) { return tensor.name.starts_with(start); });
  };
}
Damage with(const std::string& name) {
  return [=](Tensors& tensors) { tensors.push_back({name, {1}, {0.5F}}); };
}
Damage shaped(const std::string& name, const std::vector<std::int64_t>& shape) {
  return [=](Tensors& tensors) { tensor_of(tensors, name).shape = shape; };
}
Damage spoiled(const std::string& name) {
  return [=](Tensors& tensors) { tensor_of(tensors, name).values.back() = std::nanf(""); };
}
Damage renamed(const std::string& from, const std::string& to) {
  return [=](Tensors& tensors) {
    for (MadeTensor& tensor : tensors)
      if (tensor.name.starts_with(from)) tensor.name = to + tensor.name.substr(from.size());
  };
}

// Flux's decoder takes 16 channels, with no convolution before it.
void make_flux(Tensors& tensors) {
  without("post_quant_conv.")(tensors);
  MadeTensor& first = tensor_of(tensors, "decoder.conv_in.weight");
  first.shape[1] = 16;
  first.values.assign(static_cast<std::size_t>(first.shape[0] * 16 * 9), 0.5F);
}

struct Variant {
  std::string what, told;
  Damage damage;
};
void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.what; }
std::string name_of(const ::testing::TestParamInfo<Variant>& row) { return row.param.what; }

class HostileWeights : public ::testing::Test {
 protected:
  std::string damaged(const std::string& good, const Damage& damage) const {
    Tensors tensors = read_tensors(good);
    damage(tensors);
    write_text(path_, safetensors_of(tensors));
    return path_;
  }
  // The line names the file that was given.
  void expect_refusal(const Outcome& outcome, const std::string& file, const std::string& told) const {
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_NE(outcome.err.find(": error: " + file), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(told), std::string::npos)
        << "expected: " << told << "\nfound: " << outcome.err;
    const std::filesystem::path out = folder_ / "out";  // a folder is made to try whether it can be
    EXPECT_TRUE(!std::filesystem::exists(out) || std::filesystem::is_empty(out));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out.pt"));
  }
  void expect_no_vae(const std::string& file, const std::string& told) const {
    expect_refusal(
        run_program("gdd-sample", "--device cpu --seeds 0 --network '" + data_file("vae/edm2-latent.pkl") +
                                      "' --outdir '" + folder_ / "out" + "' --vae '" + file + "'"),
        file, told);
  }
  void expect_no_network(const std::string& file, const std::string& told,
                         const std::string& flags = "") const {
    expect_refusal(run_program("gdd-convert", "'" + file + "' '" + folder_ / "out.pt" + "' " + flags), file,
                   told);
  }

  ScratchFolder folder_;
  std::string path_ = folder_ / "cd_weights.safetensors";
};

class HostileVae : public HostileWeights, public ::testing::WithParamInterface<Variant> {};
TEST_P(HostileVae, IsRefusedByName) {
  expect_no_vae(damaged("vae/small.safetensors", GetParam().damage), GetParam().told);
}
INSTANTIATE_TEST_SUITE_P(
    Files, HostileVae,
    ::testing::Values(
        Variant{"TooMany", "expected no other tensors in a AutoencoderKL, found 'extra'", with("extra")},
        Variant{"TooFew", "decoder.mid_block.attentions.0.to_q.bias: expected a tensor of shape [32]",
                without("decoder.mid_block.attentions.0.to_q.bias")},
        Variant{"OfAnotherShape", "decoder.conv_out.weight: expected shape [3, 64, 3, 3], found [3, 9, 8, 8]",
                shaped("decoder.conv_out.weight", {3, 9, 8, 8})},
        Variant{"NotANumber", "decoder.conv_out.bias", spoiled("decoder.conv_out.bias")},
        Variant{"VqModel", "found a VQ model", with("quantize.embedding.weight")},
        Variant{"Flux", "a VAE of 16 latent channels without it, as Flux's", make_flux},
        Variant{"UNet", "found a U-Net", renamed("decoder.", "time_embedding.")}),
    name_of);

class HostileDmd2 : public HostileWeights, public ::testing::WithParamInterface<Variant> {};
TEST_P(HostileDmd2, IsRefusedByName) {
  expect_no_network(damaged("networks/dmd2-adm-cond.zip.bin", GetParam().damage), GetParam().told);
}
INSTANTIATE_TEST_SUITE_P(
    Files, HostileDmd2,
    ::testing::Values(
        Variant{"TooMany", "expected no other tensors in a Linear, found 'scale'",
                with("model.map_layer0.scale")},
        Variant{"TooFew", "model.enc.16x16_block0.norm1.bias: expected a tensor of shape [16], found none",
                without("model.enc.16x16_block0.norm1.bias")},
        Variant{"OfAnotherShape", "model.enc.16x16_block0.norm1.bias: expected shape [16], found [4, 4]",
                shaped("model.enc.16x16_block0.norm1.bias", {4, 4})},
        Variant{"NotANumber", "model.enc.16x16_block0.norm1.bias",
                spoiled("model.enc.16x16_block0.norm1.bias")},
        Variant{"Unknown", "of no network that is known", renamed("model.", "net.")}),
    name_of);

class HostileOpenAI : public HostileWeights, public ::testing::WithParamInterface<Variant> {};
TEST_P(HostileOpenAI, IsRefusedByName) {
  expect_no_network(damaged("networks/openai-cm-cond.pt", GetParam().damage), GetParam().told,
                    "--assume image_size=16 --assume num_head_channels=16");
}
INSTANTIATE_TEST_SUITE_P(
    Files, HostileOpenAI,
    ::testing::Values(Variant{"TooMany", "no place for: 'input_blocks.1.0.in_layers.7.weight'",
                              with("input_blocks.1.0.in_layers.7.weight")},
                      Variant{"TooFew", "'middle_block.0.in_layers.2.weight', found none",
                              without("middle_block.0.in_layers.2.weight")},
                      Variant{"OfAnotherShape", "model.map_layer1", shaped("time_embed.2.bias", {2, 64})},
                      Variant{"NotANumber", "model.map_layer1", spoiled("time_embed.2.bias")}),
    name_of);

// Whole files of another kind, wherever weights are given.
class HostileKinds : public HostileWeights {};
TEST_F(HostileKinds, AreRefusedByName) {
  expect_no_vae(data_file("networks/dmd2-adm-cond.zip.bin"), "expected a VAE");
  expect_no_vae(data_file("networks/openai-cm-cond.pt"), "expected a VAE");
  expect_no_vae(data_file("vae/edm2-latent.pkl"), "found a file of modules");
  expect_no_network(data_file("vae/small.safetensors"), "expected a network, found a VAE");
  expect_no_network(data_file("vae/tiny.compvis.safetensors"), "expected a network, found a VAE");
  const std::string optimizer = data_file("checkpoints/optimizer.zip.pth");
  expect_no_vae(optimizer, "expected entry 'state' of the state dict to be a tensor");
  expect_no_network(optimizer, "the state of an optimizer, not a network");
  const std::string flax = folder_ / "diffusion_flax_model.msgpack";
  write_text(flax,
             "\x82\xa7"
             "decoder\x80\xa7"
             "encoder\x80");
  expect_no_vae(flax, "a state of Flax");
  expect_no_network(flax, "a state of Flax");
}

}  // namespace
}  // namespace gdd::testing
