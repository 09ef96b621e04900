#include "measurement/collector.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "gdd/error.h"

namespace gdd {
namespace {

// Runs what is about one side of two, whose errors do not know which: they get its name in front.
template <class Action>
auto named(const FeatureInput& input, Action action) {
  try {
    return action();
  } catch (const Error& error) {
    throw Error(input.spec(), error.what());
  }
}

void check_dim(std::int64_t& known, std::int64_t found, const std::string& what) {
  if (known == 0) known = found;
  if (known != found)
    throw Error(what, "rows of " + std::to_string(found) + " values after rows of " + std::to_string(known));
}

template <class T>
void add_rows(StreamingStatistics& statistics, MatrixView<T> rows) {
  if (statistics.dim() == 0) statistics = StreamingStatistics(rows.columns);
  statistics.add(rows);
}

// Names the file and the place, which the metrics do not know.
void check_finite(const FeatureInput& input, const FeatureInput::Array& array, FeaturesF64 block,
                  std::int64_t first) {
  for (std::int64_t i = 0; i < block.rows; ++i) {
    const auto row = block.row(i);
    const auto bad = std::find_if(row.begin(), row.end(), [](double value) { return !std::isfinite(value); });
    if (bad != row.end())
      throw Error(input.path(), "expected finite numbers, found NaN or infinity in " + array.member + "[" +
                                    std::to_string(first + i) + ", " + std::to_string(bad - row.begin()) +
                                    "]");
  }
}

// Rows of an array, or the seeded subset of them, block by block.
void read_array(const FeatureInput& input, const FeatureInput::Array& array, const Selection& selection,
                const std::function<void(FeaturesF64)>& consume) {
  std::int64_t first = 0;
  if (array.rows < 1) throw Error(input.path() + ":" + array.member, "expected rows, found none");
  if (selection.num == 0)
    return input.read_blocks(array, [&](FeaturesF64 block) {
      check_finite(input, array, block, first);
      first += block.rows;
      consume(block);
    });
  if (array.rows < selection.num)
    throw Error(input.spec(), "--num asks for " + std::to_string(selection.num) + " rows, found " +
                                  std::to_string(array.rows));
  const std::vector<std::int64_t> chosen = select_subset(array.rows, selection.num, selection.seed);
  auto next = chosen.begin();
  input.read_blocks(array, [&](FeaturesF64 block) {
    check_finite(input, array, block, first);
    std::vector<double> kept;
    std::int64_t count = 0;
    for (; next != chosen.end() && *next < first + block.rows; ++next, ++count) {
      const auto row = block.row(*next - first);
      kept.insert(kept.end(), row.begin(), row.end());
    }
    first += block.rows;
    if (count > 0) consume({kept.data(), count, block.columns});
  });
}

}  // namespace

// All rows at once: a vector that grows holds up to three times as much.
template <class T>
void Collector::reserve(std::vector<T>& kept, std::int64_t columns) const {
  if (kept.empty()) kept.reserve(static_cast<std::size_t>(rows_ * columns));
}

template <class T>
void Collector::add_features(MatrixView<T> rows) {
  check_dim(side_.feature_dim, rows.columns, "features");
  if (request_.statistics) add_rows(statistics_, rows);
  if (request_.blocks) {
    if (!side_.blocks) side_.blocks.emplace(rows.columns, rows_);
    named(input_, [&] { side_.blocks->add(rows); });
  }
  keep_shown(rows);
  const std::int64_t count = rows.rows * rows.columns;
  if (request_.features) {
    reserve(side_.features, rows.columns);
    if (std::any_of(rows.data, rows.data + count,
                    [](T value) { return !std::isfinite(static_cast<float>(value)); }))
      throw Error(input_.spec(), "expected features within the range of float32, found larger ones");
    side_.features.insert(side_.features.end(), rows.data, rows.data + count);
  }
  if (request_.exact_features) {
    reserve(side_.exact_features, rows.columns);
    side_.exact_features.insert(side_.exact_features.end(), rows.data, rows.data + count);
  }
  feature_rows_ += rows.rows;
}

template <class T>
void Collector::keep_shown(MatrixView<T> rows) {
  const std::int64_t wanted = std::min(shown_rows_, rows_);
  if (wanted == 0) return;
  if (side_.shown_features.empty())
    side_.shown_features.reserve(static_cast<std::size_t>(wanted * rows.columns));
  for (std::int64_t kept = std::ssize(side_.shown_features) / rows.columns; kept < wanted; ++kept) {
    const std::int64_t row = shown_row(kept, wanted, rows_) - feature_rows_;
    if (row >= rows.rows) break;
    const auto values = rows.row(row);
    side_.shown_features.insert(side_.shown_features.end(), values.begin(), values.end());
  }
}

template <class T>
void Collector::add_spatial(MatrixView<T> rows) {
  if (request_.spatial_statistics) add_rows(spatial_, rows);
}

template <class T>
void Collector::add_probabilities(MatrixView<T> rows) {
  if (!request_.probabilities) return;
  check_dim(side_.probability_dim, rows.columns, "probabilities");
  reserve(side_.probabilities, rows.columns);
  side_.probabilities.insert(side_.probabilities.end(), rows.data, rows.data + rows.rows * rows.columns);
  probability_rows_ += rows.rows;
}

void Collector::add(const FeatureBlock& block) {
  const auto view = [&](const std::vector<float>& values) {
    return FeaturesF32{values.data(), block.rows, static_cast<std::int64_t>(values.size()) / block.rows};
  };
  add_features(view(block.features));
  if (!block.spatial.empty()) add_spatial(view(block.spatial));
  if (!block.probabilities.empty()) add_probabilities(view(block.probabilities));
}

void Collector::add_arrays(const FeatureInput& file, const SidePlan& plan, const Selection& selection) {
  if (plan.array_features)
    read_array(file, *file.features(), selection, [&](FeaturesF64 rows) { add_features(rows); });
  if (plan.array_spatial)
    read_array(file, *file.spatial(), selection, [&](FeaturesF64 rows) { add_spatial(rows); });
  if (plan.array_probabilities)
    read_array(file, *file.probabilities(), selection, [&](FeaturesF64 rows) { add_probabilities(rows); });
}

Side Collector::finish() {
  side_.num_samples = std::max({feature_rows_, probability_rows_, spatial_.num_samples()});
  if (statistics_.num_samples() > 0) side_.statistics = named(input_, [&] { return statistics_.finish(); });
  if (spatial_.num_samples() > 0) side_.spatial_statistics = named(input_, [&] { return spatial_.finish(); });
  return std::move(side_);
}

}  // namespace gdd
