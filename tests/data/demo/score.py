#!/usr/bin/env python3
"""Scores snapshots of the demo's generator in the demo detector's features, in torch and numpy alone.

    python3 tests/data/demo/score.py --gdd /path/to/clone/of/GDD --files demo-out demo-out/gdd-demo.pkl

For maintainers. Prints how often the detector takes a generated picture for its class, and the Frechet distance to the
reference; first the same of as many pictures that shapes.py draws. These numbers compare with nothing published.
"""
import argparse
import os
import pickle

import numpy as np
import torch

import detector
import shapes
import train_demo

DRAWN_FIRST = 4000000  # no other script uses these pictures


def frechet_distance(mu, sigma, other_mu, other_sigma):
    """Between two normal distributions. The eigenvalues of sigma times other_sigma are real and not negative."""
    roots = np.sqrt(np.linalg.eigvals(sigma @ other_sigma).real.clip(0))
    return np.square(mu - other_mu).sum() + np.trace(sigma) + np.trace(other_sigma) - 2 * roots.sum()


def report(name, images, labels, arrays, reference):
    features, classes = detector.detect(arrays, images)
    right = [(classes[labels == label] == label).mean() for label in range(shapes.CLASSES)]
    distance = frechet_distance(*detector.moments(features), reference['mu'], reference['sigma'])
    print(f'{name}: {len(images)} pictures, accuracy {np.mean(right):.4f}, Frechet distance {distance:.4f}')
    print('   ' + ', '.join(f'{shape.__name__} {part:.3f}' for shape, part in zip(shapes.SHAPES, right)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--gdd', required=True, help='clone of the GDD repository')
    parser.add_argument('--files', default='demo-out', help='folder of the detector and the reference')
    parser.add_argument('--count', type=int, default=5000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('snapshots', nargs='*')
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    arrays = np.load(os.path.join(args.files, 'gdd-demo-detector.npz'))
    reference = np.load(os.path.join(args.files, 'gdd-demo-ref.npz'))
    report('shapes.py', *shapes.make(DRAWN_FIRST, args.count), arrays, reference)
    train_demo.import_networks(args.gdd)
    for path in args.snapshots:
        with open(path, 'rb') as f:
            net = pickle.load(f)['ema']
        report(path, *train_demo.samples(net, args.count, args.seed), arrays, reference)


if __name__ == '__main__':
    main()
