# shellcheck shell=bash
# Checks that are counted as passed, failed or skipped; nothing is skipped without its reason. Sourced after common.sh.
readonly exit_skipped=77
passed=0
failed=0
skipped=0
failures=() # one text each, told once more at the end: what a long run printed has scrolled away by then

# check NAME COMMAND...: one line, and the command's output only when it fails; exit_skipped with the reason as last line
# of output is neither passed nor failed.
check() {
  local name=$1 output status=0
  shift
  output=$("$@" 2>&1) || status=$?
  case $status in
    0) passed=$((passed + 1)) && say "ok: $name" ;;
    "$exit_skipped") skip "$name: ${output##*$'\n'}" ;;
    *)
      fail "$name" "$(tail -n 20 <<<"$output")"
      tail -n 60 <<<"$output"
      ;;
  esac
}

# fail NAME [WHY] [COUNT]
fail() {
  say "FAILED: $1"
  failures+=("$1${2:+$'\n'$2}")
  failed=$((failed + ${3:-1}))
}

# In check: what COMMAND tells on standard error is shown, whatever comes of it.
exec 3>&2
aloud() { "$@" 2>&3; }

# skip 'WHAT: REASON' [COUNT]
skip() {
  say "skipped: $1"
  skipped=$((skipped + ${2:-1}))
}

# Ends a check that cannot be made here: nobody need install a tool, but continuous integration never goes on without.
without_tool() {
  echo "$1"
  if [ "${GDD_CI:-0}" = 1 ]; then return 1; fi
  return "$exit_skipped"
}

# find_clang_tool NAME MAJOR: prints the name under which that version is called; or, with status 1, what was found instead.
find_clang_tool() {
  local name found=none
  for name in "$1" "$1-$2"; do
    if ! command -v "$name" >/dev/null; then continue; fi
    found=$("$name" --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
    if [ "$found" = "$2" ]; then echo "$name" && return; fi
  done
  echo "$found"
  return 1
}

# run_tests BUILD_FOLDER [ctest arguments]: adds ctest's own count to ours. One thread a test, so that bits can be compared.
# `launcher` is a command to run ctest under.
launcher=()
run_tests() {
  local folder=$1 log=$1/ctest.log summary
  shift
  OMP_NUM_THREADS=1 "${launcher[@]}" ctest --test-dir "$folder" --parallel "$(nproc)" --output-on-failure --no-tests=error \
    --timeout 600 "$@" 2>&1 | tee "$log" || true
  # 100% tests passed, 0 tests failed out of 123
  summary=$(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$log")
  if [ -z "$summary" ]; then
    fail "ctest in $folder ran no test" "$(tail -n 20 "$log")"
    return
  fi
  if ((${summary% *} > 0)); then fail "tests in $folder" "$(told_failures "$log")" "${summary% *}"; fi
  passed=$((passed + ${summary#* } - ${summary% *}))
  count_skipped_tests "$log" "$folder/Testing/Temporary/LastTest.log"
}

# What a log of ctest says of tests that failed: their names, then what GoogleTest said first.
told_failures() {
  sed -n '/^The following tests FAILED:/,/^Errors while/{/ - /p}' "$1" | head -n 20
  grep -A 6 ': Failure$' "$1" | head -n 60
}

# count_skipped_tests LOG LAST_TEST_LOG: ctest counts them as passed; the reasons stand in its own log.
count_skipped_tests() {
  local count
  count=$(grep -c '\*\*\*Skipped' "$1" || true)
  if ((count == 0)); then return; fi
  passed=$((passed - count))
  skipped=$((skipped + count))
  # file.cpp:12: Skipped / the reason
  sed -n '/: Skipped$/{N;s/^\(.*\): Skipped\n/skipped: \1: /p}' "$2"
}

# What failed, and the last line; fails if anything did.
report_counts() {
  local failure
  for failure in "${failures[@]}"; do say "failed: $failure"; done
  echo "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0))
}
