#include "measurement/summary_members.h"

#include <cstdint>
#include <span>
#include <vector>

#include "gdd/error.h"
#include "measurement/label_members.h"

namespace gdd {
namespace {

// Letters [images, 64]; and the numbers of images, grey ones, ones with alpha, height and width, and, which
// older files lack, those of 16-bit grey and those with others behind them.
constexpr const char* kHashes = "image_sha256";
constexpr const char* kCounts = "image_counts";
constexpr std::int64_t kHashLetters = 64;

}  // namespace

void add_summary(NpzWriter& npz, const ExtractSummary& summary) {
  const std::vector<std::int64_t> counts{summary.images,      summary.grey_images, summary.alpha_images,
                                         summary.height,      summary.width,       summary.deep_grey_images,
                                         summary.first_images};
  npz.begin(kHashes, "|u1", {summary.images, kHashLetters});
  npz.append(as_bytes(summary.image_hashes));
  npz.add(kCounts, {std::ssize(counts)}, std::span<const std::int64_t>(counts));
  add_labels(npz, summary.labels);
}

ExtractSummary read_summary(const FeatureInput& file) {
  const std::string& where = file.path();
  for (const char* name : {kHashes, kCounts})
    if (!file.has(name)) throw Error(where, std::string("holds no ") + name, "make it with gdd-fid features");
  const std::vector<std::uint8_t> hashes = file.read(kHashes).as_uint8();
  const std::vector<std::int64_t> counts = file.read(kCounts).as_int64();
  const bool whole = (counts.size() == 5 || counts.size() == 7) && file.features() &&
                     file.features()->rows == counts[0] && std::ssize(hashes) % kHashLetters == 0 &&
                     std::ssize(hashes) / kHashLetters == counts[0];
  if (!whole) throw Error(where, "the rows are not those of the images it speaks of");
  const auto later = [&](std::size_t i) { return i < counts.size() ? counts[i] : 0; };
  return {counts[0], counts[1],     counts[2],
          later(5),  later(6),      counts[3],
          counts[4], file.labels(), std::string(hashes.begin(), hashes.end())};
}

}  // namespace gdd
