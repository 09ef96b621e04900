// The scores that a class can have, in the order in which they are shown. Internal to this room.
#pragma once

#include <optional>

#include "gdd/report.h"

namespace gdd {

struct ClassColumn {
  const char* name;  // in JSON
  const char* head;  // in tables
  std::optional<double> ClassScores::*value;
};

inline constexpr ClassColumn kClassColumns[] = {{"fid", "fid", &ClassScores::fid},
                                                {"kid", "kid", &ClassScores::kid},
                                                {"mean_distance", "means", &ClassScores::mean_distance},
                                                {"precision", "precision", &ClassScores::precision},
                                                {"recall", "recall", &ClassScores::recall},
                                                {"density", "density", &ClassScores::density},
                                                {"coverage", "coverage", &ClassScores::coverage}};

}  // namespace gdd
