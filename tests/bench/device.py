#!/usr/bin/env python3
"""One call on a machine with a GPU and torch: every stage's rate, its share of the GPU's own, and a whole evaluation.

tests/bench/README.md says how. Programs are those of --bin, or of a bundle that carries its libraries (--bundle).
"""
import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys

from claims_table import commit
from measure import HERE, ROOT, Failed, print_columns, run

CIFAR, INCEPTION = 'generator of the CIFAR-10 size', 'Inception'


class Device:
    def __init__(self, args):
        self.args, self.rows, self.rates, self.gflop = args, [], {}, {}
        os.makedirs(args.work, exist_ok=True)
        if os.listdir(args.work):
            raise SystemExit(f'device: {args.work} is not empty: what is finished there would not be made again')

    # ---- what the measurements are made of

    def path(self, *names):
        return os.path.join(self.args.work, *names)

    def program(self, name, *arguments):
        start = ['bash', os.path.join(self.args.bundle, 'run.sh'), name] if self.args.bundle else [os.path.join(self.args.bin, name)]
        return [*start, *map(str, arguments)]

    def script(self, file, function, *arguments):
        return [sys.executable, os.path.join(HERE, file), function, *map(str, arguments)]

    def run(self, command):
        """Seconds and the last line of stdout."""
        seconds, _, said, _ = run(command, os.cpu_count())
        print(f'device: {seconds:.1f} s  {" ".join(command[:12])}', file=sys.stderr, flush=True)
        return seconds, said

    def number(self, file, function, *arguments):
        return float(self.run(self.script(file, function, *arguments))[1])

    def rate(self, command, fewer, more):
        """Images a second between a run of `fewer` images and one of `more`, so that start-up drops out.

        A first one is not counted: kernels that no process of this machine has loaded come from its disk, for seconds.
        """
        self.run(command(fewer))
        short, long = (statistics.median(self.run(command(count))[0] for _ in range(self.args.runs)) for count in (fewer, more))
        if long <= short:
            raise SystemExit(f'device: {more} images took no longer than {fewer}')
        return (more - fewer) / (long - short)

    # ---- inputs

    def make(self):
        self.run(['nvidia-smi', '--query-gpu=name,driver_version', '--format=csv,noheader'])
        jobs = [subprocess.Popen(command) for command in (
            self.script('peers.py', 'make_snapshot', self.args.gdd, 'cifar', self.path('cifar.pkl')),
            self.script('peer_scores.py', 'make_inception', self.path('inception.pth')),
            self.script('peers.py', 'make_statistics', self.path('ref.npz'), self.path('other.npz')))]
        self.gflop = {CIFAR: self.number('peer_scores.py', 'network_gflop', self.args.gdd, 'cifar'), INCEPTION: self.number('peer_scores.py', 'inception_gflop')}
        if any(job.wait() for job in jobs):
            raise SystemExit('device: inputs could not be made')
        self.run(self.program('gdd-convert', self.path('cifar.pkl'), self.path('cifar.pt')))
        self.rates = dict(pair.split('=') for pair in self.run(self.script('device_peers.py', 'matrix_rates'))[1].split())
        self.rates = {name: float(rate) for name, rate in self.rates.items()}

    def images(self):
        """A PNG tree of the generator's images, and their pack: what a detector costs does not depend on what they show."""
        folder = self.path('pack')
        if not os.path.exists(folder):
            self.run(self.sample(self.args.more, 'default', 'pack'))
        return folder, os.path.join(folder, 'image_pack.npz')

    # ---- measurements

    def add(self, work, who, rate, of=''):
        share = f'{rate * self.gflop[work] / 1e3 / self.rates[of]:.0%} of {of}' if of else ''
        self.rows.append({'work': work, 'who': who, 'images_per_second': rate, 'share': share})
        print(f'device: {work}: {who}: {rate:.0f} images/s {share}', file=sys.stderr, flush=True)

    def add_seconds(self, work, who, seconds, note):
        self.rows.append({'work': work, 'who': who, 'seconds': seconds, 'share': note})
        print(f'device: {work}: {who}: {seconds:.1f} s {note}', file=sys.stderr, flush=True)

    def sample(self, count, precision, folder, batch=None):
        return self.program(
            'gdd-sample', '--network', self.path('cifar.pt'), '--seeds', f'0-{count - 1}', '--batch', batch or self.args.batch, '--outdir', self.path(folder),
            '--subdirs', '--device', 'cuda', *(['--precision', precision] if precision != 'default' else []))

    def generator(self):
        for precision, of in (('default', 'tf32'), ('tf32', 'tf32'), ('bf16', 'bf16'), ('fp16', 'fp16')):
            folders = iter(range(100))
            rate = self.rate(lambda count: self.sample(count, precision, f'{precision}-{next(folders)}'), self.args.fewer, self.args.more)
            self.add(CIFAR, f'gdd-sample, {precision}', rate, of=of)
        folders = iter(range(100))
        rate = self.rate(lambda count: [sys.executable, os.path.join(self.args.gdd, 'generate.py'), '--network', self.path('cifar.pkl'), '--seeds', f'0-{count - 1}',
                                        '--batch', str(self.args.batch), '--subdirs', '--outdir', self.path(f'upstream-{next(folders)}')],
                         self.args.fewer, self.args.more)
        self.add(CIFAR, "upstream's generate.py", rate, of='tf32')

    def features(self):
        folder, pack = self.images()
        for precision, of in (('fp32', 'fp32'), ('bf16', 'bf16')):
            def extract(count):
                return self.program('gdd-fid', 'features', '--data', folder, '--num', count, '--detector', self.path('inception.pth'), '--dest', self.path('features.npz'),
                                    '--batch', self.args.batch, '--device', 'cuda', '--precision', precision)
            self.add(INCEPTION, f'gdd-fid features from PNG, {precision}', self.rate(extract, self.args.fewer, self.args.more), of=of)
        for precision, of in (('fp32', 'fp32'), ('tf32', 'tf32')):
            rate = self.number('device_peers.py', 'eager_inception', pack, self.path('inception.pth'), precision, self.args.batch)
            self.add(INCEPTION, f'torch eager from memory, {precision}', rate, of=of)

    def evaluation(self):
        count = self.args.images
        for name, options in (('default', ()), ('bf16', ('--precision', 'bf16', '--detector-precision', 'bf16'))):
            report = self.path(f'{name}.json')
            command = self.program('gdd-eval', '--network', self.path('cifar.pt'), '--ref', self.path('ref.npz'), '--detector', self.path('inception.pth'),
                                   '--metrics', 'fid,is', '--seeds', f'0-{count - 1}', '--batch', self.args.batch, '--outdir', self.path(f'eval-{name}'),
                                   '--device', 'cuda', '--json', report, *options)
            for who in (f'gdd-eval, {name}', f'gdd-eval, {name}, again from its features'):
                seconds, _ = self.run(command)
                with open(report) as f:
                    scores = ', '.join(f'{score["name"]} {score["value"]:.6g}' for score in json.load(f)['scores'])
                self.add_seconds(f'FID and IS of {count} images, seeds to JSON', who, seconds, scores)

    def neighbours(self):
        """Precision and recall of stored features."""
        count, files = 10000, [self.path(f'features-{seed}.npz') for seed in (1, 2)]
        for job in [subprocess.Popen(self.script('peer_scores.py', 'make_features', count, seed, 2048, file)) for seed, file in zip((1, 2), files)]:
            if job.wait():
                raise SystemExit('device: features could not be made')
        report, work = self.path('pr.json'), f'precision and recall, {count} x {count} x 2048 stored features'
        for device in ('cuda', 'cpu'):
            seconds, _ = self.run(self.program('gdd-pr', '--images', files[0], '--ref', files[1], '--device', device, '--json', report))
            with open(report) as f:
                self.add_seconds(work, f'gdd-pr --device {device}', seconds, ', '.join(f'{score["value"]:g}' for score in json.load(f)['scores']))
        self.add_seconds(work, 'script with torch.cdist and kthvalue, on the GPU', *self.run(self.script('device_peers.py', 'neighbours', *files)))

    def print_table(self):
        name = subprocess.run(['nvidia-smi', '--query-gpu=name,driver_version', '--format=csv,noheader'], stdout=subprocess.PIPE, text=True).stdout.strip()
        version = self.run(self.program('gdd-eval', '--version'))[1]
        machine = [f'{name}; {os.cpu_count()} CPU cores; {datetime.date.today()}; {version}, commit {self.args.commit or commit()}',
                   'matrix rates, TFLOP/s: ' + ', '.join(f'{name} {rate:.0f}' for name, rate in self.rates.items()) +
                   f'; batch {self.args.batch}; rates between {self.args.fewer} and {self.args.more} images, whole processes, median of {self.args.runs}']
        rows = [(row['work'], row['who'], f'{row["images_per_second"]:.0f} images/s' if 'images_per_second' in row else f'{row["seconds"]:.1f} s', row['share'])
                for row in self.rows]
        print('\n'.join(machine))
        print_columns([('work', 'by', 'measured', 'share of the matrix rate, or scores'), *rows])
        if self.args.json:
            with open(self.args.json, 'w') as f:
                json.dump({'machine': machine, 'rows': self.rows}, f, indent=1)


CASES = 'generator', 'features', 'evaluation', 'neighbours'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('cases', nargs='*', metavar='CASE', help=f'of {", ".join(CASES)}; all, if none is named')
    parser.add_argument('--gdd', required=True, metavar='CLONE', help='clone of the GDD repository')
    parser.add_argument('--bin', default=os.path.join(ROOT, 'build', 'bin'))
    parser.add_argument('--bundle', metavar='DIR', help='programs with a run.sh that starts them, in place of --bin')
    parser.add_argument('--images', type=int, default=50000, help='of the evaluation')
    parser.add_argument('--fewer', type=int, default=4096)
    parser.add_argument('--more', type=int, default=16384)
    parser.add_argument('--batch', type=int, default=256)
    parser.add_argument('--runs', type=int, default=1)
    parser.add_argument('--commit', help='where there is no git')
    parser.add_argument('--work', default='/dev/shm/device')
    parser.add_argument('--json', metavar='FILE')
    args = parser.parse_args()
    if unknown := set(args.cases) - set(CASES):
        parser.error(f'no case {", ".join(unknown)}; there are {", ".join(CASES)}')
    device = Device(args)
    device.make()
    for case in args.cases or CASES:
        try:
            getattr(device, case)()
        except Failed as failure:
            print(f'device: {case}: {failure}', file=sys.stderr, flush=True)
    device.print_table()


if __name__ == '__main__':
    main()
