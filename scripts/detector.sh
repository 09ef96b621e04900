# shellcheck shell=bash
# Where Inception weights are looked for. Sourced by the validation scripts, after common.sh.
readonly detector_names=(inception-2015-12-05.pkl inception-v3-2015-12-05.pkl inception-2015-12-05.pt
  pt_inception-2015-12-05-6726825d.pth classify_image_graph_def.pb)

# Prints the first file found: all_ckpt/, refs/, then the caches that EDM's and pytorch-fid's own scripts fill.
find_detector() {
  local name file
  for name in "${detector_names[@]}"; do
    for file in "all_ckpt/$name" "refs/$name" "${DNNLIB_CACHE_DIR:-$HOME/.cache/dnnlib}"/downloads/*_"$name" \
      "${TORCH_HOME:-$HOME/.cache/torch}/hub/checkpoints/$name"; do
      if [ -e "$file" ]; then echo "$file" && return; fi
    done
  done
}
