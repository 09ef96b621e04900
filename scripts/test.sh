#!/usr/bin/env bash
# Everything that must hold before a change is taken, on a new machine too: builds with warnings as errors, runs all tests,
# runs those above the torch line again under the address and undefined-behaviour sanitizers, those that share data between
# threads under the thread sanitizer, and checks format, scripts and pages.
# Ends in what failed and 'N passed, N failed, N skipped', and fails if any failed. What was skipped stands above, each with its
# reason; with GDD_CI=1, as .ci/run sets it, a check whose tool is missing counts as failed instead.
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"
. scripts/checks.sh

case "${1:-}" in
  '') ;;
  -h | --help) print_help && exit 0 ;;
  *) print_help >&2 && exit 2 ;;
esac

readonly clang_format_major=14 # Debian 12's; others lay out the same settings differently
# A CUDA device counts when its driver answers and LibTorch's CUDA part is installed.
cuda_is_usable() {
  command -v nvidia-smi >/dev/null && nvidia-smi --list-gpus >/dev/null 2>&1 &&
    compgen -G "${GDD_LIBTORCH:-build/venv/lib/python3*/site-packages/torch}/lib/libtorch_cuda.so" >/dev/null
}

test_release() {
  local without_gpu=()
  if ! cuda_is_usable; then
    skip "tests labelled gpu: no usable CUDA device here" "$(ctest --test-dir build -N -L '^gpu$' | sed -n 's/^Total Tests: //p')"
    without_gpu=(--label-exclude '^gpu$')
  fi
  run_tests build "${without_gpu[@]}"
}

build_asan() {
  cmake --preset asan && cmake --build --preset asan --parallel "$(compile_jobs)"
}

build_tsan() {
  cmake --preset tsan && cmake --build --preset tsan --parallel "$(compile_jobs)"
}

# GCC 12's thread sanitizer stands no addresses of more than 28 random bits: they are fixed where the system lets us (Docker
# forbids it), and must be less random where it does not.
test_tsan() {
  local launcher=(setarch --addr-no-randomize) random_bits failed_before=$failed
  random_bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo unknown)
  if ! "${launcher[@]}" true 2>/dev/null; then launcher=(); fi
  if ((${#launcher[@]} == 0)) && [[ ! $random_bits =~ ^(.|1.|2[0-8])$ ]]; then
    skip "thread sanitizer: addresses are too random here (vm.mmap_rnd_bits $random_bits) and may not be fixed; in Docker: --security-opt seccomp=unconfined"
    return
  fi
  check "thread sanitizer build" build_tsan
  if ((failed > failed_before)); then return; fi
  run_tests build/tsan --label-regex '^(base|archive|checkpoints|images)$'
}

cxx_files() { find include src tools tests \( -name '*.h' -o -name '*.cpp' \) -print0; }
format_is_right() {
  local tool found
  if ! tool=$(find_clang_tool clang-format "$clang_format_major"); then
    without_tool "needs clang-format $clang_format_major, found $tool: install clang-format-$clang_format_major"
    return
  fi
  if found=$(cxx_files | xargs -0 "$tool" --dry-run -Werror 2>&1); then return; fi
  echo "run $tool -i on:"
  sed -n 's/^\([^: ]*\):[0-9].*/  \1/p' <<<"$found" | sort -u
  return 1
}

readarray -t scripts < <(find .ci/run scripts tests -name '*.sh' -o -path .ci/run)
scripts_parse() {
  local file
  for file in "${scripts[@]}"; do bash -n "$file" || return 1; done
}
scripts_are_sound() {
  if ! command -v shellcheck >/dev/null; then
    without_tool "needs shellcheck: scripts/setup.sh test"
    return
  fi
  shellcheck --severity=warning --external-sources "${scripts[@]}"
}

check "scripts parse" scripts_parse
check "counting of checks and tests" bash tests/scripts/counting.sh
check "Python module" python3 tests/scripts/python_module.py
if bash scripts/build.sh all; then
  check "shellcheck" scripts_are_sound
  check "scripts from anywhere" bash tests/scripts/everywhere.sh
  check "libraries from their own folders" bash tests/scripts/library_path.sh
  check "report in a browser" bash tests/scripts/report_page.sh
  check "commands and messages of the pages" python3 tests/scripts/documented_commands.py
  check "manual pages" bash tests/scripts/manual.sh pages
  for shell in bash zsh fish; do check "completions of $shell" bash tests/scripts/manual.sh "$shell"; done
  check "wheel" bash tests/scripts/wheel.sh
  check "format" format_is_right
  check "clang-tidy on changed files" aloud bash scripts/tidy.sh
  test_release
else
  fail "release build"
fi
say "building the torch-free rooms with sanitizers"
failed_before=$failed
check "sanitizer build, warnings as errors" build_asan
if ((failed == failed_before)); then run_tests build/asan; fi
say "building the rooms that share data between threads with the thread sanitizer"
test_tsan

if [ -e build/report-page/report.html ]; then
  say "a report to look at: build/report-page/report.html; as the browser showed it: build/report-page/shot.png"
fi
report_counts
