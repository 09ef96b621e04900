#!/usr/bin/env python3
"""One table of what this project claims about speed, each claim met or missed. tests/bench/README.md says how and why."""
import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys

from claims_table import cells, commit, report
from growth import measure_growth
from measure import HERE, PEERS, ROOT, TENSORFLOW, Contender, Failed, processor, run, take_turns, virtual_environment

NOT_HERE = 'not measured'


class Claims:
    def __init__(self, args):
        self.args = args
        self.rows, self.growth = [], []
        os.makedirs(args.work, exist_ok=True)
        self.compute = '--device', 'cpu', '--threads', args.threads
        self.python = args.python or virtual_environment(self.path('venv'), PEERS)
        self.tensorflow = args.tensorflow
        if args.tensorflow == '':
            self.tensorflow = virtual_environment(self.path('tensorflow'), TENSORFLOW)

    # ---- what the cases are made of

    def size(self, full, least=1):
        return max(full // 10, least) if self.args.quick else full

    def path(self, *names):
        return os.path.join(self.args.work, *names)

    def program(self, name, *arguments, folder=None):
        return [os.path.join(folder or self.args.bin, name), *map(str, arguments)]

    def script(self, function, *arguments, file='peer_scores.py', python=None):
        return [python or self.python, os.path.join(HERE, file), function, *map(str, arguments)]

    def contender(self, name, *commands, **options):
        """'{out}' in an argument is the contender's own folder."""
        folder = self.path('runs', name)
        return Contender(folder, *([a.replace('{out}', folder) for a in command] for command in commands), **options)

    def ours(self, name, program, *arguments, folder=None):
        return self.contender(name, self.program(program, *arguments, *self.compute, folder=folder))

    def peer(self, name, *commands, **options):
        return self.contender(name, *commands, may_fail=True, **options)

    def sgemm(self):
        return self.contender('sgemm', self.script('sgemm'))

    def make(self, names, function, *arguments, file='peer_scores.py'):
        """Has a script make files, unless they are there. Returns their paths."""
        paths = [self.path(name) for name in names]
        if not all(map(os.path.exists, paths)):
            run(self.script(function, *arguments, *paths, file=file), os.cpu_count())
        return paths

    def pictures(self, first, count):
        """Paths of a folder of PNG and of an npz of the same images."""
        kind = 'photographs' if self.args.photographs else 'pictures'
        name = f'{kind}-{first}-{count}'
        return self.make([name, f'{name}.npz'], 'make_pictures', self.args.photographs or '', first, count)

    def inception(self):
        return self.args.detector or self.make(['inception.pth'], 'make_inception')[0]

    def features(self, count, seed, dims=2048):
        return self.make([f'features-{count}-{seed}-{dims}.npz'], 'make_features', count, seed, dims)[0]

    def number(self, function, *arguments, threads=1):
        return float(run(self.script(function, *arguments), threads)[2])

    def has(self, option, value, *program):
        """Whether a program's help offers `value` for an option: builds differ in that."""
        text = subprocess.run([*self.program(*program), '--help'], stdout=subprocess.PIPE, text=True, check=True).stdout
        return re.search(rf'{option} \S*\b{value}\b', text) is not None

    def turns(self, *contenders, warm=False):
        """Measures those that are there (None: not)."""
        present = [contender for contender in contenders if contender]
        for contender in present if warm else ():
            contender.warm_up(self.args.threads)
        take_turns(present, self.args.runs, self.args.threads)

    # ---- rows

    def add(self, work, against, asked, value, holds, unit='x', ours=None, other=None, note=''):
        row = {'work': work, 'against': against, 'asked': asked, 'measured': value, 'unit': unit, 'verdict': 'met' if holds else 'missed', 'note': note}
        for name, contender in (('ours', ours), ('other', other)):
            if contender:
                row[name] = {'seconds': contender.median(0), 'cpu_seconds': contender.median(1), 'peak_mb': contender.peak()}
        self.keep(row)

    def absent(self, work, against, asked, why):
        self.keep({'work': work, 'against': against, 'asked': asked, 'measured': None, 'unit': '', 'verdict': NOT_HERE, 'note': why})

    def keep(self, row):
        self.rows.append(row)
        print('bench: ' + '  '.join(filter(None, cells(row))), file=sys.stderr, flush=True)

    def faster(self, work, against, bound, ours, other, why='', note=''):
        """A row of the ratio of wall time; `why` says what is missing where a contender is None."""
        if not ours or not other or other.failure:
            return self.absent(work, against, f'{bound:g}x', other.failure if other and other.failure else why)
        ratio = other.median(0) / ours.median(0)
        self.add(work, against, f'{bound:g}x', ratio, ratio >= bound, ours=ours, other=other, note=note)

    def share(self, work, bound, less, more, images, gflop, sgemm):
        """A row of the share of the sgemm rate; start-up drops out between a run of more images and one of fewer."""
        rates = [images / max(b[0] - a[0], 1e-9) for a, b in zip(less.runs, more.runs)]
        machine = [float(said) for said in sgemm.said]
        value = statistics.median(rate * gflop / limit for rate, limit in zip(rates, machine))
        self.add(work, 'sgemm in the same run', f'{bound:.0%}', 100 * value, value >= bound, '%', ours=more,
                 note=f'{statistics.median(rates):.2f} images/s of {gflop:.2f} GFLOP, sgemm {statistics.median(machine):.0f} GFLOP/s')

    # ---- cases

    def pr(self):
        count = self.size(10000)
        a, b = self.features(count, 1), self.features(count, 2)
        ours = self.ours('gdd-pr', 'gdd-pr', '--images', a, '--ref', b, '--json', '{out}/pr.json')
        script = self.peer('script', self.script('precision_recall', a, b))
        evaluators = [self.evaluator_pr(kind, a, b) for kind in ('float16', 'float32')]
        self.turns(ours, script, *evaluators)
        scores = ', '.join(f'{value:g}' for value in ours.scores().values())
        work = f'precision and recall, {count} x {count} x 2048 stored features'
        self.faster(work, 'script with torch.cdist and kthvalue', 2, ours, script, note=f'ours {scores}; {last(script)}')
        for kind, bound, evaluator in zip(('float16, as it is', 'float32'), (2, 3), evaluators):
            self.faster(work, f"guided-diffusion's evaluator, {kind}", bound, ours, evaluator, 'needs --tensorflow and --guided-diffusion',
                        note=f'ours {scores}; {last(evaluator)}')

    def evaluator_pr(self, kind, a, b):
        if not self.tensorflow or not self.args.guided_diffusion:
            return None
        return self.peer(f'evaluator-{kind}', self.script('tensorflow_precision_recall', self.args.guided_diffusion, kind, a, b, python=self.tensorflow))

    def stored(self):
        """Scores of stored features that no command line of a peer gives: each against a script of some fifteen lines."""
        count = self.size(10000)
        a, b = self.features(count, 1), self.features(count, 2)
        for metric, others, whose in (('clipped', '--ref', "the paper's way"), ('authpct', '--train', "dgm-eval's way"), ('mind', '--ref', "torch-fidelity's way")):
            ours = self.ours(metric, 'gdd-fid', 'calc', '--images', a, others, b, '--metrics', metric, '--json', '{out}/scores.json')
            script = self.peer(f'script-{metric}', self.script(metric, a, b))
            self.turns(ours, script)
            scores = ', '.join(f'{name} {value:g}' for name, value in ours.scores().items())
            self.faster(f'{metric}, {count} x {count} x 2048 stored features', f'script in torch, {whose}', 1.5, ours, script, note=f'ours {scores}; {last(script)}')

    def inception_rows(self):
        """Features from PNG: three peers, half precision, and the share of the sgemm rate."""
        count = self.size(2000)
        folder, half, others = (self.pictures(*part)[0] for part in ((0, count), (0, count // 2), (count, count)))
        weights, home = self.inception(), self.path('torch-home', 'hub', 'checkpoints')
        os.makedirs(home, exist_ok=True)
        replace_link(weights, os.path.join(home, 'pt_inception-2015-12-05-6726825d.pth'))

        def extract(name, images, *options):
            return self.ours(name, 'gdd-fid', 'features', '--data', images, '--detector', weights, '--dest', '{out}/features.npz', *options)
        fp32, fewer = extract('features', folder), extract('features-half', half)
        bf16 = extract('features-bf16', folder, '--precision', 'bf16') if self.has('--precision', 'bf16', 'gdd-fid', 'features') else None
        eager = self.peer('eager', self.script('features', folder, weights, '{out}/features.npz'))
        fidelity = self.peer('torch-fidelity', [self.python, '-c', 'from torch_fidelity.fidelity import main; main()', '--cpu', '--isc', '--no-cache',
                                                     '--input1', folder, '--feature-extractor-weights-path', weights])
        pytorch_fid = self.peer('pytorch-fid', [self.python, '-m', 'pytorch_fid', '--device', 'cpu', '--save-stats', folder, '{out}/statistics.npz'],
                                     environment=[('TORCH_HOME', self.path('torch-home'))])
        sgemm = self.sgemm()
        self.turns(fp32, fewer, bf16, eager, fidelity, pytorch_fid, sgemm)
        apart = '' if eager.failure else run(self.script('features_apart', *(os.path.join(c.folder, 'features.npz') for c in (fp32, eager))), 1)[2]
        work = f'features from {count} PNG'
        self.faster(f'{work}, fp32', "torch eager as in EDM's fid.py", 1.7, fp32, eager, note=f'features apart by {apart} of the largest')
        self.faster(f'{work}, fp32', 'torch-fidelity, --isc', 2, fp32, fidelity)
        self.faster(f'{work}, fp32', 'pytorch-fid, --save-stats', 2, fp32, pytorch_fid)
        self.share(f'{work}, fp32', 0.93, fewer, fp32, count - count // 2, self.number('inception_gflop'), sgemm)
        self.faster(f'{work}, bf16', "torch eager as in EDM's fid.py, fp32", 3, bf16, eager, 'no --precision bf16 in gdd-fid')
        others_fp32 = extract('features-others', others)
        others_bf16 = extract('features-others-bf16', others, '--precision', 'bf16') if bf16 else None
        self.half_precision_fid('bf16 in both sets', bf16, others_bf16, fp32, others_fp32)
        self.half_precision_fid('bf16 in the first set alone', bf16, others_fp32, fp32, others_fp32)
        self.half_precision_fid('bf16 in the second set alone', fp32, others_bf16, fp32, others_fp32)

    def half_precision_fid(self, which, half, half_reference, full, full_reference):
        """FID of two sets of pictures, in part of bf16 features, against that of fp32 features alone."""
        claim = f'FID of features of {which}', 'fp32 in both', 'within 0.1 %'
        if not half or not half_reference:
            return self.absent(*claim, 'no --precision bf16 in gdd-fid')

        def score(images, reference):
            for contender in (images, reference):
                if not contender.runs:
                    contender.measure(self.args.threads)
            images, reference = (os.path.join(c.folder, 'features.npz') for c in (images, reference))
            calc = self.ours('fid-of-features', 'gdd-fid', 'calc', '--images', images, '--ref', reference, '--json', '{out}/fid.json')
            calc.measure(self.args.threads)
            return calc.scores()['fid']
        found, wanted = score(half, half_reference), score(full, full_reference)
        apart = abs(found - wanted) / wanted
        self.add(*claim, 100 * apart, apart <= 0.001, '%', note=f'{found:.6g} and {wanted:.6g}')

    def paper(self):
        """All scores of generated against reference images, as the paper takes them: fid.py, then evaluator.py."""
        count = self.size(2000)
        (folder, sample), (_, ref), weights = self.pictures(0, count), self.pictures(count, count), self.inception()
        stored = self.path(f'reference-{count}.npz')
        if not os.path.exists(stored):
            run(self.program('gdd-fid', 'ref', '--data', ref, '--dest', stored, '--detector', weights, *self.compute), self.args.threads)

        def at_once(name, *options):
            return self.ours(name, 'gdd-fid', 'calc', '--images', folder, '--ref', ref, '--metrics', 'fid,sfid,is,pr', '--protocol', 'adm',
                             '--detector', weights, '--json', '{out}/scores.json', *options)
        fp32 = at_once('scores')
        bf16 = at_once('scores-bf16', '--precision', 'bf16') if self.has('--precision', 'bf16', 'gdd-fid', 'calc') else None
        evaluator, who = self.evaluator(ref, sample, weights)
        peer = self.peer('paper', self.script('fid', folder, stored, weights), evaluator)
        self.turns(fp32, bf16, peer)
        work = f'FID, sFID, IS, P/R of {count} against {count} images'
        scores = ', '.join(f'{name} {value:.4g}' for name, value in fp32.scores().items())
        self.faster(f'{work}, fp32', who, 2.2, fp32, peer, note=f'ours {scores}; {last(peer)}')
        self.faster(f'{work}, bf16', who, 4, bf16, peer, 'no --precision bf16 in gdd-fid')
        if peer.failure:
            return self.absent(f'{work}, peak memory', who, '50% at most', peer.failure)
        memory = fp32.peak() / peer.peak()
        self.add(f'{work}, peak memory', who, '50% at most', 100 * memory, memory <= 0.5, '%', fp32, peer, "the largest process's")

    def evaluator(self, ref, sample, weights):
        if self.tensorflow and self.args.guided_diffusion and self.args.graph:
            return (self.script('tensorflow_evaluate', self.args.guided_diffusion, self.args.graph, ref, sample, python=self.tensorflow),
                    'fid.py in torch, then evaluator.py')
        return self.script('evaluate', ref, sample, weights), 'fid.py, then evaluator.py, the latter in torch in place of TensorFlow'

    def networks(self):
        """Published architectures with random weights: share of the sgemm rate, and half precision."""
        for architecture, name, count, batch, bound in (('cifar', 'CIFAR-10', 64, 16, 0.95), ('imagenet', 'ImageNet-64', 16, 8, None)):
            if not self.args.gdd:
                if bound:
                    self.absent(f'gdd-sample, {name} network, fp32', 'sgemm in the same run', f'{bound:.0%}', 'needs --gdd')
                self.absent(f'gdd-sample, {name} network, bf16', 'fp32', '1.7x', 'needs --gdd')
            else:
                self.network(architecture, name, self.size(count, batch), batch, bound)

    def network(self, architecture, name, count, batch, bound):
        network = self.path(f'{architecture}-size.pt')
        if not os.path.exists(network):
            snapshot = self.make([f'{architecture}-size.pkl'], 'make_snapshot', self.args.gdd, architecture, file='peers.py')[0]
            run(self.program('gdd-convert', snapshot, network), self.args.threads)

        def sample(title, images, *options):
            return self.ours(f'{architecture}-{title}', 'gdd-sample', '--network', network, '--seeds', f'0-{images - 1}', '--batch', batch,
                             '--outdir', '{out}/images', *options)
        fewer, more, sgemm = sample('fewer', count), sample('more', 2 * count), self.sgemm()
        half = [None, None]
        if self.has('--precision', 'bf16', 'gdd-sample'):
            half = [sample(f'{title}-bf16', images, '--precision', 'bf16') for title, images in (('fewer', count), ('more', 2 * count))]
        self.turns(fewer, more, *half, sgemm)
        work = f'gdd-sample, {name} network'
        if bound:
            self.share(f'{work}, fp32', bound, fewer, more, count, self.number('network_gflop', self.args.gdd, architecture), sgemm)
        self.half_network(work, count, batch, fewer, more, *half)

    def half_network(self, work, count, batch, fewer, more, half_fewer, half_more):
        claim = f'{work}, bf16', 'fp32', '1.7x'
        if not half_more:
            return self.absent(*claim, 'no --precision bf16 in gdd-sample')

        def seconds(less, greater):
            return [max(b[0] - a[0], 1e-9) for a, b in zip(less.runs, greater.runs)]
        ratio = statistics.median(a / b for a, b in zip(seconds(fewer, more), seconds(half_fewer, half_more)))
        apart = run(self.script('images_apart', *(os.path.join(c.folder, 'images', 'image_pack.npz') for c in (more, half_more))), 1)[2]
        self.add(*claim, ratio, ratio >= 1.7, ours=half_more, other=more, note=f'{count} images at batch {batch}, without start-up; {apart}')

    def edm2(self):
        """EDM2-XS of random weights, a float16 file as published: its authors' generate_images() against gdd-sample, files included."""
        count, batch, steps = 8, 8, 2 if self.args.quick else 4
        work = f'gdd-sample, EDM2-XS for ImageNet-64, {count} images in {steps} steps of Heun'
        if not self.args.edm2:
            return self.absent(work, "EDM2's generate_images()", '1x', 'needs --edm2')
        clone = self.args.edm2
        network = self.make(['edm2-img64-xs-float16.pkl'], 'make_edm2', clone, 'xs', 'float16', 1, file='family_peers.py')[0]
        ours = self.ours('edm2', 'gdd-sample', '--network', network, '--seeds', f'0-{count - 1}', '--batch', batch, '--sampler', 'edm2',
                         '--steps', steps, '--outdir', '{out}/images')
        theirs = self.peer('edm2-theirs', self.script('edm2_generate', clone, network, count, batch, steps, '{out}/images', file='family_peers.py'))
        self.turns(ours, theirs)
        apart = '' if theirs.failure else run(self.script('png_apart', *(os.path.join(c.folder, 'images') for c in (ours, theirs)), file='family_peers.py'), 1)[2]
        self.faster(work, "EDM2's generate_images()", 1, ours, theirs, note=apart)

    def statistics(self):
        first, second = self.make(['first.npz', 'second.npz'], 'make_statistics', file='peers.py')
        ours = self.ours('statistics', 'gdd-fid', 'calc', '--images', first, '--ref', second, '--json', '{out}/fid.json')
        scipy = self.peer('scipy', self.script('statistics', first, second, file='peers.py'))
        self.turns(ours, scipy, warm=not self.args.quick)
        value, theirs = ours.scores()['fid'], float(last(scipy) or 'nan')
        self.faster('FID from stored statistics, D = 2048', 'scipy.linalg.sqrtm', 10, ours, scipy, note=f'{value:.6g}, apart by {abs(value - theirs) / abs(theirs):.1e}')

    def confidence(self):
        """Fewer rows than dimensions, so that the covariance is singular."""
        dims = 512 if self.args.quick else 2048
        count = dims * 3 // 4
        claim = f'--confidence on a singular covariance, D = {dims}', 'the build of --before'
        if not self.args.before:
            return self.absent(*claim, '10x', 'needs --before')
        command = ('gdd-fid', 'calc', '--images', self.features(count, 3, dims), '--ref', self.features(3 * dims, 4, dims), '--confidence',
                   '--json', '{out}/fid.json')
        ours, before = self.ours('confidence', *command), self.ours('confidence-before', *command, folder=self.args.before)
        self.turns(ours, before)
        self.faster(*claim, 10, ours, before, note=f'N = {count}: deviation {spread(ours):.6g}, before {spread(before):.6g}')

    def files(self):
        count = self.size(50000)
        program, there = 'files_bench', os.path.exists(os.path.join(self.args.bin, 'files_bench'))
        claims = f'decode {count} PNG of 32x32', f'encode {count} PNG of 32x32'
        if not there:
            for work in claims:
                self.absent(work, 'Pillow, one process a core', '2x', f'no {program} built')
            return
        folder, npz = self.pictures(0, count)
        both = [(['decode', folder], ['decode_png', folder]), (['encode', npz, '{out}/png'], ['encode_png', npz, '{out}/png'])]
        pairs = [(self.contender(our[0], self.program(program, *our)), self.peer(their[0], self.script(*their, file='peers.py'))) for our, their in both]
        self.turns(*(contender for pair in pairs for contender in pair), warm=not self.args.quick)
        for work, (ours, pillow) in zip(claims, pairs):
            self.faster(work, 'Pillow, one process a core', 2, ours, pillow)

    # ---- the whole

    def measure(self, case):
        """A case whose process fails is a row of its own: missed where the program is ours."""
        try:
            getattr(self, CASES[case])()
        except Failed as failure:
            ours = os.path.dirname(failure.command[0]) == self.args.bin
            self.keep({'work': case, 'against': '', 'asked': '', 'measured': None, 'unit': '', 'verdict': 'missed' if ours else NOT_HERE, 'note': str(failure)})

    def machine(self):
        threads = f'{self.args.threads} threads on as many cores'
        version = run(self.program('gdd-fid', '--version'), 1)[2]
        peers = run(self.script('versions', 'torch', 'numpy', 'scipy', 'pillow', 'torch-fidelity', 'pytorch-fid'), 1)[2]
        if self.tensorflow:
            peers += '; ' + run(self.script('versions', 'tensorflow-cpu', 'numpy', 'scipy', python=self.tensorflow), 1)[2]
        quick = '; QUICK, a tenth of the work: no measurement' if self.args.quick else ''
        pictures = 'photographs' if self.args.photographs else 'drawn pictures'
        return [f'{processor()}, {threads}; no GPU used; Linux {platform.release()}; {datetime.date.today()}',
                f'{version}, commit {commit()}; {peers}',
                f'median of {self.args.runs}, in turns, whole processes; {pictures}, {"given" if self.args.detector else "random"} Inception weights; '
                f'load {os.getloadavg()[1]:.1f}{quick}']


CASES = {'pr': 'pr', 'stored': 'stored', 'features': 'inception_rows', 'paper': 'paper', 'networks': 'networks', 'edm2': 'edm2',
         'statistics': 'statistics', 'confidence': 'confidence', 'files': 'files'}


def last(contender):
    """What a contender printed last, '' if it printed nothing or is not there."""
    return contender.said[-1] if contender and contender.said else ''


def replace_link(target, link):
    if os.path.islink(link):
        os.remove(link)
    os.symlink(os.path.abspath(target), link)


def spread(contender):
    """The standard deviation that a report of --confidence holds."""
    with open(os.path.join(contender.folder, 'fid.json')) as f:
        return json.load(f)['scores'][0]['std']


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('cases', nargs='*', metavar='CASE', help=f'of {", ".join(CASES)}; all, if none is named and no --growth')
    parser.add_argument('--growth', action='store_true', help='seconds and memory of FID, IS and P/R from 1 000 to 50 000 rows; growth.svg in --work')
    parser.add_argument('--quick', action='store_true', help='one run and a tenth of the work, to try this script')
    parser.add_argument('--runs', type=int, help='rounds; 1 with --quick, else 5')
    parser.add_argument('--threads', type=int, default=len(os.sched_getaffinity(0)), help='of both sides, held to as many cores')
    parser.add_argument('--bin', default=os.path.join(ROOT, 'build', 'bin'), help='programs to measure')
    parser.add_argument('--before', metavar='DIR', help='programs of an older build (confidence)')
    parser.add_argument('--gdd', metavar='CLONE', help='clone of the GDD repository (networks)')
    parser.add_argument('--edm2', metavar='CLONE', help='clone of NVlabs/edm2 (edm2); its code needs click, tqdm, requests, psutil')
    parser.add_argument('--photographs', metavar='ZIP', help='zip with enough JPEG or PNG of one size, in place of drawn pictures')
    parser.add_argument('--detector', metavar='PTH', help="Inception weights as pytorch-fid's, in place of random ones")
    parser.add_argument('--python', help='a Python that has the peers; one is made in --work if none is named')
    parser.add_argument('--tensorflow', nargs='?', const='', metavar='PYTHON', help='measure TensorFlow too; a Python for it is made in --work if none is named')
    parser.add_argument('--guided-diffusion', metavar='CLONE', help='clone of guided-diffusion (with --tensorflow)')
    parser.add_argument('--graph', metavar='PB', help='classify_image_graph_def.pb of the same network as --detector: with it `paper` runs evaluator.py itself')
    parser.add_argument('--work', default=os.path.join(ROOT, 'build', 'bench'), help='where files are made; on a tmpfs (/dev/shm/bench) the disk has no say')
    parser.add_argument('--markdown', metavar='FILE')
    parser.add_argument('--json', metavar='FILE')
    args = parser.parse_args()
    if unknown := set(args.cases) - set(CASES):
        parser.error(f'no case {", ".join(unknown)}; there are {", ".join(CASES)}')
    args.runs = args.runs or (1 if args.quick else 5)
    args.bin, args.work = os.path.abspath(args.bin), os.path.abspath(args.work)
    return args


def main():
    args = arguments()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:args.threads])  # workers of the peers too
    claims = Claims(args)
    for case in args.cases or ([] if args.growth else CASES):
        claims.measure(case)
    if args.growth:
        claims.growth = measure_growth(claims)
    report(claims, args)
    sys.exit(any(row['verdict'] == 'missed' for row in claims.rows))


if __name__ == '__main__':
    main()
