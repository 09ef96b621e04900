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

}  // namespace
}  // namespace gdd
