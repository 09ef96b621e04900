#!/usr/bin/env bash
# The programs, as built and as installed, take no library from the folder one is in: they start in one where an empty file has the name
# of every library that they need. Prints what went wrong; exit 1 if anything.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cmake --install build --component programs --prefix "$scratch/installed" >"$scratch/log" 2>&1 || {
  cat "$scratch/log"
  exit 1
}
programs=("$PWD"/build/bin/gdd-* "$scratch"/installed/bin/gdd-*)
if ((${#programs[@]} < 12)); then
  echo "library_path: expected six programs built and installed, found ${programs[*]}"
  exit 1
fi
mkdir "$scratch/trap"
for program in "${programs[@]}"; do
  readelf --dynamic "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' >"$scratch/needed"
  while read -r library; do : >"$scratch/trap/$library"; done <"$scratch/needed"
done
if [ ! -e "$scratch/trap/libtorch_cpu.so" ]; then
  echo "library_path: expected libtorch_cpu.so among the libraries, found $(ls "$scratch/trap")"
  exit 1
fi
failed=0
cd "$scratch/trap"
for program in "${programs[@]}"; do
  env -u LD_LIBRARY_PATH "$program" --version >"$scratch/log" 2>&1 || {
    echo "library_path: $program: $(<"$scratch/log")"
    failed=1
  }
done
exit "$failed"
