#include "measurement/inspect_file.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/printable.h"
#include "base/sha256.h"
#include "detectors/describe_weights.h"
#include "gdd/error.h"
#include "gdd/metrics/frechet.h"
#include "measurement/feature_input.h"
#include "measurement/load_reference.h"
#include "measurement/provenance.h"

namespace gdd {
namespace {

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.10g", value);
  return text;
}

double trace(const Statistics& statistics) {
  double sum = 0;
  for (std::int64_t i = 0; i < statistics.dim(); ++i)
    sum += statistics.sigma[static_cast<std::size_t>(i * (statistics.dim() + 1))];
  return sum;
}

double asymmetry(const Statistics& statistics) {
  const auto d = static_cast<std::size_t>(statistics.dim());
  double largest = 0;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < i; ++j)
      largest = std::max(largest, std::abs(statistics.sigma[i * d + j] - statistics.sigma[j * d + i]));
  return largest;
}

// The distance of a reference from itself is a test of the reference: it must be 0, and tells the rank.
std::string describe_statistics(const FeatureInput& input, StatisticsKind kind) {
  const Statistics statistics = load_statistics(input, kind);
  const FrechetResult self = frechet_distance(statistics, statistics);
  if (!std::isfinite(trace(statistics)) || !std::isfinite(self.distance))
    throw Error(input.spec(), "the trace of its covariance, or the distance from itself, is not finite",
                "the numbers in it are too large: check what made them");
  const std::string mu = kind == StatisticsKind::kPool3 ? "mu" : "mu_s";
  const std::string sigma = kind == StatisticsKind::kPool3 ? "sigma" : "sigma_s";
  return mu + " and " + sigma + ":\n  dimensions: " + std::to_string(statistics.dim()) +
         "\n  dtype: " + input.header(mu).dtype_text() + " and " + input.header(sigma).dtype_text() +
         "\n  trace: " + number(trace(statistics)) + "\n  rank: " + std::to_string(self.rank1) +
         "\n  largest asymmetry: " + number(asymmetry(statistics)) +
         "\n  distance from itself: " + number(self.distance) + "\n";
}

}  // namespace

std::string inspect_file(const std::string& spec) {
  if (const auto weights = describe_weights(spec)) return *weights;
  const FeatureInput input(spec);
  std::string text = input.description() + "\n";
  if (const auto made = read_provenance(input); made && made->version.empty())
    text += "made by: " + made->text() + ", as EDM2 names it\n";
  else if (made)
    text += "made by: " + made->text() + ", from " + std::to_string(made->images) + " images, by gdd " +
            printable(made->version, 40) + "\n" +
            (made->part ? "part: " + std::to_string(made->part->index) + " of " +
                              std::to_string(made->part->count) + " (counted from 0)\n"
                        : std::string());
  else if (input.has("mu") || input.features())
    text += "made by: an unknown preparation\n";
  for (const StatisticsKind kind : {StatisticsKind::kPool3, StatisticsKind::kSpatial})
    if (has_statistics(input, kind)) text += describe_statistics(input, kind);
  if (input.features() && input.has(input.features()->member))
    text += "dtype: " + input.header(input.features()->member).dtype_text() + "\n";
  if (input.images()) {
    if (const std::string& others = input.images()->left_out().text; !others.empty())
      text += "left out: " + others + "\n";
    const Image first = input.images()->read(0);
    text += "first image: " + input.images()->name(0) + ", " + std::to_string(first.height) + "x" +
            std::to_string(first.width) + "x" + std::to_string(first.channels) + "\n";
  }
  if (input.has("mu") || input.features()) text += "sha256: " + sha256_of_file(input.path()) + "\n";
  return text;
}

}  // namespace gdd
