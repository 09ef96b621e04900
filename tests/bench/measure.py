"""What every measurement here does in the same way: run processes, take turns, find a Python, name the machine."""
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TORCH = 'torch==2.11.0', 'torchvision==0.26.0'  # the release that the programs link
PEERS = *TORCH, 'numpy', 'scipy<1.18', 'pillow', 'requests', 'tqdm', 'click', 'psutil', 'torch-fidelity==0.4.0', 'pytorch-fid==0.3.0'
TENSORFLOW = 'tensorflow-cpu==2.21.0', 'scipy<1.18', 'tqdm', 'requests'


class Failed(SystemExit):
    """A process that ended badly; uncaught, it ends the measurement with its message."""

    def __init__(self, command, status, said):
        super().__init__(f'bench: {" ".join(command)}: exit {status}: {said[-300:]}')
        self.command = command


def run(command, threads, environment=()):
    """Runs a process to its end. Returns wall seconds, peak resident MB, last line of stdout, CPU seconds.

    Peak and CPU time include the processes that it waited for: its sum of time, the largest one's memory.
    """
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads), **dict(environment))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(command, stdout=out, stderr=err, env=env)
        except OSError as error:
            raise Failed(command, 127, error.strerror) from error
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise Failed(command, process.returncode, err.read().decode(errors='replace'))
        lines = out.read().decode().split('\n')
    return seconds, usage.ru_maxrss / 1024, next((line for line in reversed(lines) if line), ''), usage.ru_utime + usage.ru_stime


class Contender:
    """Processes that run one after the other, in a folder that is empty when they start.

    One that may fail says why in `failure` and has no further turns; any other ends the measurement.
    """

    def __init__(self, folder, *commands, environment=(), may_fail=False):
        self.folder, self.commands, self.environment, self.may_fail = folder, commands, environment, may_fail
        self.runs, self.said, self.failure = [], [], ''

    def measure(self, threads):
        """Appends (wall seconds, CPU seconds, peak MB of the largest process), and the last line of stdout to `said`."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        try:
            results = [run(command, threads, self.environment) for command in self.commands]
        except Failed as failure:
            if not self.may_fail:
                raise
            self.failure = str(failure)
            return
        self.runs.append((sum(r[0] for r in results), sum(r[3] for r in results), max(r[1] for r in results)))
        self.said.append(results[-1][2])

    def warm_up(self, threads):
        """Brings files into the page cache; long runs do not notice."""
        self.measure(threads)
        self.runs.clear()
        self.said.clear()

    def median(self, column):
        return statistics.median(r[column] for r in self.runs)

    def peak(self):
        return max(r[2] for r in self.runs)

    def scores(self):
        """{name: value} of every report that was written to the folder."""
        reports = [os.path.join(self.folder, name) for name in sorted(os.listdir(self.folder)) if name.endswith('.json')]
        found = {}
        for report in reports:
            with open(report) as f:
                found.update({score['name']: score['value'] for score in json.load(f)['scores']})
        return found


def take_turns(contenders, rounds, threads, at_once=False):
    """Every contender once a round, so that what else the machine does hits all of them."""
    for i in range(rounds):
        running = [contender for contender in contenders if not contender.failure]
        with ThreadPoolExecutor(len(running) if at_once else 1) as pool:
            for done in [pool.submit(contender.measure, threads) for contender in running]:
                done.result()
        seconds = '  '.join(f'{c.runs[-1][0]:.2f} s ({c.runs[-1][1]:.2f} of CPU)' if not c.failure else c.failure for c in running)
        print(f'bench: round {i + 1}: {seconds}, load {os.getloadavg()[0]:.1f}', file=sys.stderr, flush=True)


def virtual_environment(folder, packages):
    """A Python in `folder` with `packages` of the package index. Made once, and again where the list changes."""
    marker, wanted = os.path.join(folder, '.complete'), '\n'.join(packages)
    if not os.path.exists(marker) or open(marker).read() != wanted:
        print(f'bench: installing {", ".join(packages)} in {folder} (several GB)', file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, '-m', 'venv', folder], check=True)
        subprocess.run([os.path.join(folder, 'bin', 'python3'), '-m', 'pip', 'install', '--quiet', *packages], check=True)
        with open(marker, 'w') as f:
            f.write(wanted)
    return os.path.join(folder, 'bin', 'python3')


def processor():
    with open('/proc/cpuinfo') as f:
        return next((line.split(':', 1)[1].strip() for line in f if line.startswith('model name')), platform.machine())


def print_columns(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
