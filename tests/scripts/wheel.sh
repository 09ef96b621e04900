#!/usr/bin/env bash
# What `pip install .` makes: a wheel is built, of the libraries that build/ holds already, and installed in a fresh virtual environment
# that has build/venv's torch beside it, by links. There its programs and its module are tried from another folder, and it is removed
# again. Prints what went wrong; exit 1 if anything, 77 where it cannot be tried.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
. scripts/checks.sh
wanted=$(sed -n 's/^dependencies = \["torch==\(.*\)"\]$/\1/p' pyproject.toml)
torch=${GDD_LIBTORCH:-$(find "$PWD"/build/venv/lib/python3*/site-packages -maxdepth 1 -name torch)}
if ! grep -qsF "__version__ = '$wanted" "$torch/version.py"; then
  echo "the wheel is for Python's torch $wanted, and $torch is another LibTorch"
  exit "$exit_skipped"
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
wrong() {
  printf 'wheel: %s\n' "$*"
  exit 1
}

# What builds wheels is kept for the next time.
tools=build/wheel-tools
if ! "$tools/bin/python3" -c 'import scikit_build_core' 2>/dev/null; then
  rm -rf "$tools"
  { python3 -m venv "$tools" && "$tools/bin/pip" install 'scikit-build-core>=1.1,<2'; } >"$scratch/log" 2>&1 || {
    without_tool "needs scikit-build-core, which pip could not install: $(tail -n 1 "$scratch/log")" || exit $?
  }
fi

GDD_LIBTORCH=$torch SKBUILD_CMAKE_DEFINE="GDD_ROOMS=$PWD/build" "$tools/bin/pip" wheel --no-build-isolation --no-deps --no-index \
  --wheel-dir "$scratch/wheels" . >"$scratch/log" 2>&1 || wrong "not built: $(tail -n 40 "$scratch/log")"
wheel=$(echo "$scratch"/wheels/gdd_suite-*-py3-none-linux_*.whl)
size=$(stat -c %s "$wheel")
((size < 20000000)) || wrong "$size bytes, more than 20 MB"
python3 -m zipfile -l "$wheel" >"$scratch/files"
if grep -E 'lib(torch|c10)|\.so' "$scratch/files"; then wrong "holds libraries"; fi
for part in gdd_suite/bin/gdd-eval gdd_suite/py.typed bash-completion/completions/gdd-eval zsh/site-functions/_gdd-eval \
  fish/vendor_completions.d/gdd-eval.fish man/man1/gdd-eval.1 licenses/LICENSE; do
  grep -qF "$part" "$scratch/files" || wrong "no $part in $(<"$scratch/files")"
done

# As the real package would lie there: torch's libraries lead to their neighbours.
python3 -m venv "$scratch/venv"
site=$(echo "$scratch"/venv/lib/python3*/site-packages)
for neighbour in torch nvidia; do
  if [ -d "${torch%/*}/$neighbour" ]; then ln -s "${torch%/*}/$neighbour" "$site/$neighbour"; fi
done
files_there() { (cd "$scratch/venv" && find . ! -type d | sort); } # pip leaves folders, such as share/, though they are empty
files_there >"$scratch/before"
"$scratch/venv/bin/pip" install --no-deps --no-index "$wheel" >"$scratch/log" 2>&1 || wrong "not installed: $(tail -n 40 "$scratch/log")"
for source in tools/gdd-*.cpp; do
  program=$(basename "$source" .cpp)
  said=$(cd / && "$scratch/venv/bin/$program" --version) || wrong "$program --version"
  [[ $said == *"(LibTorch $wanted)"* ]] || wrong "$program --version says $said"
done

mkdir "$scratch/elsewhere"
repository=$PWD
cd "$scratch/elsewhere"
GDD_DETECTOR=demo "$scratch/venv/bin/python3" "$repository/tests/scripts/wheel_module.py" "$repository"

# refusal EXPECTED: how a program answers where something is not as it should be.
refusal() {
  local said status=0
  said=$("$scratch/venv/bin/gdd-fid" --version 2>&1) || status=$?
  ((status == 1)) && [ "$(wc -l <<<"$said")" = 1 ] && [[ $said == "gdd-fid: error: "*"$1"* ]] || wrong "expected '$1', exit $status: $said"
}
cp "$site/gdd_suite/_build.py" "$scratch/"
sed -i 's/^NEEDED.*/&"libnowhere.so.7",/' "$site/gdd_suite/_build.py"
refusal "libnowhere.so.7 of the system does not load"
cp "$scratch/_build.py" "$site/gdd_suite/"
unlink "$site/torch"
refusal "torch $wanted is needed"
echo "${torch%/*}" >"$site/elsewhere.pth" # torch in another folder of packages
said=$("$scratch/venv/bin/gdd-fid" --version) || wrong "torch of another folder is not found"
rm "$site/elsewhere.pth"
mkdir "$site/torch"
printf "__version__ = '1.2.3+cpu'\n" >"$site/torch/version.py"
touch "$site/torch/__init__.py"
refusal "is torch 1.2.3, and these programs were built with $wanted"
rm -r "$site/torch"
ln -s "$torch" "$site/torch"

"$scratch/venv/bin/pip" uninstall --yes gdd-suite >"$scratch/log" 2>&1 || wrong "not removed: $(<"$scratch/log")"
files_there | diff "$scratch/before" - || wrong "something is left"
