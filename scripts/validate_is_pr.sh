#!/usr/bin/env bash
# Inception Score, and precision and recall, of images that scripts/validation_fid.sh made, as upstream's script of the same
# name: the Inception Score of CIFAR-10's; of ImageNet's also FID, sFID, precision and recall against guided-diffusion's
# reference batch. All of it by guided-diffusion's protocol (adm). With neither there, the small embedded demo runs instead.
#
#   scripts/validate_is_pr.sh [--detector FILE] [--cache DIR] [--device D] [--batch B] [--threads T]
#
#   --detector FILE  Inception weights in any of the four known formats; else $GDD_DETECTOR, all_ckpt/, refs/ and the
#                    caches of dnnlib and torch are searched
#   others           passed on to the programs
#
# Reads results/cifar_uncond/image_pack.npz, and results/imagenet/image_pack.npz with VIRTUAL_imagenet64_labeled.npz in
# results/imagenet/ or refs/. The table goes to stdout, everything to results/validate_is_pr.json.
# GDD_BIN=FOLDER uses programs that are built already.
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"
. scripts/detector.sh

readonly cifar=results/cifar_uncond/image_pack.npz imagenet=results/imagenet/image_pack.npz
readonly reference_name=VIRTUAL_imagenet64_labeled.npz
readonly demo_label='demo features, not comparable with any published score'
readonly json=results/validate_is_pr.json

detector=$(detector_from_caller "${GDD_DETECTOR:-}")
shared=()  # flags of the programs
rows=()    # name|N|IS|FID|sFID|precision|recall|seconds
entries=() # the same for the JSON file
failures=0

usage() {
  say "$1; see scripts/validate_is_pr.sh --help"
  exit 2
}

parse_flags() {
  while (($#)); do
    case $1 in
      -h | --help) print_help && exit 0 ;;
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
    esac
    case $1 in --detector | --cache | --device | --batch | --threads) ;; *) usage "unknown argument $1" ;; esac
    (($# >= 2)) || usage "$1 needs a value"
    case $1 in
      --detector) detector=$(detector_from_caller "$2") ;;
      --cache) shared+=("$1" "$(from_caller "$2")") ;;
      *) shared+=("$1" "$2") ;;
    esac
    shift 2
  done
  [ -z "$detector" ] || [ "$detector" = demo ] || [ -e "$detector" ] || die "detector $detector is not there"
}

# score NAME IMAGES REFERENCE DETECTOR METRICS: adds a row. REFERENCE may be empty, as upstream's "none".
score() {
  local name=$1 images=$2 reference=$3 features=$4 metrics=$5 started=$SECONDS report=results/$1.is_pr.json text row metric
  local command=("$bin/gdd-fid" calc --images "$images" --ref "$reference" --metrics "$metrics")
  if [ -z "$reference" ]; then command=("$bin/gdd-is" --images "$images"); fi
  say "$images: ${reference:+against $reference: }$metrics"
  text=$("${command[@]}" --protocol adm --detector "$features" "${shared[@]}" --json "$report") || {
    say "$images: FAILED"
    failures=$((failures + 1))
    return
  }
  row="$name|$(sed -n 's/.*N = \([0-9]*\)).*/\1/p;T;q' <<<"$text")"
  for metric in inception_score fid sfid precision recall; do
    row+="|$(awk -v metric="$metric" '$1 == metric { print $2; found = 1; exit } END { if (!found) print "-" }' <<<"$text")"
  done
  rows+=("$row|$((SECONDS - started))")
  entries+=("$(printf '{"name": "%s", "images": "%s", "reference": "%s", "report": %s}' "$name" "$images" "$reference" "$(<"$report")")")
}

find_imagenet_reference() {
  local file
  for file in "results/imagenet/$reference_name" "refs/$reference_name"; do
    if [ -e "$file" ]; then echo "$file" && return; fi
  done
}

score_published() {
  local reference
  if [ -e "$cifar" ]; then score cifar_uncond "$cifar" '' "$detector" is; fi
  if [ ! -e "$imagenet" ]; then return; fi
  reference=$(find_imagenet_reference)
  if [ -n "$reference" ]; then
    score imagenet "$imagenet" "$reference" "$detector" is,fid,sfid,pr
  else
    say "$imagenet is here but $reference_name is not: only its Inception Score (scripts/download.sh imagenet-batch)"
    score imagenet "$imagenet" '' "$detector" is
  fi
}

# The reference of the demo is the same network with other seeds: no photographs come with this project.
run_demo() {
  local out=results/gdd-demo-is-pr
  say "running the embedded demo: seeds 0-255 against seeds 1000-1255 of the same network"
  "$bin/gdd-sample" --network all_ckpt/gdd-demo.pkl --outdir "$out" --seeds 0-255 --subdirs
  "$bin/gdd-sample" --network all_ckpt/gdd-demo.pkl --outdir "$out-ref" --seeds 1000-1255 --subdirs
  score gdd-demo "$out/image_pack.npz" "$out-ref/image_pack.npz" demo is,fid,pr
}

tell_what_is_missing() {
  local file
  for file in "$cifar" "$imagenet"; do
    if [ ! -e "$file" ]; then say "no $file; scripts/validation_fid.sh makes it from its checkpoint in all_ckpt/"; fi
  done
  if [ -z "$(find_imagenet_reference)" ]; then
    say "no $reference_name in results/imagenet/ or refs/; from: guided-diffusion's reference batches, scripts/download.sh imagenet-batch"
  fi
  if [ -z "$detector" ]; then say "no Inception weights; from: NVIDIA's detector, scripts/download.sh detector; licence: CC BY-NC-SA 4.0"; fi
}

print_table() {
  local row fields format='%-14s %7s  %-9s %16s  %10s  %10s  %9s  %9s  %7s\n'
  # shellcheck disable=SC2059
  printf "$format" images N protocol 'inception score' FID sFID precision recall seconds
  for row in "${rows[@]}"; do
    IFS='|' read -ra fields <<<"$row"
    # shellcheck disable=SC2059
    printf "$format" "${fields[0]}" "${fields[1]}" adm "${fields[@]:2}"
  done
}

main() {
  local demo=false
  parse_flags "$@"
  if [ -z "${GDD_BIN:-}" ]; then bash scripts/build.sh; fi
  bin=$(from_caller "${GDD_BIN:-}")
  bin=${bin:-build/bin}
  detector=${detector:-$(find_detector)}
  tell_what_is_missing
  mkdir -p results
  if [ -n "$detector" ] && { [ -e "$cifar" ] || [ -e "$imagenet" ]; }; then score_published; else demo=true && run_demo; fi
  if ((${#rows[@]} == 0)); then die "nothing was scored: $failures failed"; fi
  printf '[%s]\n' "$(IFS=, && printf '%s' "${entries[*]}")" >"$json.part"
  mv "$json.part" "$json"
  print_table
  if $demo; then echo "gdd-demo: $demo_label."; fi
  say "written: $json"
  if ((failures)); then die "$failures failed"; fi
}

main "$@"
