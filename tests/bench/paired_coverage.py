#!/usr/bin/env python3
"""How often the 95 % interval of gdd-eval compare holds the mean difference: pairs of samples whose difference is simulated again and again.

Rows are slightly curved functions of normal noise, which the two samples share or not; numpy alone, the formulas of gdd/metrics/jackknife.h.
"""
import argparse

import numpy as np

BLOCKS, STUDENT_T = 20, 2.0930240544082634  # 97.5 % quantile, 19 degrees of freedom


def frechet(rows, root, trace):
    """Distance from a reference of mean 0 whose covariance has that root."""
    sigma = np.cov(rows, rowvar=False)
    cross = np.linalg.eigvalsh(root @ sigma @ root)
    return (rows.mean(0)**2).sum() + np.trace(sigma) + trace - 2 * np.sqrt(np.maximum(cross, 0)).sum()


def sample(noise, mixing, bend):
    return noise @ mixing.T * (1 + bend) + 0.1 * bend * (noise**2 - 1) + 0.1


def interval(a, b, root, trace):
    """The difference and its standard error."""
    edges = len(a) * np.arange(BLOCKS + 1) // BLOCKS
    without = [np.delete(np.arange(len(a)), np.s_[edges[i]:edges[i + 1]]) for i in range(BLOCKS)]
    differences = np.array([frechet(a[rows], root, trace) - frechet(b[rows], root, trace) for rows in without])
    return frechet(a, root, trace) - frechet(b, root, trace), np.sqrt((BLOCKS - 1) * differences.var())


def coverage(random, rows, dims, shared, pairs):
    mixing = np.linalg.qr(random.standard_normal((dims, dims)))[0] * np.logspace(0, -1, dims)
    values, vectors = np.linalg.eigh(mixing @ mixing.T)
    root, found = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T, []
    for _ in range(pairs):
        noise = random.standard_normal((rows, dims))
        other = noise if shared else random.standard_normal((rows, dims))
        found.append(interval(sample(noise, mixing, 0.1), sample(other, mixing, 0.12), root, values.sum()))
    differences, errors = np.array(found).T
    held = np.abs(differences - differences.mean()) <= STUDENT_T * errors
    print(f'N {rows}, D {dims}, noise {"in common" if shared else "of their own"}: {held.mean():.1%} of {pairs} intervals; '
          f'standard error {errors.mean():.4g} on average, deviation {differences.std():.4g}', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--pairs', type=int, default=1000)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    random = np.random.default_rng(args.seed)
    for rows, dims in ((200, 8), (1000, 8), (1000, 32)):
        for shared in (True, False):
            coverage(random, rows, dims, shared, args.pairs)


if __name__ == '__main__':
    main()
