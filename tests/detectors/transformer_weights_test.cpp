// Files that look like CLIP or DINOv2 and are not: one line each, with the name of what is wrong.
#include "detectors/transformer_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "base/memory_budget.h"
#include "detectors/describe_weights.h"
#include "detectors/detector.h"
#include "detectors/made_weights.h"
#include "detectors/transformer_detector.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::made_tensor;
using testing_support::made_weights;
using testing_support::MadeTensor;
using testing_support::safetensors_of;
using testing_support::TemporaryFolder;
using testing_support::write_text;

std::string error_with(const std::vector<MadeTensor>& tensors) {
  const std::string bytes = safetensors_of(tensors);
  const std::string error = error_of([&] {
    const StateDict state = Checkpoint::open(as_bytes(bytes), "f").state_dict();
    make_transformer_detector("0", *find_backbone(state, "f"), state, "f");
  });
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  EXPECT_TRUE(error.empty() || error.starts_with("f: ")) << error;
  return error;
}

MadeTensor& find(std::vector<MadeTensor>& tensors, const std::string& name) {
  return *std::ranges::find(tensors, name, &MadeTensor::name);
}

void EXPECT_SAYS(const std::string& error, const std::string& what) {
  EXPECT_NE(error.find(what), std::string::npos) << error;
}

class TransformerFaults : public testing::TestWithParam<const char*> {
 protected:
  std::vector<MadeTensor> weights_ = made_weights(GetParam());
};

TEST_P(TransformerFaults, AWeightThatIsMissingIsNamed) {
  const auto at = std::ranges::find_if(weights_, [](const MadeTensor& each) {
    return each.name.find(".1.") != std::string::npos && each.name.find("norm2.bias") != std::string::npos;
  });
  const auto place =
      at == weights_.end()
          ? std::ranges::find(weights_, "visual.transformer.resblocks.1.ln_2.bias", &MadeTensor::name)
          : at;
  ASSERT_NE(place, weights_.end());
  const std::string name = place->name;
  weights_.erase(place);
  EXPECT_SAYS(error_with(weights_), "1 weight is missing (" + name + ")");
}

TEST_P(TransformerFaults, AWeightOfNoneIsNamed) {
  weights_.push_back(made_tensor("more.weight", {3}));
  EXPECT_SAYS(error_with(weights_), "1 weight is unknown (more.weight)");
}

TEST_P(TransformerFaults, ANumberThatIsNoneIsNamed) {
  MadeTensor& last = *std::find_if(weights_.rbegin(), weights_.rend(), [](const MadeTensor& each) {
    return each.name.find("norm") != std::string::npos || each.name.find("ln_post") != std::string::npos;
  });
  last.values.back() = std::numeric_limits<float>::quiet_NaN();
  EXPECT_SAYS(error_with(weights_), "1 weight is not finite (" + last.name + ")");
}

INSTANTIATE_TEST_SUITE_P(All, TransformerFaults,
                         testing::Values("clip-openai", "clip-hf", "dinov2", "dinov2-hf", "dinov2-timm"),
                         [](const auto& case_info) {
                           std::string name = case_info.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(TransformerWeights, OfAnotherShapeAreNamed) {
  auto weights = made_weights("dinov2");
  find(weights, "blocks.1.attn.proj.weight") = made_tensor("blocks.1.attn.proj.weight", {128, 64});
  EXPECT_SAYS(error_with(weights),
              "not the DINOv2 that facebook's .pth publishes: 1 weight is of another shape "
              "(blocks.1.attn.proj.weight [128, 64], not [128, 128])");
}

TEST(TransformerWeights, OfWholeNumbersAreRefused) {
  auto weights = made_weights("dinov2");
  find(weights, "norm.bias").dtype = "I32";
  EXPECT_SAYS(error_with(weights), "weight norm.bias is of int32, not floating point");
}

TEST(TransformerWeights, GivenUnderTwoNamesAreRefused) {
  auto weights = made_weights("dinov2");
  weights.push_back(made_tensor("blocks.0.mlp.w3.bias", {128}));
  EXPECT_SAYS(error_with(weights), "1 weight is unknown (blocks.0.mlp.w3.bias)");
}

TEST(TransformerWeights, OfABlockWithAnOddNumberAreUnknown) {
  for (const char* number : {"01", "-1", "x", "99999999999999999999"}) {
    auto weights = made_weights("dinov2");
    weights.push_back(made_tensor("blocks." + std::string(number) + ".norm1.weight", {128}));
    EXPECT_SAYS(error_with(weights), "1 weight is unknown (blocks." + std::string(number) + ".norm1.weight)");
  }
  auto weights = made_weights("dinov2");
  weights.push_back(made_tensor("blocks.256.norm1.weight", {128}));
  EXPECT_SAYS(error_with(weights), "more than 256 blocks");
}

TEST(TransformerWeights, OfHeadsThatAreNot64WideAreRefused) {
  auto weights = made_weights("dinov2");
  for (MadeTensor& tensor : weights)
    tensor = made_tensor(tensor.name, [&] {
      std::vector<std::int64_t> shape = tensor.shape;
      for (std::int64_t& size : shape)
        if (size % 128 == 0) size = size / 128 * 96;
      return shape;
    }());
  EXPECT_SAYS(error_with(weights), "a width of 96, which is not of heads of 64");
}

// CLIP's ViT-H: 1280 = 20 * 64, but its heads are 80 wide.
TEST(TransformerWeights, OfAPublishedWidthWithOtherHeadsAreRefused) {
  std::vector<MadeTensor> weights = made_weights("clip-openai");
  find(weights, "visual.class_embedding") = made_tensor("visual.class_embedding", {1280});
  EXPECT_SAYS(error_with(weights), "a width of 1280, which is not of heads of 64");
}

TEST(TransformerWeights, OfPatchesThatDoNotDivideAnImageAreRefused) {
  auto weights = made_weights("dinov2");
  find(weights, "patch_embed.proj.weight") = made_tensor("patch_embed.proj.weight", {128, 3, 15, 15});
  EXPECT_SAYS(error_with(weights),
              "weight patch_embed.proj.weight [128, 3, 15, 15] is of patches that do not");
  find(weights, "pos_embed") = made_tensor("pos_embed", {1, 2, 128});
  find(weights, "patch_embed.proj.weight") = made_tensor("patch_embed.proj.weight", {1, 3, 256, 256});
  EXPECT_SAYS(error_with(weights), "divide images of 224 pixels a side");
}

// The shapes of SwiGLU where there is none.
TEST(TransformerWeights, OfAGatedLayerUnderAnotherNameAreRefused) {
  auto clip = made_weights("clip-openai");
  for (const char* kind : {"weight", "bias"}) {
    MadeTensor& up = find(clip, std::string("visual.transformer.resblocks.0.mlp.c_fc.") + kind);
    std::vector<std::int64_t> shape = up.shape;
    shape[0] *= 2;
    up = made_tensor(up.name, shape);
  }
  EXPECT_SAYS(error_with(clip), "of another shape (visual.transformer.resblocks.0.mlp.c_fc.bias");
  auto dino = made_weights("dinov2");
  for (const char* kind : {"weight", "bias"}) {
    MadeTensor& up = find(dino, std::string("blocks.0.mlp.fc1.") + kind);
    std::vector<std::int64_t> shape = up.shape;
    shape[0] *= 2;
    up = made_tensor(up.name, shape);
  }
  EXPECT_SAYS(error_with(dino), "of another shape (blocks.0.mlp.fc1.bias");
}

TEST(TransformerWeights, OfSigLIPAreNotTakenForATextSide) {
  EXPECT_SAYS(error_with({made_tensor("text_model.final_layer_norm.bias", {64}),
                          made_tensor("vision_model.head.probe", {1, 1, 64})}),
              "expected a detector, found SigLIP");
}

TEST(TransformerWeights, OfAGridThatIsNoSquareAreRefused) {
  auto weights = made_weights("dinov2");
  find(weights, "pos_embed") = made_tensor("pos_embed", {1, 1371, 128});
  EXPECT_SAYS(error_with(weights), "1371 positions, which are no square of patches and the class token");
}

TEST(TransformerWeights, WithoutElementsAreRefused) {
  auto weights = made_weights("dinov2");
  find(weights, "cls_token") = made_tensor("cls_token", {1, 0});
  EXPECT_SAYS(error_with(weights), "1 weight is of another shape (cls_token [1, 0])");
}

TEST(TransformerWeights, ThatNeedMoreMemoryThanAllowedAreRefusedBeforeTheyAreCopied) {
  const std::uint64_t before = memory_budget();
  set_memory_budget(1 << 20);
  const std::string error = error_with(made_weights("dinov2"));
  set_memory_budget(before);
  EXPECT_SAYS(error, "for its weights");
}

TEST(TransformerWeights, OfATextSideAloneAreRefused) {
  auto text = made_weights("clip-hf");
  std::erase_if(text, [](const MadeTensor& each) { return each.name.starts_with("vis"); });
  EXPECT_SAYS(error_with(text), "expected a detector, found CLIP's text side alone");
  text = made_weights("clip-openai");
  std::erase_if(text, [](const MadeTensor& each) { return each.name.starts_with("visual."); });
  EXPECT_SAYS(error_with(text), "expected a detector, found CLIP's text side alone");
}

TEST(TransformerWeights, OfAClipWithConvolutionsAreRefused) {
  EXPECT_SAYS(error_with({made_tensor("visual.layer1.0.conv1.weight", {4, 4, 1, 1}),
                          made_tensor("visual.attnpool.positional_embedding", {50, 64}),
                          made_tensor("token_embedding.weight", {64, 64})}),
              "found CLIP with a ResNet as its image side");
}

// Names of facebookresearch/dinov3, Hugging Face's DINOv3ViTModel and timm's vit_*_dinov3.
TEST(TransformerWeights, OfDinov3AreRefused) {
  EXPECT_SAYS(
      error_with({made_tensor("cls_token", {1, 1, 64}), made_tensor("mask_token", {1, 64}),
                  made_tensor("storage_tokens", {1, 4, 64}), made_tensor("rope_embed.periods", {16})}),
      "expected a detector, found DINOv3 (storage_tokens)");
  EXPECT_SAYS(error_with({made_tensor("embeddings.cls_token", {1, 1, 64}),
                          made_tensor("embeddings.register_tokens", {1, 4, 64}),
                          made_tensor("layer.0.attention.k_proj.weight", {64, 64})}),
              "expected a detector, found DINOv3 (no learned positions)");
  EXPECT_SAYS(error_with({made_tensor("cls_token", {1, 1, 64}), made_tensor("reg_token", {1, 4, 64}),
                          made_tensor("blocks.0.gamma_1", {64})}),
              "expected a detector, found DINOv3 (no learned positions)");
}

// open_clip's ViT-B-32 of LAION has GELU in place of CLIP's own, and the same names and shapes.
TEST(TransformerWeights, InOpenAIsNamesOutsideItsArchiveAreRefused) {
  const TemporaryFolder folder;
  write_text(folder / "open_clip.safetensors", safetensors_of(made_weights("clip-openai")));
  EXPECT_SAYS(error_of([&] { open_detector(folder / "open_clip.safetensors"); }), "but not OpenAI's archive");
  EXPECT_SAYS(error_of([&] { describe_detector(folder / "open_clip.safetensors"); }),
              "but not OpenAI's archive");
}

TEST(TransformerWeights, BesideAConfigOfAnotherActivationAreRefused) {
  const TemporaryFolder folder;
  write_text(folder / "model.safetensors", safetensors_of(made_weights("clip-hf")));
  const auto error_beside = [&](const std::string& config) {
    write_text(folder / "config.json", config);
    return error_of([&] { open_detector(folder / "model.safetensors"); });
  };
  for (const char* right :
       {R"({"vision_config":{"hidden_act":"quick_gelu"}})", R"({"vision_config":{}})", "{}",
        R"({"hidden_act":"quick_gelu"})", "no json", "[1]", R"({"vision_config":7})"})
    EXPECT_EQ(error_beside(right), "") << right;
  for (const char* wrong : {R"({"vision_config":{"hidden_act":"gelu"}})", R"({"hidden_act":"gelu"})"})
    EXPECT_SAYS(error_beside(wrong),
                "config.json: expected CLIP with quick_gelu, OpenAI's activation, found 'gelu'");
}

// Nothing in the weights tells how many heads they are of.
TEST(TransformerWeights, BesideAConfigOfOtherHeadsAreRefused) {
  for (const char* layout : {"clip-hf", "dinov2-hf"}) {  // 128 wide
    const TemporaryFolder folder;
    write_text(folder / "model.safetensors", safetensors_of(made_weights(layout)));
    const auto error_beside = [&](const std::string& config) {
      write_text(folder / "config.json", config);
      return error_of([&] { open_detector(folder / "model.safetensors"); });
    };
    EXPECT_EQ(error_beside(R"({"num_attention_heads":2})"), "") << layout;
    EXPECT_EQ(error_beside(R"({"vision_config":{"num_attention_heads":2},"num_attention_heads":8})"), "");
    for (const char* heads :
         {"3", "4", "0", "-2", "2.0", "\"2\"", "null", "[]", "18446744073709551615", "1e300"})
      EXPECT_SAYS(error_beside("{\"num_attention_heads\":" + std::string(heads) + "}"),
                  "config.json: expected 2 as 'num_attention_heads', heads of 64 in a width of 128, found ");
    EXPECT_SAYS(error_beside(R"({"vision_config":{"num_heads":12}})"), "expected 2 as 'num_heads'");
    const std::string nested = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_SAYS(error_beside(R"({"vision_config":{"num_heads":)" + nested + "}}"), "found array");
    EXPECT_SAYS(error_beside(R"({"hidden_act":"silu"})"), "found 'silu'");
  }
}

TEST(TransformerWeights, OfClipLeaveTheActivationOpenWithoutAConfig) {
  const TemporaryFolder folder;
  const auto doubt_of = [&](const char* layout) {
    write_text(folder / "model.safetensors", safetensors_of(made_weights(layout)));
    return open_detector(folder / "model.safetensors")->doubt();
  };
  EXPECT_SAYS(doubt_of("clip-hf"), "its activation is taken to be quick_gelu");
  EXPECT_EQ(doubt_of("dinov2-hf"), "");
  write_text(folder / "config.json", "no json");
  EXPECT_SAYS(doubt_of("clip-hf"), "no config.json beside it tells");
  EXPECT_SAYS(*describe_detector(folder / "model.safetensors"), "doubt: its activation");
  write_text(folder / "config.json", R"({"vision_config":{"hidden_act":"quick_gelu"}})");
  EXPECT_EQ(doubt_of("clip-hf"), "");
}

TEST(TransformerWeights, CutShortAreRefusedWhateverTheContainer) {
  const TemporaryFolder folder;
  for (const char* name : {"clip-openai.pt", "clip-hf.bin", "dinov2.pth", "dinov2-timm.safetensors"}) {
    const std::string whole = testing_support::read_text(std::string(GDD_TEST_DATA) + "/vit/" + name);
    write_text(folder / name, whole.substr(0, whole.size() - whole.size() / 3));
    const std::string error = error_of([&] { open_detector(folder / name); });
    EXPECT_TRUE(error.starts_with(folder / name)) << error;
  }
}

TEST(DescribeWeights, TellsDetectorProtocolsAndPreparation) {
  const auto text = describe_weights(std::string(GDD_TEST_DATA) + "/vit/dinov2.pth");
  ASSERT_TRUE(text);
  for (const char* line : {"detector: dinov2-vit64x1-8 (DINOv2's image side as facebook's .pth has it)\n",
                           "network: 1 blocks of width 64, 1 heads, patches of 8x8\n", "features: 64\n",
                           "protocols: dgm-eval (default), dgm-eval-clean, edm2\n",
                           "; positions 5x5 to 28x28 by bicubic, scale 28.1/5\n", "sha256: "})
    EXPECT_NE(text->find(line), std::string::npos) << *text;
  EXPECT_EQ(recognise_family(std::string(GDD_TEST_DATA) + "/vit/dinov2.pth"), Family::kDinov2);
  EXPECT_EQ(recognise_family(std::string(GDD_TEST_DATA) + "/vit/clip-openai.pt"), Family::kClip);
}

// As --json makes them beside features and weights.
TEST(DescribeWeights, IsNotMisledByAReportBesideTheFile) {
  const TemporaryFolder folder;
  const std::string data = GDD_TEST_DATA;
  for (const char* name :
       {"vit/dinov2.pth", "vit/dinov2-timm.safetensors", "vit/expected.npz", "detectors/constants.pb"}) {
    const std::string path = folder / std::filesystem::path(name).filename().string();
    write_text(path, testing_support::read_text(data + "/" + name));
    write_text(path + ".json", "{}");
  }
  EXPECT_EQ(open_detector(folder / "dinov2.pth")->name(), "dinov2-vit64x1-8");
  EXPECT_EQ(open_detector(folder / "dinov2-timm.safetensors")->name(), "dinov2-vit64x1-8");
  EXPECT_TRUE(describe_detector(folder / "dinov2.pth"));
  EXPECT_FALSE(describe_weights(folder / "expected.npz"));
}

TEST(DescribeWeights, KnowsWhatIsNoDetector) {
  const std::string data = GDD_TEST_DATA;
  EXPECT_FALSE(describe_detector(data + "/networks/tiny.pkl"));
  EXPECT_NE(describe_weights(data + "/networks/tiny.pkl")->find("a snapshot of a network that makes images"),
            std::string::npos);
  EXPECT_NE(describe_weights(data + "/checkpoints/state.zip.pth")->find("weights of no detector"),
            std::string::npos);
  for (const char* other : {"/checkpoints/edm2.pkl", "/vit/expected.npz", "/vit/image0.png", "/vit", "/none"})
    EXPECT_FALSE(describe_weights(data + other)) << other;
  EXPECT_NE(describe_weights(data + "/detectors/tiny.pt")->find("TorchScript, described by "),
            std::string::npos);
}

}  // namespace
}  // namespace gdd
