# shellcheck shell=bash
# What every script here starts with: strict bash, the repository's root as working directory, two ways to speak.
# Source it first, by the line that every script here begins with.
#
# A script may be called from any folder, through a link, with any locale, and without HOME: paths that the user gives are
# meant from the folder the user is in (from_caller), and numbers are written with a point.
set -euo pipefail
shopt -s inherit_errexit
unset CDPATH # where it is exported, cd would look elsewhere first
export LC_ALL=C
caller=$PWD
script_file=$(readlink -f -- "$0")
script=$(basename -- "$script_file" .sh)
cd -P -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

# A path of the user's, seen from the repository; empty stays empty.
from_caller() {
  case $1 in
    '' | /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$caller" "$1" ;;
  esac
}
if [ -n "${GDD_LIBTORCH:-}" ]; then
  GDD_LIBTORCH=$(from_caller "$GDD_LIBTORCH")
  export GDD_LIBTORCH
fi

say() { printf '%s: %s\n' "$script" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# The comment at the head of the calling script is its help text.
print_help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$script_file"; }

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
