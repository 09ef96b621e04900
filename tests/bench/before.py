#!/usr/bin/env python3
"""Measures two builds of the programs against each other. tests/bench/README.md says how and why."""
import argparse
import os
import platform
import subprocess
import sys
import zipfile

from measure import HERE, ROOT, Contender, print_columns, processor, take_turns

NOT_SLOWER = 0.97  # of before's time; below it noise is no excuse
ONE_PASS = 1.5     # what gdd-eval has to win over the programs one after the other
FLAT = 1.03        # peak memory of eight times the images, over that of one
DEMO = '--network', os.path.join(ROOT, 'all_ckpt', 'gdd-demo.pkl')


class Before:
    def __init__(self, args):
        self.args = args
        self.compute = '--device', 'cpu', '--threads', args.threads
        self.rows, self.missed = [], []
        os.makedirs(args.work, exist_ok=True)

    def path(self, *names):
        return os.path.join(self.args.work, *names)

    def make(self, names, *arguments):
        """Runs peers.py ARGUMENTS unless the files it makes are there. Returns their paths."""
        paths = [self.path(name) for name in names]
        if not all(map(os.path.exists, paths)):
            subprocess.run([self.args.python, os.path.join(HERE, 'peers.py'), *arguments, *paths], check=True)
        return paths

    def photographs(self):
        folder = self.path(f'photographs-{self.args.images}')
        if not os.path.exists(folder):
            with zipfile.ZipFile(self.args.photographs) as archive:
                pictures = [name for name in archive.namelist() if name.lower().endswith(('.jpg', '.jpeg', '.png'))]
                archive.extractall(folder + '.part', pictures[:self.args.images])
            os.rename(folder + '.part', folder)
        return folder

    def features(self):
        """Of images with other seeds, so that precision and recall are neither 0 nor 1."""
        dest, n = self.path(f'features-{self.args.images}.npz'), self.args.images
        if not os.path.exists(dest):
            Contender(self.path('reference'),
                      self.command('now', 'gdd-sample', *DEMO, '--seeds', f'{n}-{2 * n - 1}', *self.compute, '--outdir', self.path('reference', 'images')),
                      self.command('now', 'gdd-fid', 'features', '--data', self.path('reference', 'images'), '--detector', self.args.detector, '--protocol', 'adm',
                                   *self.compute, '--dest', dest)).measure(self.args.threads)
        return dest

    def command(self, when, program, *arguments):
        return [os.path.join(self.args.before if when == 'before' else self.args.now, program), *map(str, arguments)]

    def contender(self, when, *commands):
        """Each of `commands` is (program, arguments...); '{out}' in an argument is the contender's folder."""
        folder = self.path(when.replace(' ', '-'))
        return Contender(folder, *(self.command(when, *(str(a).replace('{out}', folder) for a in command)) for command in commands))

    def take_turns(self, contenders):
        take_turns(contenders, self.args.runs, self.args.threads, self.args.at_once)

    def add(self, case, before, now, bound, note=''):
        ratio, cpu = before.median(0) / now.median(0), before.median(1) / max(now.median(1), 1e-9)
        if ratio < bound:
            self.missed.append(f'{case}: {ratio:.2f}x of the time, {cpu:.2f}x of CPU time; {bound}x asked for')
        self.rows.append((case, f'{before.median(0):.2f} s', f'{now.median(0):.2f} s', f'{ratio:.2f}x', f'{cpu:.2f}x', f'{before.peak():.0f} MB', f'{now.peak():.0f} MB', note))
        print('before: ' + '  '.join(self.rows[-1]), file=sys.stderr, flush=True)

    def both(self, case, command, quick=False):
        contenders = self.contender('before', command), self.contender('now', command)
        if quick:  # files are in the page cache then; long runs do not notice
            for contender in contenders:
                contender.warm_up(self.args.threads)
        self.take_turns(contenders)
        scores = [contender.scores() for contender in contenders]
        self.add(case, *contenders, NOT_SLOWER, apart(*scores))

    def help(self):
        self.both('gdd-sample --help', ('gdd-sample', '--help'), quick=True)

    def statistics(self):
        first, second = self.make(['first.npz', 'second.npz'], 'make_statistics')
        self.both('FID of two 2048-d statistics', ('gdd-fid', 'calc', '--images', first, '--ref', second, *self.compute, '--json', '{out}/fid.json'), quick=True)

    def sample(self):
        snapshot = self.make(['cifar-size.pkl'], 'make_snapshot', self.args.gdd, 'cifar')[0]
        self.both('sample 32 images, 56 M network',
                  ('gdd-sample', '--network', snapshot, '--outdir', '{out}/images', '--seeds', '0-31', '--batch', 16, *self.compute), quick=True)

    def fid(self):
        first = self.make(['first.npz', 'second.npz'], 'make_statistics')[0]
        self.both(f'FID of {self.args.images} JPEG, Inception',
                  ('gdd-fid', 'calc', '--images', self.photographs(), '--ref', first, '--detector', self.args.detector, *self.compute, '--json', '{out}/fid.json'))

    def eval(self):
        """One pass for all scores against a pass for each."""
        reference = self.features()
        network = (*DEMO, '--seeds', f'0-{self.args.images - 1}', *self.compute)
        side = ('--images', '{out}/images/image_pack.npz', '--detector', self.args.detector, '--protocol', 'adm', *self.compute)
        one_by_one = (('gdd-sample', *network, '--outdir', '{out}/images'),
                      ('gdd-fid', 'calc', *side, '--ref', reference, '--json', '{out}/fid.json'),
                      ('gdd-is', *side, '--json', '{out}/is.json'),
                      ('gdd-pr', *side, '--ref', reference, '--json', '{out}/pr.json'))
        one_pass = ('gdd-eval', *network, '--ref', reference, '--metrics', 'fid,is,pr', '--protocol', 'adm', '--detector', self.args.detector,
                    '--outdir', '{out}/kept', '--json', '{out}/eval.json')
        contenders = self.contender('before', *one_by_one), self.contender('now one by one', *one_by_one), self.contender('now', one_pass)
        self.take_turns(contenders)
        before, separate, together = contenders
        name = f'{self.args.images} images, fid, is, pr'
        self.add(f'{name}: one by one', before, separate, NOT_SLOWER, apart(before.scores(), separate.scores()))
        self.add(f'{name}: gdd-eval', before, together, ONE_PASS, apart(before.scores(), together.scores()))
        self.add(f'{name}: gdd-eval, before: one by one of now', separate, together, ONE_PASS, apart(separate.scores(), together.scores()))

    def memory(self):
        """gdd-eval of a thousand images and of eight thousand."""
        counts = 1000, 8000
        side = ('--ref', os.path.join(ROOT, 'all_ckpt', 'gdd-demo-ref.npz'), '--detector', 'demo', *self.compute, '--outdir', '{out}/kept')
        few, many = (self.contender(f'now {count}', ('gdd-eval', *DEMO, '--seeds', f'0-{count - 1}', *side)) for count in counts)
        self.take_turns((few, many))
        growth = many.peak() / few.peak()
        if growth > FLAT:
            self.missed.append(f'memory: {growth:.3f}x, at most {FLAT}x asked for')
        self.rows.append((f'gdd-eval of {counts[0]} (left) and {counts[1]} images', f'{few.median(0):.2f} s', f'{many.median(0):.2f} s', '', '',
                          f'{few.peak():.0f} MB', f'{many.peak():.0f} MB', f'memory {growth:.3f}x'))

    def print_table(self):
        order = 'at once' if self.args.at_once else 'in turns'
        print(f'{processor()}, {self.args.threads} threads, Linux {platform.release()}; median of {self.args.runs}, {order}; load {os.getloadavg()[1]:.1f}')
        rows = [('case', 'before', 'now', 'before/now', 'of CPU time', 'before, peak', 'now, peak', 'results'), *self.rows]
        print_columns(rows)
        for line in self.missed:
            print(f'MISSED {line}')


def apart(a, b):
    """How far the scores that both have are apart, in words."""
    names = sorted(set(a) & set(b))
    if not names:
        return ''
    worst = max(abs(a[name] - b[name]) / max(abs(a[name]), 1e-300) for name in names)
    return f'{", ".join(names)}: ' + (f'apart by {worst:.1e}' if worst else 'equal')


def main():
    cases = ('help', 'statistics', 'sample', 'fid', 'eval', 'memory')
    needs = {'sample': ('gdd',), 'fid': ('detector', 'photographs'), 'eval': ('detector',)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--before', required=True, metavar='FOLDER', help='programs to compare with')
    parser.add_argument('--now', default=os.path.join(ROOT, 'build', 'bin'), metavar='FOLDER')
    parser.add_argument('--case', action='append', choices=cases, help='repeatable; default: all')
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--at-once', action='store_true', help='all contenders of a round at the same time, so that other load hits them alike')
    parser.add_argument('--images', type=int, default=2000, help='of fid and eval')
    parser.add_argument('--gdd', metavar='CLONE', help='clone of the GDD repository (sample)')
    parser.add_argument('--detector', metavar='FILE', help='Inception weights, random ones too (fid, eval)')
    parser.add_argument('--photographs', metavar='ZIP', help='zip with at least --images JPEG or PNG (fid)')
    parser.add_argument('--python', default=sys.executable, help='makes the inputs; numpy, and torch and requests for sample')
    parser.add_argument('--work', default=os.path.join(ROOT, 'build', 'bench'), help='where files are made; on a tmpfs (/dev/shm/bench) the disk has no say')
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    args = parser.parse_args()
    for case in args.case or cases:
        for need in needs.get(case, ()):
            if not getattr(args, need):
                parser.error(f'case {case} needs --{need}')
    before = Before(args)
    for case in args.case or cases:
        getattr(before, case)()
    before.print_table()
    sys.exit(bool(before.missed))


if __name__ == '__main__':
    main()
