#include "measurement/provenance.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/printable.h"
#include "compute/compute.h"
#include "compute/version.h"
#include "detectors/protocol.h"
#include "detectors/published_statistics.h"
#include "gdd/error.h"

namespace gdd {
namespace {

using nlohmann::json;

constexpr const char* kMember = "provenance";
// Its weights are published as .pkl, .pt, .pth and .pb.
constexpr const char* kInception = "inception-2015-12-05";
constexpr const char* kDemo = "demo";
constexpr const char* kMakeAnew = "make one of them anew, with the same --protocol and --detector";

std::string weights_text(const Provenance& made) {
  const std::string& hash = made.weights_sha256;
  return made.detector + " (weights " + (hash.empty() ? "not told" : hash.substr(0, 12)) + ")";
}

// Of one network, published in files of several formats; or one side does not tell.
bool may_be_same_weights(const Provenance& a, const Provenance& b) {
  if (a.family == b.family && (a.weights_sha256.empty() || b.weights_sha256.empty())) return true;
  if (a.detector != b.detector || a.family != b.family) return false;
  return a.family != Family::kInception || a.detector == kInception;
}

// What EDM2's group of arrays says of itself.
std::optional<Provenance> published_provenance(const FeatureInput& file) {
  const auto published = find_published_statistics(file.group());
  if (!published) return std::nullopt;
  Provenance made;
  made.protocol = published->protocol;
  made.alike = {published->protocol};
  made.preparation = published->preparation;
  made.family = published->family;
  made.detector = published->detector;
  return made;
}

// By the name of its group alone, which somebody's own network may fit as well.
bool is_inferred(const Provenance& made) { return made.version.empty() && made.weights_sha256.empty(); }

// Networks of the suite that count as Inception say so by their names.
bool is_script(const Provenance& made) {
  return made.family == Family::kInception && made.detector != kInception && made.detector != kDemo;
}

std::string preparation_text(const Provenance& made) {
  return "protocol " + made.protocol + " (" + made.preparation + ")";
}

}  // namespace

std::string Provenance::text() const {
  return printable(preparation_text(*this) + ", detector " + weights_text(*this) +
                   (layers == "float32" ? "" : ", " + layers + " layers"));
}

Provenance provenance_of(const Detector& detector, const std::string& protocol, std::int64_t images) {
  Provenance made;
  made.protocol = protocol;
  made.preparation = detector.preparation_name(protocol);
  made.family = detector.family();
  for (const Protocol* other : all_protocols(made.family))
    if (detector.preparation_name(other->name) == made.preparation) made.alike.emplace_back(other->name);
  made.detector = detector.name();
  made.weights_sha256 = detector.weights_sha256();
  made.layers = layers_name(detector.layers());
  made.images = images;
  made.version = suite_version();
  return made;
}

void add_provenance(NpzWriter& npz, const Provenance& made) {
  nlohmann::ordered_json text = {{"gdd", made.version},           {"protocol", made.protocol},
                                 {"protocols_alike", made.alike}, {"preparation", made.preparation},
                                 {"detector", made.detector},     {"weights_sha256", made.weights_sha256},
                                 {"images", made.images}};
  if (made.family != Provenance().family) text["family"] = family_name(made.family);
  if (made.layers != Provenance().layers) text["layers"] = made.layers;
  if (made.part)
    text["part"] = {
        {"index", made.part->index}, {"count", made.part->count}, {"set_sha256", made.part->set_sha256}};
  const std::string bytes = text.dump(-1, ' ', false, json::error_handler_t::replace);
  npz.begin(kMember, "|u1", {std::ssize(bytes)});
  npz.append(as_bytes(bytes));
}

std::optional<Provenance> read_provenance(const FeatureInput& file) {
  if (!file.has(kMember)) return published_provenance(file);
  const NpyHeader header = file.header(kMember);
  if (header.kind != 'u' || header.item_size != 1 || header.shape.size() != 1 ||
      header.byte_size() > limits::kMaxProvenance)
    return std::nullopt;
  const std::vector<std::uint8_t> bytes = file.read(kMember).as_uint8();
  const json text = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  try {
    Provenance made;
    text.at("protocol").get_to(made.protocol);
    text.at("protocols_alike").get_to(made.alike);
    text.at("preparation").get_to(made.preparation);
    text.at("detector").get_to(made.detector);
    text.at("weights_sha256").get_to(made.weights_sha256);
    text.at("images").get_to(made.images);
    text.at("gdd").get_to(made.version);
    if (text.contains("family")) {
      const auto family = find_family(text.at("family").get<std::string>());
      if (!family) return std::nullopt;
      made.family = *family;
    }
    if (text.contains("layers")) text.at("layers").get_to(made.layers);
    if (text.contains("part")) {
      const json& part = text.at("part");
      made.part = FilePart{part.at("index").get<std::int64_t>(), part.at("count").get<std::int64_t>(),
                           part.at("set_sha256").get<std::string>()};
    }
    return made;
  } catch (const json::exception&) {
    return std::nullopt;  // damaged, or another tool's
  }
}

void prefer_family_of(const FeatureInput& sample, FeatureInput& reference) {
  if (const auto made = read_provenance(sample)) reference.prefer(made->family);
}

bool is_inferred_beside_script(const Provenance& made, const Provenance& other) {
  return is_inferred(made) && is_script(other);
}

std::string compare_provenance(const std::string& where, const Provenance& found, const std::string& other,
                               const Provenance& expected) {
  if (is_inferred_beside_script(found, expected) || is_inferred_beside_script(expected, found))
    return where + ": " +
           printable("is of detector " + weights_text(found) + " (" + found.preparation + "), " + other +
                     " of detector " + weights_text(expected) + " (" + expected.preparation + ")") +
           ": right only if both are one network and prepare images alike";
  if (found.preparation != expected.preparation)
    throw Error(where,
                printable("was made under " + preparation_text(found) + ", " + other + " is of " +
                          preparation_text(expected)),
                kMakeAnew);
  std::string remark;
  if (found.layers != expected.layers)
    remark = where + ": " +
             printable("its features are of " + found.layers + " layers, those of " + other + " of " +
                       expected.layers + ": the scores may move a little");
  if (found.weights_sha256 == expected.weights_sha256 && found.detector == expected.detector) return remark;
  const std::string both = printable("was made by detector " + weights_text(found) + ", " + other +
                                     " is of detector " + weights_text(expected));
  if (may_be_same_weights(found, expected))
    return where + ": " + both + ": right only if both files hold the same weights" +
           (remark.empty() ? "" : "; " + remark);
  throw Error(where, both, kMakeAnew);
}

std::string protocol_in_force(const std::string& asked, const Detector* detector,
                              std::initializer_list<const FeatureInput*> inputs) {
  return protocol_in_force(asked, detector ? std::optional(detector->family()) : std::nullopt, inputs);
}

std::string protocol_in_force(const std::string& asked, std::optional<Family> family,
                              std::initializer_list<const FeatureInput*> inputs) {
  if (!asked.empty()) return asked;
  for (const FeatureInput* input : inputs) {
    const auto made = input ? read_provenance(*input) : std::nullopt;
    if (!made) continue;
    if (!family) family = made->family;
    if (made->family == *family && find_published_statistics(input->group())) return made->protocol;
  }
  return default_protocol(family.value_or(Family::kInception)).name;
}

void check_protocol(const std::string& where, const Provenance& found, const std::string& protocol) {
  if (std::find(found.alike.begin(), found.alike.end(), protocol) == found.alike.end())
    throw Error(
        where, printable("was made under " + preparation_text(found) + ", asked for is protocol " + protocol),
        "give --protocol " + printable(found.protocol, 40) + ", or make the file anew");
}

}  // namespace gdd
