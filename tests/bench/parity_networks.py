#!/usr/bin/env python3
"""Full-size networks of random weights against their authors' own Python: images before quantisation, bit for bit.

Makes a file of random weights for each published architecture (once), runs the authors' own classes and samplers on it, and
gdd-sample on it and on what gdd-convert makes of it. One thread, on the CPU. The Python must be of the same torch build.
A line names what was computed, by whom, the SHA-256 of all values, and how far they are from the authors'.
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


class Files:
    """A network's file, what makes it, and which clone has its authors' code."""

    def __init__(self, clone, name, script, *maker):
        self.clone, self.name, self.script, self.maker = clone, name, script, maker


class Case:
    """One computation: the authors' (a function of a script, with the arguments after the file, seeds and output) and ours."""

    def __init__(self, file, function, *their_options, before=(), flags=()):
        self.file, self.function, self.before, self.their_options, self.flags = file, function, before, their_options, flags


def edm2(size, dtype, seed):
    return Files('edm2', f'edm2-img64-{size}-{dtype}.pkl', 'family_peers.py', 'make_edm2', size, dtype, seed)


EDM2 = {dtype: edm2('s', dtype, 0) for dtype in ('float16', 'float32')}
GUIDE = edm2('xs', 'float16', 1)
DMD2 = Files('dmd2', 'dmd2-pytorch_model.bin', 'family_peers.py', 'make_dmd2')
OPENAI = {data: Files('openai', f'cd_{data}_lpips.pt', 'family_peers.py', 'make_openai', data) for data in ('imagenet64', 'bedroom256')}
STEPS = 4

CASES = {name: Case(Files('gdd', f'{name}-size.pkl', 'peers.py', 'make_snapshot', name), 'sample_bits') for name in PUBLISHED}
for dtype, file in EDM2.items():
    CASES[f'edm2-s-{dtype}'] = Case(file, 'edm2_network')
    CASES[f'edm2-s-{dtype}-sampler'] = Case(file, 'edm2_sampler', f'num_steps={STEPS}', flags=('--sampler', 'edm2', '--steps', STEPS))
CASES['edm2-s-float16-guided'] = Case(EDM2['float16'], 'edm2_sampler', f'num_steps={STEPS}', GUIDE, 'guidance=1.7',
                                      flags=('--sampler', 'edm2', '--steps', STEPS, '--guidance', 1.7, '--gnet', GUIDE))
CASES['dmd2'] = Case(DMD2, 'dmd2_images', flags=('--preset', 'dmd2'))
for data, file in OPENAI.items():
    CASES[f'openai-{data}'] = Case(file, 'openai_images', before=(data,), flags=('--preset', 'openai-cm'))
CASES['openai-imagenet64-multistep'] = Case(OPENAI['imagenet64'], 'openai_images', '0,22,39', before=('imagenet64',),
                                            flags=('--preset', 'openai-cm', '--ts', '0,22,39', '--steps', 40))


def run(*command):
    return subprocess.run(list(map(str, command)), check=True, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True).stdout


def npy_bytes(path, member):
    """The elements of a C-ordered .npy inside an npz, without numpy."""
    with zipfile.ZipFile(path) as archive:
        data = io.BytesIO(archive.read(member))
    data.seek(8)
    data.seek(10 + int.from_bytes(data.read(2), 'little'))
    return data.read()


class Parity:
    def __init__(self, args):
        self.args = args
        self.fresh = set()  # converted by the programs that are compared
        os.makedirs(args.work, exist_ok=True)

    def script(self, file, function, *arguments):
        return run(self.args.python, os.path.join(HERE, file.script), function, *arguments)

    def clone(self, file):
        return getattr(self.args, file.clone)

    def made(self, file):
        path = os.path.join(self.args.work, file.name)
        if not os.path.exists(path):
            self.script(file, file.maker[0], self.clone(file), *file.maker[1:], path)
        return path

    def converted(self, file):
        source = self.made(file)
        path = os.path.splitext(source)[0] + '.converted.pt'
        if path not in self.fresh:
            run(os.path.join(self.args.bin, 'gdd-convert'), source, path)
            self.fresh.add(path)
        return path

    def theirs(self, case, folder):
        """SHA-256 of the authors' values, and the file of these where the script keeps one."""
        options = [f'gnet={self.made(option)}' if isinstance(option, Files) else option for option in case.their_options]
        arguments = [self.clone(case.file), *case.before, self.made(case.file), self.args.seeds]
        if case.file.script == 'peers.py':
            return self.script(case.file, case.function, *arguments).strip(), None
        dest = os.path.join(folder, 'theirs.npz')
        self.script(case.file, case.function, *arguments, dest, *options)
        return hashlib.sha256(npy_bytes(dest, 'images.npy')).hexdigest(), dest

    def ours(self, case, folder, place):
        dest = os.path.join(folder, 'ours.npz')
        flags = [place(flag) if isinstance(flag, Files) else flag for flag in case.flags]
        run(os.path.join(self.args.bin, 'gdd-sample'), '--network', place(case.file), '--seeds', f'0-{self.args.seeds - 1}',
            '--batch', self.args.seeds, '--save-float', dest, '--device', 'cpu', '--threads', 1, *flags)
        return hashlib.sha256(npy_bytes(dest, 'images.npy')).hexdigest(), dest

    def compare(self, name, case):
        """Whether all values are equal; prints a line for each who computed them."""
        with tempfile.TemporaryDirectory(dir=self.args.work) as folder:
            expected, theirs = self.theirs(case, folder)
            print(f'{name:28} {"authors":12} {expected}', flush=True)
            equal = True
            for who, place in (('as published', self.made), ('converted', self.converted)):
                found, ours = self.ours(case, folder, place)
                apart = 'equal' if found == expected else 'DIFFERENT'
                if theirs:
                    apart += ', apart by ' + self.script(case.file, 'apart', ours, theirs).strip()
                print(f'{name:28} {who:12} {found}  {apart}', flush=True)
                equal = equal and found == expected
        return equal


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('cases', nargs='*', metavar='CASE', help=f'of {", ".join(CASES)}; default: all whose clone is named')
    parser.add_argument('--gdd', metavar='CLONE', help='clone of the GDD repository')
    parser.add_argument('--edm2', metavar='CLONE', help='clone of NVlabs/edm2; its code needs click, tqdm, requests, psutil, pillow')
    parser.add_argument('--dmd2', metavar='CLONE', help='clone of tianweiy/DMD2')
    parser.add_argument('--openai', metavar='CLONE', help='clone of openai/consistency_models')
    parser.add_argument('--python', default=sys.executable, help='a Python with numpy and the torch that the programs link')
    parser.add_argument('--bin', default=os.path.join(ROOT, 'build', 'bin'))
    parser.add_argument('--work', default=os.path.join(ROOT, 'build', 'bench'), help='where files of weights are kept (up to 17 GB)')
    parser.add_argument('--seeds', type=int, default=2, help='images to compare')
    args = parser.parse_args()
    if unknown := set(args.cases) - set(CASES):
        parser.error(f'no case {", ".join(unknown)}')
    chosen = args.cases or [name for name, case in CASES.items() if getattr(args, case.file.clone)]
    if missing := {CASES[name].file.clone for name in chosen if not getattr(args, CASES[name].file.clone)}:
        parser.error('give ' + ', '.join(f'--{clone}' for clone in sorted(missing)))
    if not chosen:
        parser.error('name at least one clone')
    parity = Parity(args)
    equal = [parity.compare(name, CASES[name]) for name in chosen]
    print(f'{sum(equal)} of {len(equal)} equal')
    sys.exit(not all(equal))


if __name__ == '__main__':
    main()
