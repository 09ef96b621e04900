// Scores whose values are known by hand, through the installed headers and library alone.
#include <gdd/error.h>
#include <gdd/metrics/frechet.h>
#include <gdd/metrics/inception_score.h>
#include <gdd/metrics/statistics.h>

#include <cmath>
#include <cstdio>
#include <vector>

int main() {
  try {
    // |mu1-mu2|^2 + tr(S1) + tr(S2) - 2 tr((S1 S2)^1/2) = 9 + 5 + 13 - 2 (2 + 6)
    const gdd::Statistics first{100, {0, 0}, {1, 0, 0, 4}};
    const gdd::Statistics second{100, {3, 0}, {4, 0, 0, 9}};
    const double distance = gdd::frechet_distance(first, second).distance;

    // Four images, each surely of one of two classes: as many as there are classes.
    const std::vector<double> probabilities = {1, 0, 0, 1, 1, 0, 0, 1};
    const double score = gdd::inception_score_shuffled({probabilities.data(), 4, 2}, 1).mean;

    std::printf("frechet distance %.15g, inception score %.15g\n", distance, score);
    return std::abs(distance - 11) < 1e-9 && std::abs(score - 2) < 1e-9 ? 0 : 1;
  } catch (const gdd::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
