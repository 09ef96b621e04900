// Scores whose values are known by hand, through the installed headers and library alone.
#include <gdd/error.h>
#include <gdd/metrics/authpct.h>
#include <gdd/metrics/clipped.h>
#include <gdd/metrics/frechet.h>
#include <gdd/metrics/inception_score.h>
#include <gdd/metrics/mind.h>
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

    // On a line: 6 is a step of 4 from the copied 2, which has 1 nearer; 2 is a copy.
    const std::vector<float> train = {0, 1, 2, 20}, generated = {6, 2}, direction = {-3};
    const double authentic = gdd::authpct({generated.data(), 2, 1}, {train.data(), 4, 1});
    // Sorted, 2 and 6 beside 0 and 1: 3 (4 + 25) / 2.
    const double mind =
        gdd::mind_distance({generated.data(), 2, 1}, {train.data(), 2, 1}, {{direction.data(), 1, 1}});
    const gdd::ClippedScores clipped =
        gdd::clipped_scores({train.data(), 4, 1}, {train.data(), 4, 1}, {.k = 1});

    std::printf("frechet distance %.15g, inception score %.15g\n", distance, score);
    std::printf("authpct %.15g, mind %.15g, clipped density %.15g, coverage %.15g\n", authentic, mind,
                clipped.density, clipped.coverage);
    const auto equal = [](double found, double expected) { return std::abs(found - expected) < 1e-9; };
    return equal(distance, 11) && equal(score, 2) && equal(authentic, 50) && equal(mind, 43.5) &&
                   equal(clipped.density, 1) && equal(clipped.coverage, 1)
               ? 0
               : 1;
  } catch (const gdd::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
