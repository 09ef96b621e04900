#!/usr/bin/env bash
# Sets up, configures and builds the release preset; the programs are then in build/bin, and `cmake --install build` installs all there is.
#
#   scripts/build.sh             the programs, their pages and completions, the metrics library
#   scripts/build.sh all         the tests too; sets up what scripts/test.sh needs
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"

needs=()
targets=() # one program for each file of tools/
for source in tools/gdd-*.cpp; do targets+=("$(basename "$source" .cpp)"); done
case "${1:-}" in
  '') targets+=(gdd-manual gdd_metrics_package) ;;
  all) targets=(all) && needs=(test) ;;
  -h | --help) print_help && exit 0 ;;
  *) print_help >&2 && exit 2 ;;
esac

bash scripts/setup.sh "${needs[@]}"
mkdir -p build
cmake --preset release >build/configure.log 2>&1 || {
  grep -A 4 'CMake Error' build/configure.log >&2
  die "CMake could not configure; all of its words are in build/configure.log"
}
jobs=$(compile_jobs)
say "building ${targets[*]} with $jobs jobs (the first time takes minutes)"
cmake --build build --parallel "$jobs" --target "${targets[@]}" >&2
