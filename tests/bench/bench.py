#!/usr/bin/env python3
"""Measures the programs against the Python they replace. tests/bench/README.md says how and why."""
import argparse
import os
import platform
import shutil
import statistics
import sys

from measure import HERE, PEERS, ROOT, print_columns, processor, run, virtual_environment

ROUNDS = 5


def medians(contenders, threads, outputs=()):
    """{name: command} -> {name: (median seconds, peak MB, last line)}: one warm-up each, then ROUNDS rounds of all in turn.

    `outputs` are folders that a run must not find: gdd-sample makes no image twice.
    """
    results = {name: [] for name in contenders}
    for _ in range(1 + ROUNDS):
        for folder in outputs:
            shutil.rmtree(folder, ignore_errors=True)
        for name, command in contenders.items():
            results[name].append(run(command, threads))
    results = {name: runs[1:] for name, runs in results.items()}
    return {name: (statistics.median(r[0] for r in runs), max(r[1] for r in runs), runs[-1][2]) for name, runs in results.items()}


class Bench:
    def __init__(self, args):
        self.args = args
        self.work = args.work
        os.makedirs(self.work, exist_ok=True)
        self.python = args.python or virtual_environment(self.path('venv'), PEERS)
        self.rows = []

    def path(self, name):
        return os.path.join(self.work, name)

    def program(self, name, *arguments):
        return [os.path.join(self.args.bin, name), *map(str, arguments)]

    def peer(self, *arguments):
        return [self.python, os.path.join(HERE, 'peers.py'), *map(str, arguments)]

    def make(self, names, *arguments):
        """Runs peers.py ARGUMENTS unless the files it makes are there. Returns their paths."""
        paths = [self.path(name) for name in names]
        if not all(map(os.path.exists, paths)):
            run(self.peer(*arguments, *paths), os.cpu_count())
        return paths

    def snapshot(self, architecture='cifar'):
        return self.make([f'{architecture}-size.pkl'], 'make_snapshot', self.args.gdd, architecture)[0]

    def add(self, case, ours, theirs, note=''):
        self.rows.append((case, f'{ours[0]:.2f} s', f'{theirs[0]:.2f} s', f'{theirs[0] / ours[0]:.1f}x', f'{ours[1]:.0f} MB', f'{theirs[1]:.0f} MB', note))
        print('bench: ' + '  '.join(self.rows[-1]), file=sys.stderr)

    def help(self):
        programs = ('gdd-fid', 'gdd-sample')
        got = medians({**{name: self.program(name, '--help') for name in programs}, 'python': self.peer('startup')}, self.args.threads)
        for name in programs:
            self.add(f'{name} --help', got[name], got['python'])

    def convert(self, architecture='cifar'):
        self.converted(self.snapshot(architecture), self.peer('convert', self.args.gdd))

    def converted(self, snapshot, peer):
        """`peer` is a command that takes the snapshot and what to write."""
        got = medians({'ours': self.program('gdd-convert', snapshot, self.path('ours.pt')), 'idle': self.program('gdd-convert', '--help'),
                       'python': [*peer, snapshot, self.path('theirs.pt')]}, self.args.threads)
        megabytes = os.path.getsize(snapshot) / 1e6
        above = got['ours'][1] - got['idle'][1]
        self.add(f'convert {megabytes:.0f} MB', got['ours'], got['python'], f'{above:.0f} MB above --help')

    def convert_large(self):
        self.convert('imagenet')

    def convert_edm2(self):
        families = os.path.join(HERE, 'family_peers.py')
        snapshot = self.path('edm2-img64-s-float16.pkl')
        if not os.path.exists(snapshot):
            run([self.python, families, 'make_edm2', self.args.edm2, 's', 'float16', '0', snapshot], os.cpu_count())
        self.converted(snapshot, [self.python, families, 'edm2_convert', self.args.edm2])

    def sample(self):
        snapshot, count, batch = self.snapshot(), 32, 16
        got = medians({'ours': self.program('gdd-sample', '--network', snapshot, '--outdir', self.path('ours'), '--seeds', f'0-{count - 1}',
                                            '--batch', batch, '--device', 'cpu', '--threads', self.args.threads),
                       'python': self.peer('sample', self.args.gdd, snapshot, self.path('theirs'), count, batch)}, self.args.threads,
                      [self.path('ours'), self.path('theirs')])
        self.add(f'sample {count} images, 56 M network', got['ours'], got['python'], self.compare_images())

    def compare_images(self):
        code = ('import sys, numpy as np; a, b = (np.load(f + "/image_pack.npz")["arr_0"].astype(int) for f in sys.argv[1:]); '
                'print(f"{(a != b).mean():.1e} of the values differ, by at most {abs(a - b).max()}")')
        return run([self.python, '-c', code, self.path('ours'), self.path('theirs')], 1)[2]

    def print_table(self):
        version = run([self.python, '-c', 'import numpy, scipy, torch; print("numpy", numpy.__version__, "scipy", scipy.__version__, "torch", torch.__version__)'], 1)[2]
        print(f'{processor()}, {self.args.threads} threads, Linux {platform.release()}; Python {platform.python_version()}, {version}; median of {ROUNDS}, in turns')
        rows = [('case', 'ours', 'Python', 'ratio', 'ours, peak', 'Python, peak', 'results'), *self.rows]
        print_columns(rows)


def main():
    cases = {'help': '', 'convert': 'gdd', 'convert_large': 'gdd', 'convert_edm2': 'edm2', 'sample': 'gdd'}  # and the clone that each needs
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('cases', nargs='*', metavar='CASE', help=f'of {", ".join(cases)}; default: all')
    parser.add_argument('--gdd', help='clone of the GDD repository (convert, sample)')
    parser.add_argument('--edm2', help='clone of NVlabs/edm2 (convert_edm2); its code needs click, tqdm, psutil')
    parser.add_argument('--bin', default=os.path.join(ROOT, 'build', 'bin'))
    parser.add_argument('--python', help='a Python with numpy, scipy, pillow, requests and torch; default: one made in build/bench')
    parser.add_argument('--work', default=os.path.join(ROOT, 'build', 'bench'), help='where files are made; on a tmpfs (/dev/shm/bench) the disk has no say')
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    args = parser.parse_args()
    chosen = args.cases or list(cases)
    if set(chosen) - set(cases):
        parser.error(f'cases are {", ".join(cases)}')
    for case in chosen:
        if cases[case] and not getattr(args, cases[case]):
            parser.error(f'{case} needs --{cases[case]} CLONE')
    bench = Bench(args)
    for case in chosen:
        getattr(bench, case)()
    bench.print_table()


if __name__ == '__main__':
    main()
