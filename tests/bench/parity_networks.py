#!/usr/bin/env python3
"""Full-size networks against upstream's Python, bit for bit: SHA-256 of their one-step images before quantisation.

Makes a snapshot with random weights for each published architecture (once), runs upstream's own classes on it, and
gdd-sample on the snapshot and on the converted file. One thread, on the CPU. The Python must be of the same torch build.
"""
import argparse
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile

from peers import PUBLISHED

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ENVIRONMENT = dict(os.environ, OMP_NUM_THREADS='1', MKL_NUM_THREADS='1')


def run(*command):
    return subprocess.run(list(map(str, command)), check=True, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True).stdout


def npy_bytes(path, member):
    """The elements of a C-ordered .npy inside an npz, without numpy."""
    with zipfile.ZipFile(path) as archive:
        data = io.BytesIO(archive.read(member))
    data.seek(8)
    data.seek(10 + int.from_bytes(data.read(2), 'little'))
    return data.read()


def ours(args, network, folder):
    out = os.path.join(folder, 'images.npz')
    run(os.path.join(args.bin, 'gdd-sample'), '--network', network, '--seeds', f'0-{args.seeds - 1}', '--batch', args.seeds,
        '--save-float', out, '--device', 'cpu', '--threads', 1)
    return hashlib.sha256(npy_bytes(out, 'images.npy')).hexdigest()


def compare(args, architecture):
    snapshot = os.path.join(args.work, f'{architecture}-size.pkl')
    if not os.path.exists(snapshot):
        run(args.python, os.path.join(HERE, 'peers.py'), 'make_snapshot', args.gdd, architecture, snapshot)
    theirs = run(args.python, os.path.join(HERE, 'peers.py'), 'sample_bits', args.gdd, snapshot, args.seeds).strip()
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        converted = os.path.join(folder, 'network.pt')
        run(os.path.join(args.bin, 'gdd-convert'), snapshot, converted)
        hashes = {'upstream': theirs, 'from .pkl': ours(args, snapshot, folder), 'from .pt': ours(args, converted, folder)}
    for name, value in hashes.items():
        print(f'{architecture:10} {name:10} {value}', flush=True)
    return len(set(hashes.values())) == 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('architectures', nargs='*', help=f'of {", ".join(PUBLISHED)}; default: all')
    parser.add_argument('--gdd', required=True, help='clone of the GDD repository')
    parser.add_argument('--python', default=sys.executable, help='a Python with numpy and the torch that the programs link')
    parser.add_argument('--bin', default=os.path.join(ROOT, 'build', 'bin'))
    parser.add_argument('--work', default=os.path.join(ROOT, 'build', 'bench'), help='where snapshots are kept (3.3 GB)')
    parser.add_argument('--seeds', type=int, default=2, help='images to compare')
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    equal = [compare(args, architecture) for architecture in args.architectures or PUBLISHED]
    print('equal' if all(equal) else 'DIFFERENT')
    sys.exit(not all(equal))


if __name__ == '__main__':
    main()
