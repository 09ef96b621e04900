#!/usr/bin/env python3
"""What the pages of this repository show, held against what is there. Prints what is wrong; exit 1 if anything.

    documented_commands.py [FOLDER_OF_PROGRAMS]        default: build/bin

- Every command of a code block, and of the examples of --help, that starts one of the programs, also behind `$`, `torchrun`,
  `srun`, `env` or `;`, is given to it in an empty folder. There it ends with 1, because its files are missing; 2 means that it
  does not know the flags.
- Names and values that it would look at only later (--metrics, --protocol, --rng, --assume, ...), flags of scripts, and flags in the
  text are looked up.
- Scripts, files of the repository and links that a page names are there.
- Messages that docs/errors.md quotes stand in the sources, and of each Error in the sources words are quoted there.
- A block below the comment <!-- run --> runs, in a folder with the demo and the scripts; of a session (`$ command`) every line
  of output that is shown comes, with `...` for anything and decimal numbers within 1 %. Blocks of one page share the folder.
"""
import concurrent.futures, os, pathlib, re, shlex, shutil, subprocess, sys, tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = sorted(path.stem for path in (REPOSITORY / 'tools').glob('gdd-*.cpp'))
PARSERS_OWN = ['The following argument was not expected:', 'The following arguments were not expected', 'is required', 'excludes --suite']  # CLI11's
LAUNCHERS = ('torchrun', 'srun', 'env', 'nice', 'time', 'timeout')
FOLDERS = ('scripts', 'tests', 'src', 'include', 'cmake', 'docs', 'tools', '.ci')  # all_ckpt/ and results/ hold the user's files too
NAMED = ('--metrics', '--protocol', '--sampler', '--preset', '--solver', '--disc', '--schedule', '--scaling')  # their help lists all names
FORMS = {'--rng': r'cpu|cuda(:\d+x\d+)?', '--device': r'auto|cpu|cuda(:\d+)?', '--class': r'\d+(-\d+)?(,\d+(-\d+)?)*', '--ts': r'0(,\d+)+'}
LEAST_COMMANDS = 90  # fewer: they are not found, rather than gone
PATIENCE = 120  # seconds


class Block:
    """A code block: its lines, each with its number, and whether it is to be run."""

    def __init__(self, runs):
        self.lines, self.runs = [], runs

    def commands(self):
        """(number of its first line, text) of every command; lines that end in a backslash go on."""
        is_session = any(line.startswith('$ ') for _, line in self.lines)
        found, goes_on = [], False
        for number, line in self.lines:
            if goes_on:
                found[-1] = (found[-1][0], found[-1][1][:-1] + ' ' + line.strip())
            elif not is_session or line.startswith('$ '):
                found.append((number, line.removeprefix('$ ').strip()))
            else:
                continue
            goes_on = found[-1][1].endswith('\\')
        return found

    def session(self):
        """(command, lines shown below it) of every `$ command`; of a block without them all is one command."""
        if not any(line.startswith('$ ') for _, line in self.lines):
            return [('\n'.join(line for _, line in self.lines), [])]
        steps, goes_on = [], False
        for _, line in self.lines:
            if line.startswith('$ '):
                steps.append((line[2:], []))
            elif goes_on:
                steps[-1] = (steps[-1][0] + '\n' + line, [])
            elif steps and line.strip():
                steps[-1][1].append(line)
            goes_on = line.endswith('\\')
        return steps


def blocks_of(text):
    """The code blocks of a page, fenced and indented, and the lines outside of them with their numbers."""
    blocks, prose, fence, indented, runs, after_text = [], [], None, False, False, False
    for number, line in enumerate(text.splitlines(), 1):
        mark = re.match(r' {0,3}(```+|~~~+)', line)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = None
            else:
                blocks[-1].lines.append((number, line))
        elif mark or (line.startswith('    ') and not indented and not after_text):
            fence, indented = mark and mark[1], not mark
            blocks.append(Block(runs))
            runs = after_text = False
            if indented:
                blocks[-1].lines.append((number, line[4:]))
        elif indented and (line.startswith('    ') or not line):
            blocks[-1].lines.append((number, line[4:]))
        else:
            prose.append((number, line))
            indented = False
            if line.strip():
                runs = line.strip() == '<!-- run -->'
            after_text = bool(line.strip()) and not runs  # an indented line there goes on with the text
    return blocks, prose


def words_of(text):
    """The words of each command of a line, without comments; [] where it is no line for a shell."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=';&|<>')
    lexer.whitespace_split = True
    lexer.commenters = '#'
    try:
        tokens = list(lexer)
    except ValueError:
        return []
    parts = [[]]
    for token in tokens:
        if token and all(letter in ';&|' for letter in token):
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def program_call(words):
    """The program and its arguments, whatever launches it; None: none of ours."""
    at = next((i for i, word in enumerate(words) if os.path.basename(word) in PROGRAMS), None)
    if at is None or (at > 0 and os.path.basename(words[0]) not in LAUNCHERS and not re.match(r'[A-Z_]+=', words[0])):
        return None
    arguments = []
    for word in words[at + 1:]:
        if re.fullmatch(r'[0-9]?>+.*', word):  # `> FILE`: the shell's
            break
        word = word.strip('[]')
        if word and word != '...':
            arguments.append('0/2' if word == 'i/n' else re.sub(r'\$\w+', '0', word))
    return [os.path.basename(words[at])] + arguments


class Programs:
    def __init__(self, folder):
        self.folder = folder
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(('GDD_', 'SLURM_'))}
        self.environment.update(OMP_NUM_THREADS='1', CUDA_VISIBLE_DEVICES='')  # a GPU draws other latents: the digits are a CPU's
        for name in ('RANK', 'WORLD_SIZE'):
            self.environment.pop(name, None)
        self.helps = {}
        for program in PROGRAMS:
            text = self.helps[program] = self.call([program, '--help']).stdout
            listed = re.findall(r'^  ([a-z]+)  ', text.partition('Subcommands:')[2], re.M)
            for command in listed + re.findall(rf'{program} ([a-z]+) --help', text):
                self.helps[f'{program} {command}'] = self.call([program, command, '--help']).stdout

    def call(self, words):
        with tempfile.TemporaryDirectory() as folder:
            return subprocess.run([self.folder / words[0]] + words[1:], cwd=folder, env=self.environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=PATIENCE)

    def help_of(self, words):
        return self.helps.get(' '.join(words[:2]), self.helps[words[0]])

    def examples(self):
        """The commands below the flags of every help text, as a page."""
        lines = '\n'.join(self.helps.values()).splitlines()
        return ''.join(f'    {line.strip()}\n' for line in dict.fromkeys(lines) if re.match(r'  (gdd-|torchrun )', line))

    def names_of(self, flag):
        """What the help of any program lists below a flag, as words."""
        found = set()
        for text in self.helps.values():
            for match in re.finditer(r'^  ' + flag + r' .*(?:\n {20,}.*)*', text, re.M):
                found.update(re.findall(r'[\w-]+', match[0]))
        return found

    def fault_of(self, words):
        """Why a command cannot be right; None where nothing is against it."""
        try:
            done = self.call(words)
        except subprocess.TimeoutExpired:
            return f'did not end within {PATIENCE} s in an empty folder'
        if done.returncode not in (0, 1):
            return (done.stderr.strip().splitlines() or [f'exit {done.returncode}'])[-1]
        given = [part for word in words for part in (word.split('=', 1) if word.startswith('--') else [word])]
        return next((f'{flag} {value} is not known' for flag, value in zip(given, given[1:]) if not self.takes(flag, value)), None)

    def takes(self, flag, value):
        """Whether a flag has this value, of those flags that are looked at after the files are open."""
        if flag in NAMED:
            return set(value.split(',')) <= self.names_of(flag)
        if flag == '--assume':
            key, _, said = value.removeprefix('gnet.').partition('=')
            words = self.names_of(flag) | set(re.findall('"(\\w+)"', '\n'.join(text for _, text in sources())))
            return key in self.names_of(flag) and bool(re.fullmatch(r'\d+', said) or said in words)
        if flag == '--ts' and [int(step) for step in re.findall(r'\d+', value)] != sorted(set(map(int, re.findall(r'\d+', value)))):
            return False
        return flag not in FORMS or bool(re.fullmatch(FORMS[flag], value))


def file_faults(words):
    """Of files of the repository in a command: that they are there, and scripts name every flag that is given."""
    for at, word in enumerate(words):
        path = word.removeprefix('./')
        if path.startswith('all_ckpt/gdd-demo') and not (REPOSITORY / path).exists():
            yield f'there is no {path}'
        if path.split('/')[0] not in FOLDERS or '/' not in path or any(letter in path for letter in '*?[{$'):
            continue
        file = REPOSITORY / path
        if not file.exists():
            yield f'there is no {path}'
        elif file.suffix in ('.sh', '.py') and at <= 1:
            text = '\n'.join(each.read_text() for each in file.parent.glob('*.*') if each.suffix in ('.sh', '.py'))  # they call each other
            for flag in re.findall(r'--[a-z][\w-]*', ' '.join(words[at + 1:])):
                if flag not in text:
                    yield f'{path} has no {flag}'


def known_flags(programs):
    """Every flag that a program, a script or a test has."""
    texts = list(programs.helps.values())
    for pattern in ('scripts/*.sh', 'tests/**/*.py', 'tests/**/*.sh'):
        texts += [path.read_text() for path in REPOSITORY.glob(pattern) if path != pathlib.Path(__file__).resolve()]
    return set(re.findall(r'--[A-Za-z][\w-]*', '\n'.join(texts)))


def leads_somewhere(page, target):
    name, _, heading = target.partition('#')
    file = page.parent / name if name else page
    if not heading or not file.exists():
        return file.exists()
    headings = re.findall(r'^#+ (.*)', file.read_text(), re.M)
    return heading in [re.sub(r'[^\w\- ]', '', each.lower()).replace(' ', '-') for each in headings]  # as GitHub and GitLab name them


def prose_faults(page, prose, programs, flags):
    for number, line in prose:
        for code in re.findall(r'`([^`]+)`', line):
            words = code.split()
            program = os.path.basename(words[0]) if words else ''
            for flag in re.findall(r'(?<!\S)--[A-Za-z][\w-]*', code):
                if program in PROGRAMS and flag not in programs.help_of([program] + words[1:]) + programs.helps[program]:
                    yield number, f'{program} has no {flag}'
                elif words[0].startswith('--') and flag not in flags:
                    yield number, f'nothing has {flag}'
            for word in words:
                path = word.strip('.,:;()').removeprefix('./')
                is_name = re.fullmatch(r'[\w./*+-]+', path) and not re.search('[A-Z]{4}', path)  # tests/ROOM/NAME.cpp is none
                if is_name and '/' in path and path.split('/')[0] in FOLDERS and not list(REPOSITORY.glob(path.rstrip('/'))):
                    yield number, f'there is no {path}'
        for target in re.findall(r'\]\(([^)\s]+)\)', line) + re.findall(r'(?:src|href)="([^"]+)"', line):
            if not re.match(r'[a-z]+:', target) and not leads_somewhere(page, target):
                yield number, f'the link to {target} leads nowhere'


def sources():
    """(path, text) of every file of C++, with literals that follow one another made one."""
    for path in sorted((REPOSITORY / 'src').rglob('*.cpp')) + sorted((REPOSITORY / 'src').rglob('*.h')):
        yield path, re.sub(r'"\s*\n\s*"', '', path.read_text())


LITERAL = r'"((?:[^"\\\n]|\\.)*)"'


def unescaped(literal):
    return re.sub(r'\\(.)', r'\1', literal)


def quoted_messages(prose):
    """(number, message) of docs/errors.md: the first column of its tables, with `...` for what varies."""
    for number, line in prose:
        if cells := re.match(r'\| `([^|]*)` \|', line):
            for message in cells[1].split('` `'):
                yield number, message


def quoted_faults(prose):
    """Messages of docs/errors.md that no program says."""
    literals = [unescaped(found) for _, text in sources() for found in re.findall(LITERAL, text)]
    literals += [path.read_text() for path in (REPOSITORY / 'scripts').glob('*.sh')] + PARSERS_OWN
    everything = '\n'.join(literals)
    count = 0
    for number, message in quoted_messages(prose):
        count += 1
        for part in message.split('...'):
            if part.strip() and part.strip() not in everything:
                yield number, f'no program says "{part.strip()}"'
    if count < 100:
        yield 1, f'only {count} messages are found in its tables'


def arguments_of(text, at):
    """The arguments of a call whose parenthesis opens there."""
    arguments, depth = [''], 0
    for token in re.finditer(rf"{LITERAL}|'(?:[^'\\]|\\.)+'|//[^\n]*|[^\"']", text[at:]):
        letter = token[0]
        depth += (letter in '([{') - (letter in ')]}')
        if depth == 0:
            return arguments
        if letter == ',' and depth == 1:
            arguments.append('')
        elif not letter.startswith('//') and (depth > 1 or letter != '('):
            arguments[-1] += letter
    return []


def problems():
    """(path, words) of each Error: the longest literal of what it says is wrong, or those of two ways to say it."""
    for path, text in sources():
        for call in re.finditer(r'\bError(?:::usage|::memory)?\(', text):
            arguments = arguments_of(text, call.end() - 1)
            problem = arguments[1] if len(arguments) > 1 else ''
            either = re.match(r'[^"]*\?\s*(".*) : (".*)', problem, re.S)
            balanced = either and either[0][:either.start(1)].count('(') == either[0][:either.start(1)].count(')')
            for way in either.groups() if balanced else [problem]:
                words = max(re.findall(LITERAL, way), key=len, default='')
                if len(words) > 3:
                    yield path.relative_to(REPOSITORY), unescaped(words).strip(' ,:;()\'')


# Not on the page: what only a mistake in these programs, or no memory or library, brings about, and what `gdd-manual` says while it builds.
INTERNAL = {
    'an entry of this name was written before', 'bytes, got', 'more bytes, got', 'bytes for the shape given, got',  # writers of files
    'images, got', 'images, got one more (seed', 'no longer asked for', 'the cryptography library refused to hash', 'out of memory',
    'has no form for a device', 'is not among those that are measured', 'values after rows of',
    'values, found', 'rows chosen of the larger set, found', 'is chosen of', 'columns, found',  # arguments of the library
    'no name or value that every shell takes as it is', 'calls itself', 'has commands of its own, which completions do not know',
}
LEAST_PROBLEMS = 400  # fewer: they are not found


def missing_faults(prose):
    """Errors of the sources of which docs/errors.md quotes no words."""
    messages = [message for _, message in quoted_messages(prose)]
    parts = [part.strip() for message in messages for part in message.split('...')]
    parts = [part for part in parts if len(part) >= 8 and not part.startswith(',')]
    found, unused = list(problems()), set(INTERNAL)
    for path, words in found:
        if words in INTERNAL:
            unused.discard(words)
        elif not any(part in words for part in parts) and not any(words in message for message in messages):
            yield 1, f'it does not quote "{words}" of {path}'
    yield from ((1, f'no Error says "{words}", which is an exception in {pathlib.Path(__file__).name}') for words in unused)
    if len(found) < LEAST_PROBLEMS:
        yield 1, f'only {len(found)} errors are found in the sources'


NUMBER = r'[-+]?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?'


def agrees(shown, line):
    """Whether a line that a page shows is this line of output."""
    pattern = ''
    for part in re.split(rf'(\.\.\.|\s+|{NUMBER})', shown.strip()):
        pattern += '.*' if part == '...' else r'\s+' if part.isspace() else f'({NUMBER})' if re.fullmatch(NUMBER, part) else re.escape(part)
    found = re.fullmatch(pattern, line.strip())
    if not found:
        return False
    wanted = [part for part in re.split(rf'(\.\.\.|{NUMBER})', shown) if re.fullmatch(NUMBER, part)]
    return all(one == other or ('.' in one and abs(float(one) - float(other)) <= 0.01 * abs(float(one)))
               for one, other in zip(wanted, found.groups()))


def run_blocks(blocks, programs):
    """Runs them one behind the other in one folder; (line, fault) of each that is not as shown."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        (folder / 'build').mkdir()
        (folder / 'build' / 'bin').symlink_to(programs.folder)
        shutil.copytree(REPOSITORY / 'scripts', folder / 'scripts')
        shutil.copytree(REPOSITORY / 'tests' / 'data' / 'demo', folder / 'tests' / 'data' / 'demo')
        (folder / 'all_ckpt').mkdir()
        for file in [*(REPOSITORY / 'all_ckpt').glob('gdd-demo*'), REPOSITORY / 'all_ckpt' / 'published.json']:
            shutil.copy(file, folder / 'all_ckpt')
        environment = {**programs.environment, 'GDD_BIN': 'build/bin', 'PATH': f'{programs.folder}:{os.environ["PATH"]}'}
        for block in blocks:
            for command, shown in block.session():
                done = subprocess.run(['bash', '-euc', command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
                if done.returncode != 0:
                    yield block.lines[0][0], f'exit {done.returncode}: {command}: ' + ' / '.join(done.stdout.strip().splitlines()[-3:])
                    continue
                output = done.stdout.splitlines()
                for line in shown:
                    if line.strip() != '...' and not any(agrees(line, each) for each in output):
                        yield block.lines[0][0], f'{command} does not print: {line.strip()}'


def look_at(page, text, programs, flags, workers):
    """Faults of a page as (line, words), and how many commands and blocks were tried."""
    blocks, prose = blocks_of(text)
    faults, calls = list(prose_faults(page, prose, programs, flags)), []
    for block in blocks:
        for number, command in block.commands():
            for words in words_of(command):
                if call := program_call(words):
                    calls.append((number, call))
                faults += [(number, fault) for fault in file_faults(words)]
    for (number, call), fault in zip(calls, workers.map(programs.fault_of, [call for _, call in calls])):
        if fault:
            faults.append((number, f'{shlex.join(call)}: {fault}'))
    runnable = [block for block in blocks if block.runs]
    if runnable:
        faults += list(run_blocks(runnable, programs))
    if page.name == 'errors.md':
        faults += [*quoted_faults(prose), *missing_faults(prose)]
    return sorted(faults), len(calls), len(runnable)


# A page with a fault in every line that says so, and none in the others.
PLANTED = '''
    gdd-fid calc --images out --ref ref.npz --metrics fid,sfid     # right
    gdd-fid calc --images out --refs ref.npz                       # FAULT
    torchrun --no-python --nproc-per-node 8 gdd-eval --network x.pkl --seed 0-9   # FAULT
    GDD_DETECTOR=x srun -n 2 build/bin/gdd-sample --network x.pkl --outdir out    # right
    gdd-fid features --data out --shard i/n --dest p.npz;  gdd-fid merge p.npz --out all.npz   # FAULT
    gdd-fid calc --images out --ref ref.npz --metrics fid,sfdi     # FAULT
    gdd-sample --network x.pkl --outdir out --sampler two_steps    # FAULT
    gdd-eval watch x --ref ref.npz --rng cuda:108x2048 --class 0-9 --ts 0,22,39 --preset openai-cm --assume ecm=ect   # right
    gdd-eval watch x --ref ref.npz --preset=openai                 # FAULT
    gdd-eval watch x --ref ref.npz --rng gpu                       # FAULT
    gdd-eval watch x --ref ref.npz --class dog                     # FAULT
    gdd-eval watch x --ref ref.npz --preset openai-cm --ts 0,39,22 # FAULT
    gdd-eval watch x --ref ref.npz --assume ecm=etc                # FAULT
    gdd-eval watch x --ref ref.npz --assume emc=ect                # FAULT
    ./scripts/no_such_script.sh                                    # FAULT
    ./scripts/validation_fid.sh --number 10                        # FAULT
    gdd-eval: FID 0.419416 at 2000 images

```
$ gdd-sample --network x.pkl \\
    --outdir out
gdd-sample --wrong is output
$ gdd-pr --images a --reference b                                  # FAULT
```
`gdd-eval --dry-run`, `--threads`, `tests/scripts`, [right](documented_commands.py), [right](../../docs/errors.md#flags)
`gdd-eval --no-such-flag` FAULT
`--no-such-flag` FAULT
`tests/no/such/file.cpp` FAULT
[wrong](no_such_page.md) FAULT
[wrong](../../docs/errors.md#no-such-heading) FAULT

<!-- run -->
    $ echo one two 0.419416
    one ... 0.4195
    $ gdd-convert --show all_ckpt/gdd-demo.pkl
    ...
      family: GDD (arXiv:2405.20750)

<!-- run -->
    $ echo 1.02 FAULT
    1.00 FAULT
'''


def self_test(programs, flags, workers):
    faults, calls, blocks = look_at(pathlib.Path(__file__), PLANTED, programs, flags, workers)
    wanted = [number for number, line in enumerate(PLANTED.splitlines(), 1) if 'FAULT' in line][:-1]
    if [number for number, _ in faults] != wanted or calls != 18 or blocks != 2:
        sys.exit(f'documented commands: the self-test expected faults in lines {wanted}, 18 commands and 2 blocks, found '
                 f'{calls}, {blocks}:\n' + '\n'.join(f'{number}: {fault}' for number, fault in faults))


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY / 'build' / 'bin').resolve()
    if absent := [program for program in PROGRAMS if not (folder / program).exists()]:
        sys.exit(f'documented commands: {folder} has no {absent[0]}: scripts/build.sh')
    programs = Programs(folder)
    flags = known_flags(programs)
    pages = sorted(page for page in REPOSITORY.rglob('*.md') if page.relative_to(REPOSITORY).parts[0] not in ('build', '.git', 'results'))
    pages.append(REPOSITORY / 'results' / 'README.md')
    wrong = commands = blocks = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        self_test(programs, flags, workers)
        for page, text in [(page, page.read_text()) for page in pages] + [(REPOSITORY / 'the examples of --help', programs.examples())]:
            faults, calls, ran = look_at(page, text, programs, flags, workers)
            for number, fault in faults:
                print(f'{page.relative_to(REPOSITORY)}:{number}: {fault}')
            wrong, commands, blocks = wrong + len(faults), commands + calls, blocks + ran
    if commands < LEAST_COMMANDS:
        print(f'documented commands: only {commands} are found, expected {LEAST_COMMANDS} or more')
        wrong += 1
    print(f'{len(pages)} pages: {commands} commands are understood, {blocks} blocks run' if wrong == 0 else f'{wrong} faults')
    sys.exit(wrong > 0)


if __name__ == '__main__':
    main()
