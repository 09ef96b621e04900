#!/usr/bin/env python3
"""Scores of two sets of images, beside those of torch-fidelity and of guided-diffusion's TensorFlow evaluator.

usage: parity_scores.py SAMPLE.npz REFERENCE.npz --graph classify_image_graph_def.pb
           [--torch-fidelity PYTHON --weights pt_inception-2015-12-05-6726825d.pth]
           [--evaluator PYTHON --guided-diffusion CLONE]

The npz hold images (arr_0). The graph and the .pth must be the same network. --torch-fidelity and --evaluator name Pythons
that have torch-fidelity, and tensorflow with scipy, tqdm and requests.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

TORCH_FIDELITY = '''
import json, sys, numpy as np, torch, torch_fidelity
class Images(torch.utils.data.Dataset):
    def __init__(self, path): self.images = torch.from_numpy(np.load(path)['arr_0']).permute(0, 3, 1, 2)
    def __len__(self): return len(self.images)
    def __getitem__(self, i): return self.images[i]
sample, reference, weights = sys.argv[1:]
m = torch_fidelity.calculate_metrics(input1=Images(sample), input2=Images(reference), cuda=False, fid=True, kid=True, isc=True,
    batch_size=64, rng_seed=2020, feature_extractor_weights_path=weights, cache=False, verbose=False)
print(json.dumps({'fid': m['frechet_inception_distance'], 'kid': m['kernel_inception_distance_mean'], 'inception_score': m['inception_score_mean']}))
'''

EVALUATOR = '''
import json, os, sys
sample, reference, clone, graph = sys.argv[1:]
sys.path.insert(0, os.path.join(clone, 'evaluations'))
import evaluator, tensorflow.compat.v1 as tf
evaluator.INCEPTION_V3_PATH = graph
e = evaluator.Evaluator(tf.Session(config=tf.ConfigProto(allow_soft_placement=True)))
ref, sam = e.read_activations(reference), e.read_activations(sample)
(ref_stats, ref_spatial), (stats, spatial) = e.read_statistics(reference, ref), e.read_statistics(sample, sam)
precision, recall = e.compute_prec_recall(ref[0], sam[0])
print(json.dumps({'inception_score': float(e.compute_inception_score(sam[0])), 'fid': float(stats.frechet_distance(ref_stats)),
                  'sfid': float(spatial.frechet_distance(ref_spatial)), 'precision': float(precision), 'recall': float(recall)}))
'''


def last_json(command):
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(next(line for line in reversed(out.split('\n')) if line.startswith('{')))


def ours(args, protocol, metrics, cache):
    report = os.path.join(cache, 'report.json')
    subprocess.run([os.path.join(args.bin, 'gdd-fid'), 'calc', '--images', args.sample, '--ref', args.reference, '--protocol', protocol, '--metrics', metrics,
                    '--detector', args.graph, '--cache', cache, '--json', report], check=True, stdout=subprocess.DEVNULL)
    with open(report) as f:
        return {score['name']: score['value'] for score in json.load(f)['scores']}


def compare(title, mine, theirs):
    print(f'{"score":<16}  {"ours":>20}  {title:>20}  apart, relative')
    for name, value in theirs.items():
        print(f'{name:<16}  {mine[name]:>20.12g}  {value:>20.12g}  {abs(mine[name] - value) / max(abs(value), 1e-300):.1e}')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('sample')
    parser.add_argument('reference')
    parser.add_argument('--graph', required=True)
    parser.add_argument('--weights')
    parser.add_argument('--torch-fidelity', metavar='PYTHON')
    parser.add_argument('--evaluator', metavar='PYTHON')
    parser.add_argument('--guided-diffusion', metavar='CLONE')
    parser.add_argument('--bin', default=os.path.join(ROOT, 'build', 'bin'))
    args = parser.parse_args()
    if args.torch_fidelity and not args.weights or args.evaluator and not args.guided_diffusion:
        parser.error('--torch-fidelity needs --weights, --evaluator needs --guided-diffusion')
    with tempfile.TemporaryDirectory() as cache:
        if args.torch_fidelity:
            theirs = last_json([args.torch_fidelity, '-c', TORCH_FIDELITY, args.sample, args.reference, args.weights])
            compare('torch-fidelity', ours(args, 'torch-fidelity', 'fid,kid,is', cache), theirs)
        if args.evaluator:
            theirs = last_json([args.evaluator, '-c', EVALUATOR, args.sample, args.reference, args.guided_diffusion, args.graph])
            compare('guided-diffusion', ours(args, 'adm', 'fid,sfid,is,pr', cache), theirs)


if __name__ == '__main__':
    main()
