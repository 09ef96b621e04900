# shellcheck shell=bash
# Where Inception weights are looked for. Sourced by the validation scripts, after common.sh.
readonly detector_names=(inception-2015-12-05.pkl inception-v3-2015-12-05.pkl inception-2015-12-05.pt
  pt_inception-2015-12-05-6726825d.pth classify_image_graph_def.pb)

# A detector as the user names it: "demo", or a file seen from the folder the user is in.
detector_from_caller() {
  if [ "$1" = demo ]; then printf demo; else from_caller "$1"; fi
}

# Prints the first file found: all_ckpt/, refs/, then the caches that EDM's and pytorch-fid's own scripts fill.
find_detector() {
  local name file home=${HOME:-/nonexistent}
  for name in "${detector_names[@]}"; do
    for file in "all_ckpt/$name" "refs/$name" "${DNNLIB_CACHE_DIR:-$home/.cache/dnnlib}"/downloads/*_"$name" \
      "${TORCH_HOME:-$home/.cache/torch}/hub/checkpoints/$name"; do
      if [ -e "$file" ]; then echo "$file" && return; fi
    done
  done
}
