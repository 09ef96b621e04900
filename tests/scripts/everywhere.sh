#!/usr/bin/env bash
# The validation scripts from other folders, through links, under other locales, without HOME: on a copy of the repository's
# scripts in a folder of an awkward name, with a stub in the place of the program. Prints what went wrong; exit 1 if anything,
# 77 if nothing but the decimal comma could not be tried.
set -euo pipefail
repository=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
clone="$scratch/a clone's \"folder\" \$(x)"
elsewhere="$scratch/else where"
mkdir -p "$clone" "$elsewhere/stubs" "$elsewhere/scripts"
cp -r "$repository/scripts" "$clone/"
touch "$elsewhere/weights.pkl"
echo 'touch "$scratch_canary"' >"$elsewhere/scripts/evaluate.sh" # what an exported CDPATH would lead to
export scratch_canary=$scratch/canary

# The stub notes its arguments, locale and folder.
cat >"$elsewhere/stubs/gdd-eval" <<'STUB'
#!/usr/bin/env bash
printf '%s\n' "LC_ALL=$LC_ALL" "GDD_DETECTOR=${GDD_DETECTOR:-}" "PWD=$PWD" "$@" >"$(dirname "$0")/called"
echo 'the table'
exit "${STUB_STATUS:-0}"
STUB
chmod +x "$elsewhere"/stubs/*
ln -s "$clone/scripts/validation_fid.sh" "$elsewhere/linked"

failed=0
# try NAME EXPECTED COMMAND...: from elsewhere; its output must hold EXPECTED.
try() {
  local name=$1 expected=$2 output
  shift 2
  if ! output=$(cd "$elsewhere" && GDD_BIN=stubs "$@" 2>&1); then
    printf 'everywhere: %s: failed:\n%s\n' "$name" "$output"
    failed=1
  elif [[ $output != *"$expected"* ]]; then
    printf 'everywhere: %s: expected "%s" in:\n%s\n' "$name" "$expected" "$output"
    failed=1
  fi
}
# called EXPECTED: the stub was given it as an argument, or had it as its locale.
called() {
  if grep -qxF -e "$1" "$elsewhere/stubs/called"; then return; fi
  printf 'everywhere: expected the program to be given "%s", found:\n%s\n' "$1" "$(<"$elsewhere/stubs/called")"
  failed=1
}

# A locale with a decimal comma, where the system can make one; elsewhere its name alone, which must be overridden as well.
not_tried=''
if command -v localedef >/dev/null && localedef -i de_DE -f UTF-8 "$scratch/de_DE.UTF-8" >/dev/null 2>&1; then
  export LOCPATH=$scratch
else
  not_tried="the decimal comma was tried by name only: no localedef or no de_DE here (Debian: locales)"
fi
for script in validation_fid validate_is_pr; do
  run=("$clone/scripts/$script.sh")
  try "$script, decimal comma" 'the table' env LC_ALL=de_DE.UTF-8 "${run[@]}"
  called LC_ALL=C
  called "PWD=$clone"
  called "results/$script.json"
  try "$script, no HOME" 'written: results/' env -u HOME "${run[@]}"
  try "$script, relative --detector" 'written: results/' "${run[@]}" --detector weights.pkl
  called "$elsewhere/weights.pkl"
  try "$script, --detector=FILE" 'written: results/' "${run[@]}" --detector=weights.pkl
  called "$elsewhere/weights.pkl"
  try "$script, relative GDD_DETECTOR" 'written: results/' env GDD_DETECTOR=weights.pkl "${run[@]}"
  called "GDD_DETECTOR=$elsewhere/weights.pkl"
  try "$script, GDD_DETECTOR=demo" 'written: results/' env GDD_DETECTOR=demo "${run[@]}"
  called GDD_DETECTOR=demo
  try "$script, CDPATH" 'written: results/' env CDPATH="$elsewhere" "${run[@]}"
  try "$script, called by bash from the clone" 'written: results/' env CDPATH="$elsewhere" GDD_BIN="$elsewhere/stubs" \
    bash -c "cd \"\$1\" && bash scripts/$script.sh" bash "$clone"
  if (cd "$elsewhere" && GDD_BIN=stubs STUB_STATUS=3 "${run[@]}") >/dev/null 2>&1; then
    echo "everywhere: $script: the program failed, and the script did not"
    failed=1
  fi
done
called is_pr
try "through a link" 'written: results/' ./linked --num 64
called 64
called fid
try "help through a link" 'FID of every published checkpoint' ./linked --help

if [ -e "$scratch_canary" ]; then
  echo "everywhere: a script of another folder was run"
  failed=1
fi
if ((failed == 0)) && [ -n "$not_tried" ]; then
  echo "$not_tried"
  exit 77
fi
exit "$failed"
