# shellcheck shell=bash
# What every script here starts with: strict bash, the repository's root as working directory, two ways to speak.
# Source it first: . "$(dirname "${BASH_SOURCE[0]}")/common.sh"
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."
script=$(basename "$0" .sh)

say() { printf '%s: %s\n' "$script" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# The comment at the head of the calling script is its help text.
print_help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "scripts/$(basename "$0")"; }

# Parallel compile jobs: one a core, but no more than memory holds (a file that includes torch takes up to 2 GB).
compile_jobs() {
  local cores memory_kb jobs
  cores=$(nproc)
  memory_kb=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
  jobs=$((memory_kb / 2000000))
  if ((jobs < 1)); then jobs=1; fi
  if ((jobs > cores)); then jobs=$cores; fi
  printf '%d\n' "$jobs"
}
