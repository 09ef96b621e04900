#!/usr/bin/env bash
# FID of every published checkpoint found in all_ckpt/, as upstream's script of the same purpose: 50 000 one-step images
# of seeds 0-49999, scored against EDM's reference statistics. With no checkpoint there, the small embedded demo runs instead.
#
#   scripts/validation_fid.sh [--num N] [--runs R] [--device D] [--batch B] [--threads T] [--detector FILE]
#
#   --num N          images a run (default 50000; the demo 256)
#   --runs R         runs with consecutive seeds, 0..N-1, N..2N-1, ...; mean and lowest are reported too (default 1)
#   --detector FILE  Inception weights in any of the four known formats; else $GDD_DETECTOR, all_ckpt/, refs/ and the
#                    caches of dnnlib and torch are searched
#   others           passed on to gdd-sample and gdd-fid
#
# Images go to results/NAME/, a grid picture to results/NAME-grid.png, the table to stdout and results/validation_fid.json.
# GDD_BIN=FOLDER uses programs that are built already.
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"
. scripts/detector.sh

# name | checkpoint | reference | published FID (the paper's abstract and upstream's README differ: both are named; neither
# says which CIFAR-10 network it means)
readonly published='
cifar_uncond|cifar_uncond_gdd_i.pkl|cifar10-32x32.npz|1.54 / 1.56
cifar_cond|cifar_cond_gdd_i.pkl|cifar10-32x32.npz|1.54 / 1.56
ffhq|ffhq_gdd_i.pkl|ffhq-64x64.npz|0.85 / 0.83
afhqv2|afhqv2_gdd.pkl|afhqv2-64x64.npz|1.23 / 1.24
imagenet|imagenet_gdd_i.pkl|imagenet-64x64.npz|1.16 / 1.13
cifar_uncond_d2o|cifar_uncond_d2o_f.pkl|cifar10-32x32.npz|-
cifar_cond_d2o|cifar_cond_d2o_f.pkl|cifar10-32x32.npz|-
ffhq_d2o|ffhq_d2o_f.pkl|ffhq-64x64.npz|-
afhqv2_d2o|afhqv2_d2o.pkl|afhqv2-64x64.npz|-
imagenet_d2o|imagenet_d2o_f.pkl|imagenet-64x64.npz|-'
readonly demo_label='demo features, not comparable with any published FID'
readonly json=results/validation_fid.json

num=''
runs=1
detector=$(detector_from_caller "${GDD_DETECTOR:-}")
shared=() # flags that both programs take
rows=()   # finished runs: name|checkpoint|images|protocol|fid|published|seconds|grid
entries=() # the same for the JSON file
failures=0

parse_flags() {
  while (($#)); do
    case $1 in
      -h | --help) print_help && exit 0 ;;
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
    esac
    case $1 in --num | --runs | --detector | --device | --batch | --threads) ;; *) usage "unknown argument $1" ;; esac
    (($# >= 2)) || usage "$1 needs a value"
    case $1 in
      --num) num=$2 ;;
      --runs) runs=$2 ;;
      --detector) detector=$(detector_from_caller "$2") ;;
      *) shared+=("$1" "$2") ;;
    esac
    shift 2
  done
  [[ $num =~ ^([1-9][0-9]*)?$ ]] || usage "--num $num is not a number of images"
  [[ $runs =~ ^[1-9][0-9]*$ ]] || usage "--runs $runs is not a number of runs"
  [ -z "$detector" ] || [ "$detector" = demo ] || [ -e "$detector" ] || die "detector $detector is not there"
}

usage() {
  say "$1; see scripts/validation_fid.sh --help"
  exit 2
}

find_reference() {
  local file
  for file in "refs/$1" "all_ckpt/$1"; do
    if [ -e "$file" ]; then echo "$file" && return; fi
  done
}

# sample_and_score NAME CHECKPOINT REFERENCE DETECTOR COUNT FIRST_SEED PUBLISHED NOTE: adds a row, or returns 1.
sample_and_score() {
  local name=$1 checkpoint=$2 reference=$3 features=$4 count=$5 first=$6 published_fid=$7 note=$8
  local out=results/$name seeds=$first-$((first + $5 - 1)) started=$SECONDS sampled scored fid
  local score_args=(--num "$count" --detector "$features" --protocol edm "${shared[@]}" --json "$out.fid.json")
  say "$checkpoint: sampling seeds $seeds into $out"
  "$bin/gdd-sample" --network "$checkpoint" --sampler one_step --outdir "$out" --seeds "$seeds" --subdirs \
    --grid 8x8 "$out-grid.png" "${shared[@]}" --json "$out.sample.json" || return 1
  sampled=$((SECONDS - started))
  say "$checkpoint: scoring $count images against $reference"
  fid=$("$bin/gdd-fid" calc --images "$out" --ref "$reference" "${score_args[@]}" | tail -n 1) || return 1
  scored=$((SECONDS - started - sampled))
  rows+=("$name|$count|edm${note:+, demo features}|$fid|$published_fid|$((sampled + scored))|$out-grid.png")
  entries+=("$(json_entry)")
}

# null, or the text in quotes; "-" stands for nothing in the table.
json_text() {
  if [ "$1" = - ] || [ -z "$1" ]; then echo null; else printf '"%s"' "$1"; fi
}

# One object of the JSON file, from the variables of sample_and_score; the programs' own reports go in whole.
json_entry() {
  printf '{"name": "%s", "checkpoint": "%s", "num_samples": %d, "seeds": "%s", "protocol": "edm", "fid": %s, ' \
    "$name" "$checkpoint" "$count" "$seeds" "$fid"
  printf '"note": %s, "published_fid": %s, "sampling_seconds": %d, "scoring_seconds": %d, "grid": "%s",\n' \
    "$(json_text "$note")" "$(json_text "$published_fid")" "$sampled" "$scored" "$out-grid.png"
  printf '"sample_report": %s,\n"fid_report": %s}' "$(<"$out.sample.json")" "$(<"$out.fid.json")"
}

# all_runs NAME CHECKPOINT REFERENCE DETECTOR DEFAULT_COUNT PUBLISHED NOTE
all_runs() {
  local name=$1 default_count=$5 count run suffix
  count=${num:-$default_count}
  for ((run = 0; run < runs; run++)); do
    suffix=''
    if ((count != default_count)); then suffix=-$count; fi # images of another number of seeds do not mix with these
    if ((run)); then suffix+=-run$((run + 1)); fi
    sample_and_score "$name$suffix" "$2" "$3" "$4" "$count" $((run * count)) "$6" "$7" || {
      say "$2: FAILED"
      failures=$((failures + 1))
    }
  done
}

run_published() {
  local name checkpoint reference_name published_fid reference note=''
  if [ "$detector" = demo ]; then note=$demo_label; fi
  while IFS='|' read -r name checkpoint reference_name published_fid; do
    if [ ! -e "all_ckpt/$checkpoint" ]; then continue; fi
    reference=$(find_reference "$reference_name")
    if [ -z "$reference" ]; then
      say "$checkpoint is here but refs/$reference_name is not: skipped (scripts/download.sh refs)"
    elif [ -z "$detector" ]; then
      say "$checkpoint is here but no Inception weights are: skipped (scripts/download.sh detector)"
    else
      all_runs "$name" "all_ckpt/$checkpoint" "$reference" "$detector" 50000 "$published_fid" "$note"
    fi
  done <<<"${published:1}"
}

run_demo() {
  say "no published checkpoint in all_ckpt/: running the embedded demo"
  all_runs gdd-demo all_ckpt/gdd-demo.pkl all_ckpt/gdd-demo-ref.npz demo 256 - "$demo_label"
}

# Sets `missing` to the published checkpoints that are not in all_ckpt/, and `present` to the number of those that are.
look_for_checkpoints() {
  local checkpoint
  present=0
  missing=()
  while IFS='|' read -r _ checkpoint _; do
    if [ -e "all_ckpt/$checkpoint" ]; then present=$((present + 1)); else missing+=("$checkpoint"); fi
  done <<<"${published:1}"
}

tell_what_is_missing() {
  if ((${#missing[@]})); then
    say "not in all_ckpt/: ${missing[*]}"
    say "  from: see the GDD repository's README (its Google Drive link); licence: derived from NVIDIA's EDM, CC BY-NC-SA 4.0"
  fi
  local reference gone=()
  for reference in cifar10-32x32.npz ffhq-64x64.npz afhqv2-64x64.npz imagenet-64x64.npz; do
    if [ -z "$(find_reference "$reference")" ]; then gone+=("$reference"); fi
  done
  if ((${#gone[@]})); then say "not in refs/: ${gone[*]}; from: EDM's reference statistics, scripts/download.sh refs; licence: CC BY-NC-SA 4.0"; fi
  if [ -z "$detector" ]; then say "no Inception weights; from: NVIDIA's detector, scripts/download.sh detector; licence: CC BY-NC-SA 4.0"; fi
}

# Mean and lowest of each checkpoint's runs; EDM's practice is to publish the lowest of three.
print_summary_of_runs() {
  printf '%s\n' "${rows[@]}" | awk -F'|' '
    { name = $1; sub(/-run[0-9]+$/, "", name); if (!(name in n)) order[++names] = name; n[name]++; sum[name] += $4
      if (n[name] == 1 || $4 < low[name]) low[name] = $4 }
    END { for (i = 1; i <= names; i++) printf "%s: %d runs, mean %.6g, lowest %.6g\n", order[i], n[order[i]], sum[order[i]] / n[order[i]], low[order[i]] }'
}

print_table() {
  local row name count protocol fid published_fid seconds grid format='%-22s %7s  %-18s  %-12s  %-15s  %7s  %s\n'
  # shellcheck disable=SC2059
  printf "$format" checkpoint N protocol 'FID measured' 'FID published' seconds grid
  for row in "${rows[@]}"; do
    IFS='|' read -r name count protocol fid published_fid seconds grid <<<"$row"
    # shellcheck disable=SC2059
    printf "$format" "$name" "$count" "$protocol" "$(printf '%.6g' "$fid")" "$published_fid" "$seconds" "$grid"
  done
  if ((runs > 1)); then print_summary_of_runs; fi
  if ((present)); then
    echo "FID published: the paper's abstract / upstream's README, 50 000 images on CUDA. Not measured here."
  else
    echo "gdd-demo: $demo_label."
  fi
}

write_json() {
  local i separator='['
  for ((i = 0; i < ${#entries[@]}; i++)); do
    printf '%s\n%s' "$separator" "${entries[i]}"
    separator=','
  done >"$json.part"
  printf '\n]\n' >>"$json.part"
  mv "$json.part" "$json"
}

main() {
  parse_flags "$@"
  if [ -z "${GDD_BIN:-}" ]; then bash scripts/build.sh; fi
  bin=$(from_caller "${GDD_BIN:-}")
  bin=${bin:-build/bin}
  detector=${detector:-$(find_detector)}
  look_for_checkpoints
  tell_what_is_missing
  mkdir -p results
  if ((present)); then run_published; else run_demo; fi
  if ((${#rows[@]} == 0)); then die "nothing was scored: $failures failed, the rest was skipped"; fi
  write_json
  print_table
  say "written: $json"
  if ((failures)); then die "$failures failed"; fi
}

main "$@"
