#include "measurement/load_reference.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/memory_budget.h"
#include "base/shape_text.h"
#include "gdd/error.h"

namespace gdd {
namespace {

std::pair<std::string, std::string> members(StatisticsKind kind) {
  if (kind == StatisticsKind::kPool3) return {"mu", "sigma"};
  return {"mu_s", "sigma_s"};
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
  const NpyHeader mu = input.header(mu_name), sigma = input.header(sigma_name);
  const bool fits = mu.shape.size() == 1 && mu.shape[0] > 0 &&
                    sigma.shape == std::vector<std::int64_t>{mu.shape[0], mu.shape[0]};
  if (!fits)
    throw Error(input.path(), "expected " + mu_name + " [D] and " + sigma_name + " [D, D], found " +
                                  shape_text(mu.shape) + " and " + shape_text(sigma.shape));
  require_memory(input.spec(), sigma_name + " of " + std::to_string(mu.shape[0]) + " dimensions",
                 static_cast<double>(sigma.numel()) * (sigma.item_size + 8.0));
  return {0, finite_values(input.read(mu_name)), finite_values(input.read(sigma_name))};
}

}  // namespace gdd
