// What a score computes, counted: the arithmetic of its large products and decompositions. Everything
// smaller is left out or in the factors, so that seconds made of it are about right, not more.
#pragma once

#include <string>

#include "detectors/detector.h"
#include "scoring/distance_plan.h"

namespace gdd {

struct Cost {
  double float32 = 0, float64 = 0;  // operations at the rate of a matrix product, of all threads
  double visits = 0;                // values that one thread takes one after the other, a logarithm each

  Cost operator+(const Cost& more) const {
    return {float32 + more.float32, float64 + more.float64, visits + more.visits};
  }
  Cost operator*(double times) const { return {float32 * times, float64 * times, visits * times}; }
};

// A second, of each.
struct Rates {
  double float32 = 0, float64 = 0, visits = 0;
};

// A cost of nothing takes no time at any rate.
double seconds_of(const Cost& cost, const Rates& rates);

// Of one metric under one protocol, with all that it alone needs: fid its confidence and its running values,
// where it has them. Usage error: it is not known.
Cost cost_of_score(const std::string& metric, const DistancePlan& plan, const Detector& detector,
                   const DistanceOptions& options);

// One each, for the table of metric_table.cpp.
Cost cost_of_fid(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);
Cost cost_of_fid_infinity(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);
Cost cost_of_sfid(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);
Cost cost_of_kid(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);
Cost cost_of_inception(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);
Cost cost_of_manifolds(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);
Cost cost_of_classes(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);
Cost cost_of_clipped(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);
Cost cost_of_mind(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);
Cost cost_of_authpct(const DistancePlan& plan, const Detector& detector, const DistanceOptions& options);

// Of the means and covariances of both sides, once a preparation.
Cost cost_of_statistics(const DistancePlan& plan, const Detector& detector);

}  // namespace gdd
