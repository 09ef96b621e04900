// A converted .pt is a container of weights: what its program says is never run, every tensor is accounted
// for, and what was changed in it is found. The archives here are copies of a good one with one member
// changed.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "archive/zip.h"
#include "archive/zip_writer.h"
#include "networks/describe_file.h"
#include "networks/fixed_run.h"
#include "networks/network.h"
#include "support/temporary_folder.h"

namespace gdd {
namespace {

using nlohmann::json;
using testing_support::error_of;
using testing_support::read_text;
using testing_support::TemporaryFolder;
using testing_support::write_text;

class ConvertedFile : public testing::Test {
 protected:
  // Returns nullopt to leave the member out.
  using Change = std::function<std::optional<std::string>(const std::string& name, std::string content)>;

  void SetUp() override {
    const Network network = Network::open(std::string(GDD_TEST_DATA) + "/networks/tiny.pkl", true);
    digest_ = fixed_run_digest(network);
    network.save(folder_ / "good.pt");
  }
  std::string changed(const Change& change) {
    const std::string path = folder_ / "changed.pt";
    const ZipReader good(folder_ / "good.pt");
    ZipWriter zip(path);
    for (const ZipReader::Entry& entry : good.entries()) {
      const auto content = change(entry.name, std::string(as_text(good.read(entry.name))));
      if (content) zip.add(entry.name, as_bytes(*content));
    }
    zip.commit();
    return path;
  }
  // An error of one line from opening a copy whose modules.json went through `edit`.
  std::string error_with_modules(const std::function<void(json&)>& edit) {
    const std::string path = changed([&](const std::string& name, std::string content) {
      if (!name.ends_with("/modules.json")) return content;
      json tree = json::parse(content);
      edit(tree);
      return tree.dump();
    });
    const std::string error = error_of([&] { Network::open(path, true); });
    EXPECT_EQ(error.find('\n'), std::string::npos);
    return error;
  }
  TemporaryFolder folder_;
  std::string digest_;
};

TEST_F(ConvertedFile, IsNeverRun) {
  // torch would compile this on loading, run __setstate__, and from_file would make a file.
  const std::string hostile =
      "class GDDPrecond(Module):\n  def __setstate__(self, s: int) -> None:\n    _ = torch.from_file(\"" +
      folder_ / "canary" + "\", True, 16)\n";
  for (const std::string& program : {hostile, std::string("garbage"), std::string()}) {
    const std::string path = changed([&](const std::string& name, std::string content) {
      return name.find("/code/") == std::string::npos ? content : program;
    });
    EXPECT_EQ(fixed_run_digest(Network::open(path, true)), digest_) << program;
    describe_file(path);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "canary"));
}

TEST_F(ConvertedFile, NeedsNoProgramAtAll) {
  const std::string path = changed([](const std::string& name, std::string content) {
    return name.find("/code/") == std::string::npos ? std::optional(content) : std::nullopt;
  });
  EXPECT_EQ(fixed_run_digest(Network::open(path, true)), digest_);
}

TEST_F(ConvertedFile, OneChangedByteOfAWeightIsFound) {
  std::string bytes = read_text(folder_ / "good.pt");
  const ZipReader good(folder_ / "good.pt");
  std::string largest;
  for (const ZipReader::Entry& entry : good.entries())
    if (entry.name.find("/data/") != std::string::npos &&
        (largest.empty() || entry.size > good.find(largest)->size))
      largest = entry.name;
  const auto at = bytes.find(std::string(as_text(good.read(largest))));
  ASSERT_NE(at, std::string::npos);
  bytes[at + 5] ^= 1;
  write_text(folder_ / "flipped.pt", bytes);
  EXPECT_NE(error_of([&] { Network::open(folder_ / "flipped.pt", true); }).find("CRC"), std::string::npos);
}

TEST_F(ConvertedFile, OfAnOlderConverterIsToBeConvertedAgain) {
  const std::string path = changed([](const std::string& name, std::string content) {
    return name.ends_with("/modules.json") ? std::nullopt : std::optional(content);
  });
  EXPECT_NE(error_of([&] { Network::open(path, true); }).find("convert the snapshot again"),
            std::string::npos);
}

TEST_F(ConvertedFile, OfANewerConverterIsRefused) {
  const auto error_with = [&](const json& format) {
    return error_of([&] {
      Network::open(changed([&](const std::string& name, std::string content) {
                      if (!name.ends_with("/gdd.json")) return content;
                      json metadata = json::parse(content);
                      metadata["format"] = format;
                      return metadata.dump();
                    }),
                    true);
    });
  };
  EXPECT_EQ(error_with(1), "");
  EXPECT_NE(error_with(4).find("expected gdd.json of format 1 to 3, found 4"), std::string::npos);
  EXPECT_NE(error_with("2").find("gdd.json is damaged"), std::string::npos);
}

TEST_F(ConvertedFile, EveryTensorIsAccountedFor) {
  EXPECT_NE(error_with_modules([](json& tree) { tree["children"][0][1]["children"].erase(0); }), "");
  EXPECT_NE(
      error_with_modules([](json& tree) { tree["buffers"]["w"] = "nowhere"; }).find("no tensor 'nowhere'"),
      std::string::npos);
  // Two modules that share a tensor leave another unused.
  EXPECT_NE(error_with_modules([](json& tree) {
              json& layers = tree["children"][0][1]["children"];
              for (json& layer : layers)
                if (layer[0] == "map_layer1") layer[1]["parameters"]["bias"] = "model.map_layer0.bias";
            }).find("two modules name it"),
            std::string::npos);
}

TEST_F(ConvertedFile, ModulesOfAnotherFormAreRefused) {
  for (const char* text : {"", "{", "[]", "{\"class\": 7}", "null", "{\"class\": \"GDDPrecond\"}"}) {
    const std::string path = changed([&](const std::string& name, std::string content) {
      return name.ends_with("/modules.json") ? std::string(text) : content;
    });
    const std::string error = error_of([&] { Network::open(path, true); });
    EXPECT_NE(error, "") << text;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
  EXPECT_NE(error_with_modules([](json& tree) {
              json deep = tree;
              for (int i = 0; i < 100; ++i) {
                json outer = {{"class", "x"},
                              {"attributes", json::object()},
                              {"parameters", json::object()},
                              {"buffers", json::object()},
                              {"children", json::array({json::array({"m", deep})})}};
                deep = outer;
              }
              tree = deep;
            }).find("nested too deeply"),
            std::string::npos);
}

TEST_F(ConvertedFile, TextsInItDoNotReachTheTerminal) {
  const std::string path = changed([](const std::string& name, std::string content) {
    return name.ends_with("/gdd.json") ? std::string("{\"x\": \"\x1b]0;owned\x07\"}\n\x1b[2J") : content;
  });
  const std::string text = describe_file(path);
  EXPECT_NE(text.find("\\x1b]0;owned\\x07"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST_F(ConvertedFile, LayersWiderThanTheImageAreRefused) {
  const std::string error = error_with_modules([](json& tree) {
    for (json& part : tree["children"][0][1]["children"])
      if (part[0] == "enc")
        for (json& layer : part[1]["children"])
          if (layer[1]["class"] == "UNetBlock")
            for (json& conv : layer[1]["children"])
              if (conv[0] == "conv0") conv[1]["attributes"]["up"] = true;
    tree["attributes"]["img_resolution"] = 4096;
  });
  EXPECT_NE(error, "");
}

TEST_F(ConvertedFile, MetadataThatUnfoldsIsNotRead) {
  const std::string path = changed([](const std::string& name, std::string content) {
    return name.ends_with("/gdd.json") ? std::string(5u << 20, ' ') : content;
  });
  EXPECT_NE(error_of([&] { Network::open(path, true); }).find("expected at most 4194304 bytes"),
            std::string::npos);
}

TEST_F(ConvertedFile, ATrainingStateIsNamedForWhatItIs) {
  ZipWriter zip(folder_ / "state.pt");
  zip.add("archive/data.pkl", as_bytes(std::string("\x80\x02}X\x03\0\0\0net}s.", 14)));
  zip.commit();
  EXPECT_NE(error_of([&] {
              Network::open(folder_ / "state.pt", true);
            }).find("found a dict as 'net': a training state"),
            std::string::npos);
}

// torch.save of a dict of networks is read as their snapshot is.
TEST_F(ConvertedFile, ATrainingStateWithNetworksIsASnapshot) {
  const std::string snapshot = std::string(GDD_TEST_DATA) + "/networks/tiny.pkl";
  ZipWriter zip(folder_ / "state.pt");
  zip.add("archive/data.pkl", as_bytes(testing_support::read_text(snapshot)));
  zip.commit();
  EXPECT_EQ(largest_difference(Network::open(folder_ / "state.pt", true), Network::open(snapshot, true)), 0);
}

}  // namespace
}  // namespace gdd
