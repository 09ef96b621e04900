#!/usr/bin/env bash
# manual.sh WHAT: completions and pages that `cmake --install` puts in a prefix. WHAT is bash, zsh or fish: that shell completes; or
# pages: they and the completions tell all that --help does. Prints what went wrong; exit 1 if anything, 77 where its reader is missing.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
. scripts/checks.sh
what=$1
reader=$what
if [ "$what" = pages ]; then reader="man"; fi
if ! "$reader" --version >/dev/null 2>&1; then
  without_tool "needs $reader: scripts/setup.sh test" || exit $?
fi
if [ "$what" = pages ] && ! man --version | grep -q '^man [0-9]'; then
  without_tool "needs man, of which a minimized Ubuntu has but the name: unminimize" || exit $?
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cmake --install build --component manual --prefix "$scratch" >"$scratch/log" 2>&1 || {
  cat "$scratch/log"
  exit 1
}
if [ "$what" = pages ]; then
  python3 tests/scripts/manual_pages.py build/bin "$scratch"
else
  python3 tests/scripts/completions.py "$scratch" "$what"
fi
