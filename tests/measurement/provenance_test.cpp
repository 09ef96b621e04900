#include "measurement/provenance.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gdd/error.h"
#include "measurement/merge_features.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::TemporaryFolder;

Provenance made_with(const std::string& layers, const std::string& weights = "aa") {
  Provenance made;
  made.protocol = "edm";
  made.alike = {"edm", "adm"};
  made.preparation = "tf1-bilinear to 299x299, (v - 128) / 128";
  made.detector = "inception-2015-12-05";
  made.weights_sha256 = weights;
  made.layers = layers;
  made.images = 2;
  made.version = "0";
  return made;
}

std::string write(const TemporaryFolder& folder, const std::string& name, const Provenance& made) {
  NpzWriter npz(folder / name);
  const std::vector<std::int64_t> counts = {2, 0, 0, 4, 4};
  const std::vector<std::uint8_t> hashes(128, 'a');
  npz.add("features", {2, 2}, std::span<const float>(std::vector<float>{1, 2, 3, 4}));
  npz.add("image_sha256", {2, 64}, std::span<const std::uint8_t>(hashes));
  npz.add("image_counts", {5}, std::span<const std::int64_t>(counts));
  add_provenance(npz, made);
  npz.commit();
  return folder / name;
}

TEST(Provenance, KeepsThePrecisionOfLayersInAFile) {
  const TemporaryFolder folder;
  for (const std::string layers : {"float32", "bfloat16"}) {
    const auto found = read_provenance(FeatureInput(write(folder, layers + ".npz", made_with(layers))));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->layers, layers);
  }
  EXPECT_EQ(made_with("float32").text().find("layers"), std::string::npos);
  EXPECT_NE(made_with("bfloat16").text().find(", bfloat16 layers"), std::string::npos);
}

TEST(Provenance, TellsThatLayersOfTwoPrecisionsAreCompared) {
  const auto remark = [](const Provenance& a, const Provenance& b) {
    return compare_provenance("a.npz", a, "b.npz", b);
  };
  EXPECT_EQ(remark(made_with("bfloat16"), made_with("bfloat16")), "");
  const std::string mixed = "its features are of bfloat16 layers, those of b.npz of float32";
  EXPECT_NE(remark(made_with("bfloat16"), made_with("float32")).find(mixed), std::string::npos);
  const std::string both =
      remark(made_with("bfloat16", "aa"), made_with("float32", "bb"));  // and other files
  EXPECT_NE(both.find(mixed), std::string::npos) << both;
  EXPECT_NE(both.find("right only if both files hold the same weights"), std::string::npos) << both;
}

TEST(Provenance, PartsOfTwoPrecisionsMakeNoWhole) {
  const TemporaryFolder folder;
  const std::string exact = write(folder, "exact.npz", made_with("float32")),
                    reduced = write(folder, "reduced.npz", made_with("bfloat16"));
  const std::string error = error_of([&] { merge_features({exact, reduced}, folder / "whole.npz"); });
  EXPECT_NE(error.find("reduced.npz: its features are of bfloat16 layers, those of "), std::string::npos)
      << error;
  merge_features({reduced, reduced}, folder / "whole.npz");
  EXPECT_EQ(read_provenance(FeatureInput(folder / "whole.npz"))->layers, "bfloat16");
}

Provenance made_by_dino(const std::string& weights) {
  Provenance made = made_with("float32", weights);
  made.family = Family::kDinov2;
  made.protocol = "dgm-eval";
  made.alike = {"dgm-eval"};
  made.detector = "dinov2-vitl14";
  return made;
}

TEST(Provenance, KeepsTheFamilyInAFileButForInception) {
  const TemporaryFolder folder;
  const FeatureInput dino(write(folder, "dino.npz", made_by_dino("aa")));
  EXPECT_EQ(read_provenance(dino)->family, Family::kDinov2);
  const FeatureInput inception(write(folder, "inception.npz", made_with("float32")));
  EXPECT_EQ(read_provenance(inception)->family, Family::kInception);
  const std::vector<std::uint8_t> text = inception.read("provenance").as_uint8();
  EXPECT_EQ(std::string(text.begin(), text.end()).find("family"), std::string::npos);
}

// facebook's .pth and another file of it may hold the same; a network of another name does not.
TEST(Provenance, WarnsOfOneVisionTransformerInTwoFiles) {
  EXPECT_EQ(compare_provenance("a", made_by_dino("aa"), "b", made_by_dino("aa")), "");
  EXPECT_NE(compare_provenance("a", made_by_dino("aa"), "b", made_by_dino("bb")).find("right only if"),
            std::string::npos);
  Provenance other = made_by_dino("bb");
  other.detector = "dinov2-vitb14";
  EXPECT_NE(error_of([&] { compare_provenance("a", made_by_dino("aa"), "b", other); }).find("dinov2-vitb14"),
            std::string::npos);
  // Somebody's TorchScript under the same name is another network.
  Provenance script = made_by_dino("bb");
  script.family = Family::kInception;
  EXPECT_NE(error_of([&] { compare_provenance("a", script, "b", made_by_dino("aa")); }).find("was made by"),
            std::string::npos);
}

TEST(Provenance, TheProtocolThatGoesWithoutSayingIsOfWhatMadeTheFile) {
  const TemporaryFolder folder;
  const FeatureInput dino(write(folder, "dino.npz", made_by_dino("aa")));
  const FeatureInput inception(write(folder, "inception.npz", made_with("float32")));
  const std::string pickle = std::string(GDD_TEST_DATA) + "/checkpoints/edm2.pkl";
  const FeatureInput edm2(pickle + ":fd_dinov2"), fid(pickle);
  EXPECT_EQ(protocol_in_force("", nullptr, {&dino, nullptr}), "dgm-eval");
  EXPECT_EQ(protocol_in_force("", nullptr, {&inception}), "edm");
  EXPECT_EQ(protocol_in_force("", nullptr, {}), "edm");
  EXPECT_EQ(protocol_in_force("", nullptr, {&dino, &edm2}), "edm2");
  EXPECT_EQ(protocol_in_force("", nullptr, {&inception, &edm2}), "edm");
  EXPECT_EQ(protocol_in_force("", nullptr, {&dino, &fid}), "dgm-eval");
  EXPECT_EQ(protocol_in_force("clean", nullptr, {&dino, &edm2}), "clean");
}

TEST(Provenance, Edm2sOwnStatisticsSayWhatMadeThem) {
  const auto made =
      read_provenance(FeatureInput(std::string(GDD_TEST_DATA) + "/checkpoints/edm2.pkl:fd_dinov2"));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->family, Family::kDinov2);
  EXPECT_EQ(made->detector, "dinov2-vitl14");
  EXPECT_EQ(made->alike, std::vector<std::string>{"edm2"});
  EXPECT_NE(error_of([&] { check_protocol("r", *made, "dgm-eval"); }).find("give --protocol edm2"),
            std::string::npos);
  Provenance mine = *made;
  mine.weights_sha256 = "ab";
  EXPECT_NE(compare_provenance("r", *made, "what is asked", mine).find("weights not told"),
            std::string::npos);
  mine.detector = "dinov2-vit1024x2-14";  // the file does not tell the network either
  EXPECT_NE(compare_provenance("r", *made, "what is asked", mine).find("right only if"), std::string::npos);
  mine.preparation += "?";
  EXPECT_NE(error_of([&] { compare_provenance("r", *made, "what is asked", mine); }).find("was made under"),
            std::string::npos);
  EXPECT_FALSE(read_provenance(FeatureInput(std::string(GDD_TEST_DATA) + "/checkpoints/edm2.pkl")));
}

TEST(Provenance, Edm2sOwnStatisticsMayBeOfSomebodysTorchScript) {
  const auto edm2 =
      read_provenance(FeatureInput(std::string(GDD_TEST_DATA) + "/checkpoints/edm2.pkl:fd_dinov2"));
  ASSERT_TRUE(edm2);
  Provenance script = made_with("float32");
  script.detector = "my-dinov2";
  for (const auto& [a, b] : {std::pair(*edm2, script), std::pair(script, *edm2)})
    EXPECT_NE(compare_provenance("a", a, "b", b).find("right only if both are one network"),
              std::string::npos);
  EXPECT_TRUE(is_inferred_beside_script(*edm2, script));
  EXPECT_FALSE(is_inferred_beside_script(script, *edm2));
  EXPECT_FALSE(is_inferred_beside_script(made_by_dino("aa"), script));  // that one tells what made it
  for (const char* own : {"inception-2015-12-05", "demo"}) {
    script.detector = own;
    EXPECT_NE(error_of([&] { compare_provenance("a", *edm2, "b", script); }).find("was made under"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace gdd
