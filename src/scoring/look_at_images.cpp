#include "scoring/look_at_images.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <numeric>
#include <set>
#include <utility>

#include "base/memory_budget.h"
#include "base/number_text.h"
#include "base/stopped.h"
#include "detectors/torch_message.h"
#include "gdd/metrics/nearest.h"
#include "gdd/metrics/principal_map.h"
#include "images/codec.h"
#include "images/thumbnail.h"
#include "scoring/scores.h"

namespace gdd {
namespace {

constexpr std::int64_t kPictures = 12;  // or pairs, of a gallery
constexpr std::size_t kPoints = 1000;   // of either side, on the map
constexpr std::int64_t kNeighbours = 3;
constexpr std::int64_t kLargestMap = 8192;  // dimensions, whose covariance is decomposed
constexpr std::int64_t kLeastRows = 20;     // of a side: fewer say nothing of what is usual

using ImagesOf = std::function<std::vector<Picture>(const std::vector<std::int64_t>& positions)>;

// Some of a side's rows, and the images that they are of.
class Shown {
 public:
  // `images`: of positions among all of the side's; empty: there are none. Both live longer.
  Shown(const Side& side, ImagesOf images)
      : side_(side), rows_(side.shown_view()), images_(std::move(images)) {}

  FeaturesF32 rows() const { return rows_; }
  bool has_pictures() const { return static_cast<bool>(images_); }
  std::string text() const {
    return std::to_string(rows_.rows) +
           (rows_.rows < side_.num_samples ? " of " + std::to_string(side_.num_samples) : "");
  }

  // Of the first images; of some of rows(), in their order.
  std::vector<Picture> first_pictures() const {
    std::vector<std::int64_t> positions(
        static_cast<std::size_t>(std::min(side_.num_samples, kFirstPictures)));
    std::iota(positions.begin(), positions.end(), std::int64_t{0});
    return pictures_at(positions);
  }
  std::vector<Picture> pictures(const std::vector<std::int64_t>& rows) const {
    std::vector<std::int64_t> positions;
    for (const std::int64_t row : rows) positions.push_back(shown_row(row, rows_.rows, side_.num_samples));
    return pictures_at(positions);
  }

 private:
  std::vector<Picture> pictures_at(const std::vector<std::int64_t>& positions) const {
    std::vector<Picture> pictures(positions.size());
    if (images_)
      pictures = images_(positions);
    else
      for (std::size_t i = 0; i < positions.size(); ++i)
        pictures[i].name = "row " + std::to_string(positions[i]);
    for (std::size_t i = 0; i < positions.size(); ++i)
      if (const auto at = static_cast<std::size_t>(positions[i]); at < side_.labels.classes.size())
        pictures[i].caption = side_.labels.text(side_.labels.classes[at]);
    return pictures;
  }

  const Side& side_;
  FeaturesF32 rows_;
  ImagesOf images_;
};

// Those of a file. In a packed archive going back is slow, so that they are read in their order there. Rows
// of an array beside images are of these where there are as many of both. Empty: there are none.
ImagesOf stored_images(const FeatureInput& input, const Side& side) {
  const ImageSource* const source = input.images();
  if (!source || (side.images.empty() && source->size() != side.num_samples)) return {};
  return [source, &side](const std::vector<std::int64_t>& positions) {
    std::vector<std::size_t> order(positions.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return positions[i]; });
    std::vector<Picture> pictures(positions.size());
    for (const std::size_t i : order) {
      const auto position = static_cast<std::size_t>(positions[i]);
      const std::int64_t index = side.images.empty() ? positions[i] : side.images.at(position);
      pictures[i] = {source->name(index), "", encode_png(thumbnail(source->read(index)))};
    }
    return pictures;
  };
}

void say(Picture& picture, const std::string& text) {
  picture.caption += (picture.caption.empty() ? "" : ", ") + text;
}

// The positions of the least of `values`, ascending; of equals the first.
std::vector<std::int64_t> least(const std::vector<double>& values, std::int64_t count) {
  std::vector<std::int64_t> order(values.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const auto end = order.begin() + std::min(count, std::ssize(order));
  std::partial_sort(order.begin(), end, order.end(), [&](std::int64_t a, std::int64_t b) {
    const double x = values[static_cast<std::size_t>(a)], y = values[static_cast<std::size_t>(b)];
    return x != y ? x < y : a < b;
  });
  return {order.begin(), end};
}

NearestOptions neighbours_of(const char* what, const DistanceOptions& options) {
  return {told(options, what, "rows"), at::get_num_threads()};
}

std::vector<double> distances_of(const std::vector<Nearest>& nearest) {
  std::vector<double> distances;
  for (const Nearest& each : nearest) distances.push_back(each.distance);
  return distances;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::vector<std::vector<Picture>> one_by_one(std::vector<Picture> pictures) {
  std::vector<std::vector<Picture>> groups;
  for (Picture& picture : pictures) groups.push_back({std::move(picture)});
  return groups;
}

void add_first(const Shown& sample, Report& report) {
  if (!sample.has_pictures()) return;
  report.galleries.push_back({"first", "The first images", "", one_by_one(sample.first_pictures())});
}

// Some samples with how far they lie from the reference manifold.
void add_ranked(const Shown& sample, const Shown& reference, const std::vector<double>& radii, bool furthest,
                Report& report) {
  std::vector<double> keys = radii;
  if (furthest)
    for (double& key : keys) key = -key;
  const std::vector<std::int64_t> rows = least(keys, kPictures);
  std::vector<Picture> pictures = sample.pictures(rows);
  for (std::size_t i = 0; i < rows.size(); ++i)
    say(pictures[i], number_text("%.3g", radii[static_cast<std::size_t>(rows[i])]) + " radii");
  const std::string note = "Of " + sample.text() + " samples, by the least distance to one of " +
                           reference.text() +
                           " references in units of its radius, which is the distance to its 3rd nearest "
                           "neighbour; references in thin regions are left out. The inverse is the realism "
                           "score of Kynkaanniemi et al. 2019, section 5.";
  report.galleries.push_back({furthest ? "least_realistic" : "most_realistic",
                              furthest ? "The least realistic" : "The most realistic", note,
                              one_by_one(std::move(pictures))});
}

void add_by_radii(const Shown& sample, const Shown& reference, const DistanceOptions& options,
                  Report& report) {
  const std::vector<double> radii =
      distance_in_radii(sample.rows(), reference.rows(), kNeighbours, neighbours_of("realism", options));
  add_ranked(sample, reference, radii, true, report);
  add_ranked(sample, reference, radii, false, report);
}

// Samples that lie closest to a reference, beside it: copies of training images would be among them.
void add_nearest(const Shown& sample, const Shown& reference, const DistanceOptions& options,
                 Report& report) {
  const NearestOptions search = neighbours_of("references", options);
  const std::vector<Nearest> nearest = nearest_rows(sample.rows(), reference.rows(), search);
  const double usual = median(distances_of(nearest_others(reference.rows(), search)));
  const std::vector<std::int64_t> rows = least(distances_of(nearest), kPictures);
  std::vector<std::int64_t> others;
  for (const std::int64_t row : rows) others.push_back(nearest[static_cast<std::size_t>(row)].row);
  std::vector<Picture> ours = sample.pictures(rows), theirs = reference.pictures(others);
  Gallery gallery{"nearest_to_reference",
                  "Nearest to a reference",
                  "Left a sample, right the reference next to it, of " + sample.text() + " and " +
                      reference.text() +
                      ". Distances are in units of the median distance between a "
                      "reference and the next, " +
                      number_text("%.4g", usual) + ": far below 1 a sample may be a copy.",
                  {}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double distance = nearest[static_cast<std::size_t>(rows[i])].distance;
    say(ours[i], "distance " + number_text("%.3g", usual > 0 ? distance / usual : distance));
    gallery.groups.push_back({std::move(ours[i]), std::move(theirs[i])});
  }
  report.galleries.push_back(std::move(gallery));
}

// Pairs of samples that lie closest to each other, each pair once.
void add_twins(const Shown& sample, const DistanceOptions& options, Report& report) {
  const std::vector<Nearest> nearest = nearest_others(sample.rows(), neighbours_of("duplicates", options));
  const std::vector<double> distances = distances_of(nearest);
  const double usual = median(distances);
  Gallery gallery{"nearest_to_each_other",
                  "Nearest to each other",
                  "Pairs of " + sample.text() +
                      " samples. Distances are in units of the median distance "
                      "between a sample and the next, " +
                      number_text("%.4g", usual) + ": far below 1 the two are near-duplicates.",
                  {}};
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  std::vector<std::int64_t> rows;
  for (const std::int64_t row : least(distances, std::ssize(distances))) {
    const auto pair = std::minmax(row, nearest[static_cast<std::size_t>(row)].row);
    if (!seen.insert(pair).second) continue;
    rows.insert(rows.end(), {pair.first, pair.second});
    if (std::ssize(seen) == kPictures) break;
  }
  std::vector<Picture> pictures = sample.pictures(rows);
  for (std::size_t i = 0; i + 1 < rows.size(); i += 2) {
    const double distance = std::min(distances[static_cast<std::size_t>(rows[i])],
                                     distances[static_cast<std::size_t>(rows[i + 1])]);
    say(pictures[i], "distance " + number_text("%.3g", usual > 0 ? distance / usual : distance));
    gallery.groups.push_back({std::move(pictures[i]), std::move(pictures[i + 1])});
  }
  report.galleries.push_back(std::move(gallery));
}

// As many as a plot shows, evenly spaced.
std::vector<std::array<double, 2>> thinned(const std::vector<std::array<double, 2>>& points) {
  if (points.size() <= kPoints) return points;
  std::vector<std::array<double, 2>> some;
  for (std::size_t i = 0; i < kPoints; ++i) some.push_back(points[i * points.size() / kPoints]);
  return some;
}

void add_map(const Shown& sample, FeaturesF32 reference, Report& report) {
  const auto dim = static_cast<double>(sample.rows().columns);
  if (sample.rows().columns < 2 || sample.rows().columns > kLargestMap) return;
  require_memory("the map of samples and references", "their covariance", 4 * dim * dim * sizeof(double));
  const PrincipalMap map = map_to_plane(sample.rows(), reference);
  const auto percent = [&](std::size_t axis) { return number_text("%.3g", 100 * map.share[axis]) + " %"; };
  report.map = {"The first two principal components of " + std::to_string(map.first.size()) +
                    " samples and " + std::to_string(map.second.size()) +
                    " references together: " + percent(0) + " and " + percent(1) + " of the variance.",
                thinned(map.first), thinned(map.second), map.share};
}

// What fails leaves the scores and the rest of the page as they are: whatever it is, but for the wish to
// stop.
template <class Add>
void try_to(Report& report, Add add) {
  std::string problem;
  try {
    return add();
  } catch (const Stopped&) {
    throw;
  } catch (const std::exception& error) {
    problem = torch_message(error);
  }
  report.warnings.push_back("a part of the page is left out: " + problem);
}

}  // namespace

void look_at_images(const FeatureInput& sample, const Side& sample_side, const FeatureInput* reference,
                    const Side& reference_side, const DistanceOptions& options, Report& report) {
  const Shown ours(sample_side,
                   options.sample.seeded ? options.pictures : stored_images(sample, sample_side)),
      theirs(reference_side, reference ? stored_images(*reference, reference_side) : ImagesOf());
  try_to(report, [&] { add_first(ours, report); });
  if (ours.rows().rows < kLeastRows) return;
  if (theirs.rows().rows >= kLeastRows) {
    try_to(report, [&] { add_by_radii(ours, theirs, options, report); });
    try_to(report, [&] { add_nearest(ours, theirs, options, report); });
  }
  try_to(report, [&] { add_twins(ours, options, report); });
  try_to(report, [&] { add_map(ours, theirs.rows(), report); });
}

}  // namespace gdd
