# shellcheck shell=bash
# shellcheck disable=SC2154 # script and script_file come from common.sh
# What the two validation scripts have in common: set-up, build, and gdd-eval over the list all_ckpt/published.json. Sourced by
# them, after common.sh. Tables, JSON, and what is missing and where it is had come from the program.

# Options of the user's, with paths that are meant from the folder the user is in.
options=()
read_options() {
  while (($#)); do
    case $1 in
      -h | --help) print_help && exit 0 ;;
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
      --detector | --cache)
        (($# >= 2)) || usage "$1 needs a value"
        if [ "$2" = demo ]; then options+=("$1" demo); else options+=("$1" "$(from_caller "$2")"); fi
        shift 2
        ;;
      --keep-images | --prune) options+=("$1") && shift ;;
      --num | --runs | --device | --precision | --batch | --detector-batch | --threads | --max-memory)
        (($# >= 2)) || usage "$1 needs a value"
        options+=("$1" "$2")
        shift 2
        ;;
      *) usage "unknown argument $1" ;;
    esac
  done
}

usage() {
  say "$1; see scripts/$script.sh --help"
  exit 2
}

# evaluate NAME FLAGS...: the evaluations of that name, with their table on stdout and their JSON in results/.
evaluate() {
  local name=$1 bin status=0 page started
  shift
  read_options "$@"
  if [ -z "${GDD_BIN:-}" ]; then bash scripts/build.sh; fi
  bin=$(from_caller "${GDD_BIN:-}")
  [ -x "${bin:-build/bin}/gdd-eval" ] || die "${bin:-build/bin}/gdd-eval is not there"
  if [ -n "${GDD_DETECTOR:-}" ] && [ "$GDD_DETECTOR" != demo ]; then
    GDD_DETECTOR=$(from_caller "$GDD_DETECTOR")
    export GDD_DETECTOR
  fi
  mkdir -p results
  started=$(mktemp)
  "${bin:-build/bin}/gdd-eval" --suite all_ckpt/published.json --evaluation "$name" --json "results/$script.json" \
    "${options[@]}" || status=$?
  if ((status == 0)); then say "written: results/$script.json"; fi
  while read -r page; do say "to look at: $page"; done < <(find results -name "report-$name.html" -newer "$started" | sort)
  rm -f "$started"
  return "$status"
}
