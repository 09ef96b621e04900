// The samplers on a network whose answers are known. Their bits against upstream's are
// tests/cli/sample_test.cpp's.
#include "samplers/sampler.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "gdd/error.h"

namespace gdd {
namespace {

// D(x; sigma) = 0.25 everywhere, and what it was asked.
struct Flat {
  std::vector<double> sigmas;
  std::vector<at::Tensor> inputs;
  Denoiser net{[this](const at::Tensor& x, const at::Tensor& sigma) {
                 inputs.push_back(x);
                 sigmas.push_back(sigma.reshape({-1})[0].item<double>());
                 return at::full_like(x, 0.25);
               },
               [](const at::Tensor& sigma) { return sigma; },
               {},
               0,
               1000};
};

at::Tensor latents() { return at::arange(12, at::kFloat).reshape({1, 3, 2, 2}); }
at::Tensor ones(at::ScalarType dtype) { return at::ones({1, 3, 2, 2}, dtype); }

TEST(OneStep, DenoisesTheLatentsAtSigmaMaxRoundedToFloat32) {
  Flat flat;
  SamplerOptions options;
  options.sigma_max = 2.1;
  const at::Tensor images = sample(options, flat.net, latents(), ones);
  EXPECT_EQ(flat.sigmas, std::vector<double>{static_cast<double>(2.1f)});
  EXPECT_TRUE(at::equal(flat.inputs[0], latents().to(at::kDouble) * static_cast<double>(2.1f)));
  EXPECT_EQ(images.scalar_type(), at::kDouble);
}

TEST(TwoStep, StopsAtMiddleInFloat64) {
  Flat flat;
  SamplerOptions options;
  options.sampler = "two_step";
  options.middle = 0.8;
  sample(options, flat.net, latents(), ones);
  EXPECT_EQ(flat.sigmas, (std::vector<double>{80, 0.8}));
}

TEST(MultiStep, EndsInTheNetworksAnswer) {
  Flat flat;
  SamplerOptions options;
  options.sampler = "multi_step";
  options.num_steps = 4;
  EXPECT_TRUE(
      at::equal(sample(options, flat.net, latents(), ones), at::full({1, 3, 2, 2}, 0.25, at::kDouble)));
  EXPECT_EQ(flat.sigmas.size(), 4u);
  EXPECT_NEAR(flat.sigmas[0], 80, 1e-9);
}

TEST(Edm, AsksTwiceAStepButForTheLast) {
  Flat flat;
  SamplerOptions options;
  options.sampler = "edm";
  options.num_steps = 5;
  sample(options, flat.net, latents(), ones);
  EXPECT_EQ(flat.sigmas.size(), 9u);
  EXPECT_NEAR(flat.sigmas.back(), 0.002, 1e-9);
}

TEST(Edm, KeepsToTheNoiseLevelsOfTheNetwork) {
  Flat flat;
  flat.net.sigma_min = 0.02;
  flat.net.sigma_max = 50;
  SamplerOptions options;
  options.sampler = "edm";
  options.num_steps = 3;
  sample(options, flat.net, latents(), ones);
  EXPECT_NEAR(flat.sigmas.front(), 50, 1e-9);
  EXPECT_NEAR(flat.sigmas.back(), 0.02, 1e-9);
}

TEST(Consistency, AddsFreshNoiseOfEachLevel) {
  Flat flat;
  SamplerOptions options;
  options.sampler = "consistency";
  options.mid_t = {1.5, 0.2};
  sample(options, flat.net, latents(), ones);
  EXPECT_EQ(flat.sigmas, (std::vector<double>{80, 1.5, 0.2}));
  EXPECT_NEAR(flat.inputs[1].max().item<double>(), 0.25 + 1.5, 1e-12);
}

TEST(Edm2, ComputesInFloat32AndAsksAsEdm) {
  Flat flat;
  SamplerOptions options;
  options.sampler = "edm2";
  options.num_steps = 5;
  EXPECT_EQ(sample(options, flat.net, latents(), ones).scalar_type(), at::kFloat);
  EXPECT_EQ(flat.sigmas.size(), 9u);
  EXPECT_EQ(flat.sigmas[0], 79.99998474121094);  // 80 after its seventh root, in float32
  for (const at::Tensor& input : flat.inputs) EXPECT_EQ(input.scalar_type(), at::kFloat);
}

TEST(Edm2, DrawsNoiseOnlyWhereItIsUsed) {
  Flat flat;
  SamplerOptions options;
  options.sampler = "edm2";
  options.num_steps = 5;
  std::size_t drawn = 0;
  const Noise counted = [&](at::ScalarType dtype) { return ++drawn, ones(dtype); };
  sample(options, flat.net, latents(), counted);
  EXPECT_EQ(drawn, 0u);
  options.S_churn = 2;
  options.S_min = 10;
  sample(options, flat.net, latents(), counted);
  EXPECT_EQ(drawn, 2u);  // at 80 and 17.5, not at 2.5 and below
}

TEST(Edm2, GuidesAwayFromTheGuide) {
  Flat flat;
  std::size_t asked = 0;
  flat.net.guide = [&](const at::Tensor& x, const at::Tensor&) { return ++asked, at::full_like(x, 0.125); };
  SamplerOptions options;
  options.sampler = "edm2";
  options.num_steps = 2;
  sample(options, flat.net, latents(), ones);
  EXPECT_EQ(asked, 0u);
  options.guidance = 3;
  // In the last step x becomes what is denoised: 0.125 + 3 (0.25 - 0.125).
  const at::Tensor images = sample(options, flat.net, latents(), ones);
  EXPECT_EQ(asked, 3u);
  EXPECT_LT((images - 0.5).abs().max().item<double>(), 1e-4);
}

// Unlike edm they do not keep to the network's range by themselves.
TEST(NoiseLevels, OfEdm2AndOpenAIMustBeTheNetworks) {
  for (const char* name : {"edm2", "openai_cm"}) {
    SamplerOptions options;
    options.sampler = name;
    const auto refused = [&](double low, double high) -> std::string {
      try {
        check_noise_levels(options, low, high);
      } catch (const Error& error) {
        return error.what();
      }
      return "";
    };
    EXPECT_EQ(refused(0.002, 80), "");
    EXPECT_NE(refused(0.003, 80).find("--sigma_min: this network knows noise levels from 0.003 to 80"),
              std::string::npos);
    EXPECT_NE(refused(0.002, 70).find("--sigma_max: this network knows"), std::string::npos);
    if (options.sampler == "openai_cm") options.ts = {0, 39};
    options.sigma_min = 1;
    options.sigma_max = 2;
    EXPECT_EQ(refused(0.5, 80), "");
    EXPECT_NE(refused(1.5, 80).find("--sigma_min"), std::string::npos);
    options.sigma_min = 2;
    EXPECT_NE(refused(0, 80).find("below 2"), std::string::npos);
  }
}

TEST(OpenAI, GoesThroughTheLevelsAskedForAndClamps) {
  Flat flat;
  flat.net.denoise = [&](const at::Tensor& x, const at::Tensor& sigma) {
    flat.sigmas.push_back(sigma[0].item<double>());
    flat.inputs.push_back(x);
    return at::full_like(x, 7);
  };
  SamplerOptions options;
  options.sampler = "openai_cm";
  options.num_steps = 40;
  EXPECT_TRUE(at::equal(sample(options, flat.net, latents(), ones), at::ones({1, 3, 2, 2})));
  EXPECT_EQ(flat.sigmas, std::vector<double>{79.99998474121094});
  options.ts = {0, 22, 39};
  flat.sigmas.clear();
  EXPECT_TRUE(at::equal(sample(options, flat.net, latents(), ones), at::ones({1, 3, 2, 2})));
  EXPECT_EQ(flat.sigmas, (std::vector<double>{80, static_cast<double>(1.3823679566485092f)}));
  EXPECT_NEAR(flat.inputs.back().max().item<double>(), 1 + 1.38236651, 1e-6);
}

TEST(SamplerOptions, RefuseNumbersThatAreNoneOrEndless) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(),
                   kInfinity = std::numeric_limits<double>::infinity();
  for (const double bad : {kNaN, kInfinity, -1.0}) {
    for (double SamplerOptions::*member :
         {&SamplerOptions::S_noise, &SamplerOptions::S_churn, &SamplerOptions::S_min}) {
      SamplerOptions options;
      options.*member = bad;
      EXPECT_THROW(check_options(options), Error) << bad;
    }
  }
  SamplerOptions options;
  options.num_steps = 1'000'000'000;
  EXPECT_THROW(check_options(options), Error);
}

TEST(SamplerOptions, RefuseWhatBelongsToAnotherSamplerOrIsOutOfRange) {
  const auto refused = [](auto change) {
    SamplerOptions options;
    change(options);
    try {
      check_options(options);
    } catch (const Error& error) {
      return error.kind() == Error::Kind::kUsage;
    }
    return false;
  };
  EXPECT_FALSE(refused([](SamplerOptions&) {}));
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.sampler = "euler"; }));
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.solver = "heun"; }));  // one_step has no solver
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.sampler = "edm", o.discretization = "x"; }));
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.mid_t = {1}; }));
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.sigma_max = 0; }));
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.sampler = "edm", o.num_steps = 1; }));
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.guidance = 2; }));
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.ts = {0, 17}; }));
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.sampler = "openai_cm", o.ts = {0, 18}; }));
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.sampler = "openai_cm", o.ts = {5}; }));
  EXPECT_FALSE(refused([](SamplerOptions& o) { o.sampler = "openai_cm", o.ts = {0, 17}; }));
  EXPECT_TRUE(refused([](SamplerOptions& o) { o.rho = std::numeric_limits<double>::quiet_NaN(); }));
}

}  // namespace
}  // namespace gdd
