#include "pipeline/load_reference.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gdd/error.h"

namespace gdd {
namespace {

std::pair<std::string, std::string> members(StatisticsKind kind) {
  if (kind == StatisticsKind::kPool3) return {"mu", "sigma"};
  return {"mu_s", "sigma_s"};
}

std::string shape_of(const NpyArray& array) {
  std::string text = "[";
  for (std::size_t i = 0; i < array.shape().size(); ++i)
    text += (i ? ", " : "") + std::to_string(array.shape()[i]);
  return text + "]";
}

std::vector<double> finite_values(const NpyArray& array) {
  std::vector<double> values = array.as_float64();
  if (!std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }))
    throw Error(array.name, "holds NaN or infinity", "make the reference anew with gdd-fid ref");
  return values;
}

}  // namespace

bool has_statistics(const FeatureInput& input, StatisticsKind kind) {
  const auto [mu, sigma] = members(kind);
  return input.has(mu) && input.has(sigma);
}

Statistics load_statistics(const FeatureInput& input, StatisticsKind kind) {
  const auto [mu_name, sigma_name] = members(kind);
  if (!has_statistics(input, kind))
    throw Error(input.spec(), "no " + mu_name + " and " + sigma_name + ", found " + input.description(),
                "make a reference with gdd-fid ref");
  const NpyArray mu = input.read(mu_name);
  const NpyArray sigma = input.read(sigma_name);
  const bool fits = mu.shape().size() == 1 && mu.shape()[0] > 0 &&
                    sigma.shape() == std::vector<std::int64_t>{mu.shape()[0], mu.shape()[0]};
  if (!fits)
    throw Error(input.path(), "expected " + mu_name + " [D] and " + sigma_name + " [D, D], found " +
                                  shape_of(mu) + " and " + shape_of(sigma));
  return {0, finite_values(mu), finite_values(sigma)};
}

}  // namespace gdd
