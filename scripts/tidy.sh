#!/usr/bin/env bash
# clang-tidy with the checks of .clang-tidy; every warning is an error. Prints which files it looks at. A header is looked at
# through a .cpp that includes it.
#
#   scripts/tidy.sh              files that differ from where this branch left main; on an unchanged main, the last commit's
#   scripts/tidy.sh all          every file
#   scripts/tidy.sh FILE...      these, from the root of the repository
#
# GDD_TIDY_SECONDS=N starts no file after N seconds (default 600). Exit 77: something was not looked at, the last line says why.
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"
. scripts/checks.sh

readonly clang_tidy_major=14 # Debian 12's; others check other things under the same names
readonly build=build/tidy
deadline=$((EPOCHSECONDS + ${GDD_TIDY_SECONDS:-600}))

# not_made REASON: nothing was looked at.
not_made() {
  echo "$1"
  exit "$exit_skipped"
}

# The commit that the working tree is compared with.
base_commit() {
  local main=main base
  if git rev-parse --quiet --verify origin/main >/dev/null; then main=origin/main; fi
  base=$(git merge-base HEAD "$main" 2>/dev/null) || return 1
  if [ "$base" = "$(git rev-parse HEAD)" ] && [ -z "$(git status --porcelain -- '*.cpp' '*.h')" ]; then base=HEAD~1; fi
  git rev-parse --quiet --verify "$base"
}

changed_files() {
  git diff --name-only --diff-filter=d "$1" -- '*.cpp' '*.h'
  git ls-files --others --exclude-standard -- '*.cpp' '*.h'
}

# Standard input: files. Prints the .cpp files to look at; for a header that of the same name, or else the first that includes it.
sources_of() {
  local file name stem
  while read -r file; do
    case $file in
      *.cpp) echo "$file" ;;
      *.h)
        name=${file#*/}
        name=${name#gdd/}
        stem=${name%.h}
        if [ -e "src/$stem.cpp" ]; then
          echo "src/$stem.cpp"
        else
          grep -rlE --include='*.cpp' "#include \"(gdd/)?($name|${file##*/})\"" src tools tests | sort | head -n 1
        fi
        ;;
    esac
  done | sort -u
}

# Told on standard error, findings on standard output. Called in shells of their own, several at once.
look_at() {
  local findings
  if ((EPOCHSECONDS >= deadline)); then
    echo "$1" >>"$build/left"
    return
  fi
  say "$1"
  # clang does not know every warning option of GCC.
  if findings=$("$tool" -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option "$1" 2>/dev/null); then return; fi
  printf '%s\n' "$findings"
  return 1
}

case "${1:-}" in
  -h | --help) print_help && exit 0 ;;
  -*) print_help >&2 && exit 2 ;;
esac
if ! tool=$(find_clang_tool clang-tidy "$clang_tidy_major"); then
  without_tool "needs clang-tidy $clang_tidy_major, found $tool: install clang-tidy-$clang_tidy_major"
  exit
fi
case "${1:-}" in
  '')
    if ! base=$(base_commit); then not_made "no git, no main branch or no earlier commit to compare with"; fi
    changed=$(changed_files "$base")
    ;;
  all) changed=$(find src tools tests -name '*.cpp') ;;
  *) changed=$(printf '%s\n' "$@") ;;
esac
cmake --preset tidy >"$build.log" 2>&1 || die "CMake could not configure; its words are in $build.log"

rm -f "$build/left"
while read -r file; do
  if [ -z "$file" ]; then continue; fi
  if grep -qF "/$file\"" "$build/compile_commands.json"; then printf '%s\0' "$file"; else say "$file: not part of this build"; fi
done < <(sources_of <<<"$changed") >"$build/files"
export script build tool deadline
export -f say look_at
xargs -0 --max-procs="$(compile_jobs)" --max-args=1 --no-run-if-empty bash -c 'look_at "$1"' look_at <"$build/files" ||
  die "the warnings above are errors here"
if [ -e "$build/left" ]; then not_made "no time left for: $(sort "$build/left" | tr '\n' ' ')"; fi
