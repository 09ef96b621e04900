#!/usr/bin/env bash
# What scripts/checks.sh counts: checks and tests that pass, fail and are skipped, with their reasons. Prints what went wrong;
# exit 1 if anything.
set -euo pipefail
checks=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)/scripts/checks.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Three tests as gtest_discover_tests registers them: one passes, one fails, one prints why it is skipped.
cat >"$scratch/CTestTestfile.cmake" <<'CTEST'
add_test(good true)
add_test(bad false)
add_test(left_out printf "tests/a_test.cpp:7: Skipped\nno disk here\n\n[  SKIPPED ] A.b (0 ms)\n")
set_tests_properties(left_out PROPERTIES SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
CTEST

# count COMMAND...: the output of these with report_counts after them, in a shell of its own.
count() {
  (
    say() { printf '%s\n' "$*"; }
    # shellcheck source=scripts/checks.sh
    . "$checks"
    "$@"
    report_counts || echo "exit $?"
  ) 2>&1
}

failed=0
# expect NAME OUTPUT LINE...: every line is in the output, whole.
expect() {
  local name=$1 output=$2 line
  shift 2
  for line in "$@"; do
    if grep -qxF -e "$line" <<<"$output"; then continue; fi
    printf 'counting: %s: expected "%s" in:\n%s\n' "$name" "$line" "$output"
    failed=1
  done
}

half() { echo tried && echo "no disk here" && return 77; }
expect "check, passed" "$(count check thing true)" 'ok: thing' '1 passed, 0 failed, 0 skipped'
expect "check, failed" "$(count check thing false)" 'FAILED: thing' 'failed: thing' '0 passed, 1 failed, 0 skipped' 'exit 1'
expect "check, skipped" "$(count check thing half)" 'skipped: thing: no disk here' '0 passed, 0 failed, 1 skipped'
expect "no tool" "$(GDD_CI=0 count check thing without_tool 'needs x')" 'skipped: thing: needs x' '0 passed, 0 failed, 1 skipped'
expect "no tool, CI" "$(GDD_CI=1 count check thing without_tool 'needs x')" 'FAILED: thing' 'needs x' 'exit 1'
tests=$(count run_tests "$scratch")
expect "tests" "$tests" 'skipped: tests/a_test.cpp:7: no disk here' 'failed: tests in '"$scratch" \
  '1 passed, 1 failed, 1 skipped' 'exit 1'
grep -A 1 -F 'failed: tests in' <<<"$tests" | grep -q ' 2 - bad ' || {
  echo "counting: tests: expected the name of the one that failed at the end"
  failed=1
}
expect "no tests" "$(count run_tests "$scratch" -R none)" '0 passed, 1 failed, 0 skipped' 'exit 1'
exit "$failed"
