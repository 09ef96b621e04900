#include "measurement/provenance.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "detectors/protocol.h"
#include "measurement/measured_images.h"
#include "measurement/merge_features.h"
#include "measurement/save_features.h"
#include "scoring/compute_distances.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using testing_support::error_of;
using testing_support::MeanDetector;
using testing_support::TemporaryFolder;
using testing_support::write_pictures;

// Of another name, or other weights, than the detector it is.
class Renamed : public MeanDetector {
 public:
  Renamed(std::string name, std::string weights) : name_(std::move(name)), weights_(std::move(weights)) {}
  std::string name() const override { return name_; }
  std::string weights_sha256() const override { return weights_; }

 private:
  std::string name_, weights_;
};

// The same pictures as images, features and a reference, by the demo detector under one protocol.
class Provenances : public ::testing::Test {
 protected:
  Provenances() { write_pictures(folder_ / "set", 12, 0, 40); }

  std::string make_features(const std::string& name, const std::string& protocol,
                            const Detector& detector) const {
    SideOptions options;
    options.extract.request.protocol = protocol;
    const FeatureInput set(folder_ / "set");
    StoredImages images(*set.images(), choose_images(*set.images(), {}, nobody()));
    save_features(images, 0, images.size(), detector, options.extract, nobody(), folder_ / name);
    return folder_ / name;
  }
  std::string make_reference(const std::string& name, const std::string& data, const std::string& protocol,
                             const Detector* detector) const {
    SideRequest request;
    request.statistics = true;
    SideOptions options;
    options.extract.request.protocol = protocol;
    save_reference(measure_side(FeatureInput(data), request, detector, options), folder_ / name);
    return folder_ / name;
  }
  static Report measure(const std::string& sample, const std::string& reference, const std::string& protocol,
                        const OpenDetector& open = make_demo_detector) {
    const FeatureInput left(sample), right(reference);
    DistanceOptions options;
    options.protocol = protocol;
    return compute_distances(left, &right, open, options);
  }
  static std::string all_of(const Report& report) {
    std::string said;
    for (const std::string& warning : report.warnings) said += warning + "\n";
    return said;
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<Detector> demo_ = make_demo_detector();
};

TEST_F(Provenances, FilesSayWhereTheyComeFrom) {
  const std::string features = make_features("f.npz", "adm", *demo_);
  const std::string reference = make_reference("r.npz", folder_ / "set", "adm", demo_.get());
  const std::string again = make_reference("again.npz", features, "adm", nullptr);
  for (const std::string& path : {features, reference, again}) {
    const auto made = read_provenance(FeatureInput(path));
    ASSERT_TRUE(made) << path;
    EXPECT_EQ(made->protocol, "adm");
    EXPECT_EQ(made->alike, (std::vector<std::string>{"edm", "adm", "torch-fidelity"}));
    EXPECT_EQ(made->preparation, demo_->preparation_name("adm"));
    EXPECT_EQ(made->detector, "demo");
    EXPECT_EQ(made->weights_sha256, demo_->weights_sha256());
    EXPECT_EQ(made->images, 12);
    EXPECT_FALSE(made->version.empty());
  }
  const NpzReader npz(reference);
  EXPECT_EQ(npz.names(), (std::vector<std::string>{"mu", "sigma", "provenance"}));
  const std::vector<std::uint8_t> text = npz.read("provenance").as_uint8();
  EXPECT_EQ(std::string(text.begin(), text.begin() + 8), "{\"gdd\":\"");
}

TEST_F(Provenances, AReferenceOfAnotherPreparationIsRefusedAndBothAreNamed) {
  const std::string clean = make_reference("clean.npz", folder_ / "set", "clean", demo_.get());
  EXPECT_NEAR(measure(folder_ / "set", clean, "clean").scores.at(0).value, 0, 1e-6);
  const std::string error = error_of([&] { measure(folder_ / "set", clean, "edm"); });
  EXPECT_NE(error.find("clean.npz: was made under protocol clean (" + demo_->preparation_name("clean")),
            std::string::npos)
      << error;
  EXPECT_NE(error.find("what is asked is of protocol edm (" + demo_->preparation_name("edm")),
            std::string::npos)
      << error;
  const std::string edm = make_reference("edm.npz", folder_ / "set", "edm", demo_.get());
  EXPECT_NEAR(measure(folder_ / "set", edm, "torch-fidelity").scores.at(0).value, 0, 1e-6);
}

TEST_F(Provenances, StoredFilesAreHeldAgainstEachOtherAndTheProtocol) {
  const std::string features = make_features("f.npz", "edm", *demo_);
  const std::string clean = make_reference("clean.npz", folder_ / "set", "clean", demo_.get());
  for (const char* protocol : {"edm", "clean", "pytorch-fid"}) {
    const std::string error = error_of([&] { measure(features, clean, protocol); });
    EXPECT_NE(error.find("was made under protocol "), std::string::npos) << error;
  }
  const std::string edm = make_reference("edm.npz", folder_ / "set", "edm", demo_.get());
  EXPECT_NE(error_of([&] { measure(features, edm, "clean"); }).find("asked for is protocol clean"),
            std::string::npos);
  EXPECT_EQ(measure(features, edm, "adm").scores.at(0).protocol, "adm");
}

TEST_F(Provenances, OfAllProtocolsThoseThatDoNotFitAreLeftOut) {
  const std::string edm = make_reference("edm.npz", folder_ / "set", "edm", demo_.get());
  const Report report = measure(folder_ / "set", edm, kAllProtocols);
  ASSERT_EQ(report.scores.size(), 3u);  // edm, adm, torch-fidelity
  for (const Score& score : report.scores) EXPECT_NEAR(score.value, 0, 1e-6) << score.protocol;
  EXPECT_NE(all_of(report).find("protocol clean is left out: "), std::string::npos) << all_of(report);
}

TEST_F(Provenances, AReferenceOfAnotherDetectorIsRefusedAndBothAreNamed) {
  const MeanDetector mean;
  const std::string reference = make_reference("r.npz", folder_ / "set", "edm", &mean);
  const auto error_with = [&](const std::string& name, const std::string& weights) {
    return error_of([&] {
      measure(folder_ / "set", reference, "edm", [&] { return std::make_unique<Renamed>(name, weights); });
    });
  };
  const std::string name = error_with("median", "none");
  EXPECT_NE(name.find("was made by detector mean (weights none), what is asked is of detector median"),
            std::string::npos)
      << name;
  EXPECT_NE(error_with("mean", "0123456789abcdef").find("of detector mean (weights 0123456789ab)"),
            std::string::npos);
  EXPECT_EQ(error_with("mean", "none"), "");
}

TEST_F(Provenances, InceptionsOtherFormatsAreAWarning) {
  const Renamed pickle("inception-2015-12-05", "aaaa"), graph("inception-2015-12-05", "bbbb");
  const std::string a = make_features("a.npz", "edm", pickle), b = make_features("b.npz", "edm", graph);
  const std::string said = all_of(measure(a, b, "edm"));
  EXPECT_NE(said.find("right only if both files hold the same weights"), std::string::npos) << said;
}

TEST_F(Provenances, ForeignFilesAreOfAnUnknownPreparation) {
  NpzWriter npz(folder_ / "r.npz");
  const std::vector<double> mu(64, 0.5);
  std::vector<double> sigma(std::size_t{64} * 64);
  for (std::size_t i = 0; i < 64; ++i) sigma[i * 65] = 1;
  npz.add("mu", {64}, std::span<const double>(mu));
  npz.add("sigma", {64, 64}, std::span<const double>(sigma));
  const std::vector<std::uint8_t> other = {'{', '}'};  // another tool's member of that name
  npz.add("provenance", {2}, std::span<const std::uint8_t>(other));
  npz.commit();
  const std::string said = all_of(measure(folder_ / "set", folder_ / "r.npz", "edm"));
  EXPECT_NE(said.find("r.npz: made by an unknown preparation"), std::string::npos) << said;
  EXPECT_EQ(all_of(measure(folder_ / "set", folder_ / "set", "edm")).find("unknown"), std::string::npos);
}

TEST_F(Provenances, MergeRefusesAMixAndKeepsWhatIsAlike) {
  const std::string edm = make_features("edm.npz", "edm", *demo_),
                    adm = make_features("adm.npz", "adm", *demo_);
  const std::string clean = make_features("clean.npz", "clean", *demo_);
  merge_features({edm, adm}, folder_ / "m.npz");
  EXPECT_EQ(read_provenance(FeatureInput(folder_ / "m.npz"))->images, 24);
  const std::string error = error_of([&] { merge_features({edm, clean}, folder_ / "no.npz"); });
  EXPECT_NE(error.find("clean.npz: was made under protocol clean"), std::string::npos) << error;
  EXPECT_NE(error.find("is of protocol edm"), std::string::npos) << error;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "no.npz"));
}

// Every part of one set once and in order, or no merge; and a part alone says that it is one.
TEST_F(Provenances, MergeKnowsThePartsOfASet) {
  const FeatureInput set(folder_ / "set");
  const auto part = [&](const std::string& name, std::int64_t index, std::int64_t count,
                        const std::string& of) {
    StoredImages images(*set.images(), {2 * index, 2 * index + 1});
    const ExtractOptions plain;
    save_features(images, 0, 2, *demo_, plain, nobody(), folder_ / name, FilePart{index, count, of});
    return folder_ / name;
  };
  const std::string first = part("0.npz", 0, 2, "x"), second = part("1.npz", 1, 2, "x");
  const std::string other = part("other.npz", 1, 2, "y"), third = part("third.npz", 1, 3, "x");
  const auto refusal = [&](const std::vector<std::string>& files) {
    return error_of([&] { merge_features(files, folder_ / "no.npz"); });
  };
  EXPECT_EQ(refusal({first, second}), "");
  EXPECT_FALSE(read_provenance(FeatureInput(folder_ / "no.npz"))->part);
  EXPECT_NE(refusal({first}).find("expected 2 parts, found 1"), std::string::npos);
  EXPECT_NE(refusal({second, first}).find("expected part 0 here, found part 1 of 2"), std::string::npos);
  EXPECT_NE(refusal({first, first}).find("expected part 1 here, found part 0 of 2"), std::string::npos);
  EXPECT_NE(refusal({first, other}).find("of other images"), std::string::npos);
  EXPECT_NE(refusal({first, third}).find("is part 1 of 3"), std::string::npos);
  EXPECT_NE(refusal({first, make_features("whole.npz", "edm", *demo_)}).find("is no part of several"),
            std::string::npos);
  const std::string said = all_of(measure(first, folder_ / "set", "edm"));
  EXPECT_NE(said.find("0.npz: is part 0 of 2"), std::string::npos) << said;
}

TEST_F(Provenances, KeptFeaturesKeepIt) {
  SideOptions options;
  options.cache = folder_ / "cache";
  SideRequest request;
  request.features = true;
  measure_side(FeatureInput(folder_ / "set"), request, demo_.get(), options);
  const std::string set = std::filesystem::directory_iterator(options.cache)->path().string();
  EXPECT_EQ(read_provenance(FeatureInput(set + "/00000000.npz")).value().detector, "demo");
}

// Images, and statistics that have nothing to do with them, as in guided-diffusion's VIRTUAL_* files.
TEST_F(Provenances, OfImagesAndStatisticsTheSampleIsItsImages) {
  write_pictures(folder_ / "other", 12, 50, 40);
  NpzWriter npz(folder_ / "both.npz");
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 12; ++i) {
    const Image image = testing_support::picture(i, 40, 40);
    pixels.insert(pixels.end(), image.pixels.begin(), image.pixels.end());
  }
  const std::vector<double> mu(64, 9);
  std::vector<double> sigma(std::size_t{64} * 64);
  for (std::size_t i = 0; i < 64; ++i) sigma[i * 65] = 1;
  npz.add("arr_0", {12, 40, 40, 3}, std::span<const std::uint8_t>(pixels));
  npz.add("mu", {64}, std::span<const double>(mu));
  npz.add("sigma", {64, 64}, std::span<const double>(sigma));
  npz.commit();

  const Report images = measure(folder_ / "set", folder_ / "other", "edm");
  const Report both = measure(folder_ / "both.npz", folder_ / "other", "edm");
  EXPECT_EQ(both.scores.at(0).value, images.scores.at(0).value);
  EXPECT_NE(all_of(both).find("used: its images for everything"), std::string::npos) << all_of(both);

  const FeatureInput sample(folder_ / "other"), reference(folder_ / "both.npz");
  DistanceOptions options;
  options.metrics = {"fid", "kid"};
  options.kid.subset_size = 6;
  const std::string said = all_of(compute_distances(sample, &reference, make_demo_detector, options));
  EXPECT_NE(said.find("used: its images for everything"), std::string::npos) << said;
  options.metrics = {"fid"};  // a FID alone is that of the statistics, never beside a KID of the images
  const std::string alone = all_of(compute_distances(sample, &reference, make_demo_detector, options));
  EXPECT_NE(alone.find("used: mu and sigma for the distance of statistics (fid, fid_infinity)"),
            std::string::npos)
      << alone;
}

}  // namespace
}  // namespace gdd
