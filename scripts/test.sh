#!/usr/bin/env bash
# Everything that must hold before a change is taken, on a new machine too: builds with warnings as errors, runs all tests,
# runs those above the torch line again under the address and undefined-behaviour sanitizers, and checks format and scripts.
# Ends in 'N passed, N failed', and fails unless that is zero.
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"

case "${1:-}" in
  '') ;;
  -h | --help) print_help && exit 0 ;;
  *) print_help >&2 && exit 2 ;;
esac

readonly clang_format_major=14 # Debian 12's; others lay out the same settings differently
passed=0
failed=0

# check NAME COMMAND...: one line, and the command's output only when it fails.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    say "ok: $name"
    passed=$((passed + 1))
  else
    say "FAILED: $name"
    printf '%s\n' "$output" | tail -n 60
    failed=$((failed + 1))
  fi
}

# A CUDA device counts when its driver answers and LibTorch's CUDA part is installed.
cuda_is_usable() {
  command -v nvidia-smi >/dev/null && nvidia-smi --list-gpus >/dev/null 2>&1 &&
    compgen -G "${GDD_LIBTORCH:-build/venv/lib/python3*/site-packages/torch}/lib/libtorch_cuda.so" >/dev/null
}

# run_tests BUILD_FOLDER [ctest arguments]: adds ctest's own count to ours. One thread a test, so that bits can be compared.
run_tests() {
  local folder=$1 log=$1/ctest.log summary
  shift
  OMP_NUM_THREADS=1 ctest --test-dir "$folder" --parallel "$(nproc)" --output-on-failure --no-tests=error --timeout 600 "$@" 2>&1 |
    tee "$log" || true
  # 100% tests passed, 0 tests failed out of 123
  summary=$(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$log")
  if [ -z "$summary" ]; then
    say "FAILED: ctest in $folder ran no test"
    failed=$((failed + 1))
    return
  fi
  grep --no-group-separator --after-context=1 ': Skipped$' "$folder/Testing/Temporary/LastTest.log" | sed 's/^/skipped: /' || true
  failed=$((failed + ${summary% *}))
  passed=$((passed + ${summary#* } - ${summary% *}))
}

test_release() {
  local without_gpu=()
  if ! cuda_is_usable; then
    say "no usable CUDA device here: tests labelled gpu are left out"
    without_gpu=(--label-exclude '^gpu$')
  fi
  run_tests build "${without_gpu[@]}"
}

build_asan() {
  cmake --preset asan && cmake --build --preset asan --parallel "$(compile_jobs)"
}

cxx_files() { find include src tools tests \( -name '*.h' -o -name '*.cpp' \) -print0; }
format_is_right() {
  local found
  if found=$(cxx_files | xargs -0 clang-format --dry-run -Werror 2>&1); then return; fi
  echo "run clang-format -i on:"
  sed -n 's/^\([^: ]*\):[0-9].*/  \1/p' <<<"$found" | sort -u
  return 1
}
check_format() {
  local found
  found=$(clang-format --version 2>/dev/null | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
  if [ "$found" = "$clang_format_major" ]; then
    check "format (clang-format $found)" format_is_right
  else
    say "format is not checked: needs clang-format $clang_format_major, found ${found:-none}"
  fi
}

scripts_parse() {
  local file
  for file in .ci/run scripts/*.sh $(find tests -name '*.sh'); do bash -n "$file" || return 1; done
}

check "scripts parse" scripts_parse
if bash scripts/build.sh all; then
  check_format
  test_release
else
  say "FAILED: release build"
  failed=$((failed + 1))
fi
say "building the torch-free rooms with sanitizers"
failed_before=$failed
check "sanitizer build, warnings as errors" build_asan
if ((failed == failed_before)); then run_tests build/asan; fi

echo "$passed passed, $failed failed"
((failed == 0))
