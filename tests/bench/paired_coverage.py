#!/usr/bin/env python3
"""How often the 95 % interval of gdd-eval compare holds the mean difference, simulated: pairs of samples, again and again.

Rows are slightly curved functions of normal noise, which the two samples share or not; numpy alone, the formulas of gdd/metrics/jackknife.h
and, with --score clipped, of gdd/metrics/clipped.h against a reference of a thousand rows.
"""
import argparse
import math

import numpy as np

BLOCKS, STUDENT_T = 20, 2.0930240544082634  # 97.5 % quantile, 19 degrees of freedom


class Frechet:
    """Distance from a reference of mean 0, of which only the covariance counts."""
    names = 'fid',

    def __init__(self, mixing, random):
        values, vectors = np.linalg.eigh(mixing @ mixing.T)
        self.root, self.trace = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T, values.sum()

    def of(self, sample):
        def scores(rows):
            sigma = np.cov(sample[rows], rowvar=False)
            cross = np.linalg.eigvalsh(self.root @ sigma @ self.root)
            return [(sample[rows].mean(0)**2).sum() + np.trace(sigma) + self.trace - 2 * np.sqrt(np.maximum(cross, 0)).sum()]
        return scores


class Clipped:
    names = 'relative_density', 'covered_share', 'clipped_coverage'
    K, REFERENCES = 5, 1000

    def __init__(self, mixing, random):
        self.reference = sample_of(random.standard_normal((self.REFERENCES, len(mixing))), mixing, 0.1)
        between = distances(self.reference, self.reference)
        np.fill_diagonal(between, np.inf)
        self.radii = np.sort(between, axis=0)[self.K - 1]
        self.cut = np.minimum(self.radii, np.median(self.radii))
        self.own = np.minimum((between <= self.cut).sum(1), self.K).mean()
        self.expected = {}

    def calibrated(self, share, count):
        """Where a share stands among f(0), ..., f(count)."""
        if count not in self.expected:
            self.expected[count] = np.array([self.expected_share(m) for m in range(count + 1)])
        return (self.expected[count] < share).sum() / (count + 1)

    def expected_share(self, m):
        if m < self.K:
            return 0
        k, n = self.K, self.REFERENCES

        def log_beta(a, b):
            return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
        lacking = sum((k - i) * math.exp(math.log(math.comb(m, i)) + log_beta(k + i, n - k + m - i) - log_beta(k, n - k)) for i in range(k))
        return 1 - lacking / k

    def of(self, sample):
        far = distances(sample, self.reference)
        around, inside = np.minimum((far <= self.cut).sum(1), self.K), far < self.radii

        def scores(rows):
            share = np.minimum(inside[rows].sum(0), self.K).mean() / self.K
            return [around[rows].mean() / self.own, share, self.calibrated(share, len(rows))]
        return scores


def distances(a, b):
    return np.sqrt(np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0))


def sample_of(noise, mixing, bend):
    return noise @ mixing.T * (1 + bend) + 0.1 * bend * (noise**2 - 1) + 0.1


def intervals(a, b, count):
    """The differences of all scores and their standard errors."""
    edges = count * np.arange(BLOCKS + 1) // BLOCKS
    everything = np.arange(count)
    without = [np.delete(everything, np.s_[edges[i]:edges[i + 1]]) for i in range(BLOCKS)]
    left = np.array([np.subtract(a(rows), b(rows)) for rows in without])
    return np.subtract(a(everything), b(everything)), np.sqrt((BLOCKS - 1) * left.var(0))


def coverage(kind, random, rows, dims, shared, pairs):
    mixing = np.linalg.qr(random.standard_normal((dims, dims)))[0] * np.logspace(0, -1, dims)
    score, found = kind(mixing, random), []
    for _ in range(pairs):
        noise = random.standard_normal((rows, dims))
        other = noise if shared else random.standard_normal((rows, dims))
        found.append(intervals(score.of(sample_of(noise, mixing, 0.1)), score.of(sample_of(other, mixing, 0.12)), rows))
    for i, name in enumerate(score.names):
        differences, errors = (np.array([each[part][i] for each in found]) for part in (0, 1))
        held = np.abs(differences - differences.mean()) <= STUDENT_T * errors
        print(f'{name}, N {rows}, D {dims}, noise {"in common" if shared else "of their own"}: {held.mean():.1%} of {pairs} intervals; '
              f'standard error {errors.mean():.4g} on average, deviation {differences.std():.4g}', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--score', choices=('fid', 'clipped'), default='fid')
    parser.add_argument('--pairs', type=int, default=1000)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    random = np.random.default_rng(args.seed)
    for rows, dims in ((200, 8), (1000, 8), (1000, 32)):
        for shared in (True, False):
            coverage({'fid': Frechet, 'clipped': Clipped}[args.score], random, rows, dims, shared, args.pairs)


if __name__ == '__main__':
    main()
