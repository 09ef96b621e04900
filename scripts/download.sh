#!/usr/bin/env bash
# Downloads what has a public address of its own, only when asked: statistics into refs/, Inception weights into all_ckpt/.
# An interrupted download goes on where it stopped.
#
#   scripts/download.sh refs                 EDM's four reference statistics (34 MB each)   NVIDIA, CC BY-NC-SA 4.0
#   scripts/download.sh detector             Inception weights as EDM's fid.py uses them    NVIDIA, CC BY-NC-SA 4.0
#   scripts/download.sh detector-pytorch-fid the same network from pytorch-fid (95 MB)      Apache-2.0
#   scripts/download.sh imagenet-batch       guided-diffusion's reference for precision and recall on ImageNet 64x64
#
# GDD's checkpoints lie on Google Drive, which gives no stable address to a program: see the GDD repository's README, and put
# them into all_ckpt/. They are derived from NVIDIA's EDM: CC BY-NC-SA 4.0. Nothing here ever runs by itself.
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"

readonly edm=https://nvlabs-fi-cdn.nvidia.com/edm/fid-refs
readonly ngc=https://api.ngc.nvidia.com/v2/models/nvidia/research/stylegan3/versions/1/files/metrics
readonly pytorch_fid=https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights
readonly openai=https://openaipublic.blob.core.windows.net/diffusion/jul-2021/ref_batches/imagenet/64
readonly statistics_bytes=$(((2048 + 2048 * 2048) * 8)) # mu and sigma, float64, stored

# get FOLDER URL MIN_BYTES [SHA256_PREFIX]: into the folder, under its own name once it is whole. Few publishers give a checksum;
# where none is known the file's size is checked and its SHA-256 printed, so that two users can compare.
get() {
  local url=$2 min_bytes=$3 prefix=${4:-} file=$1/${2##*/} size sha
  if [ -e "$file" ]; then say "$file is here" && return; fi
  say "downloading $url"
  curl --fail --location --retry 3 --continue-at - --output "$file.part" "$url" || die "$url could not be had; run this again to go on"
  size=$(stat -c %s "$file.part")
  ((size >= min_bytes)) || die "$file.part has $size bytes, expected at least $min_bytes; delete it and try again"
  sha=$(sha256sum "$file.part")
  sha=${sha%% *}
  [[ $sha == "$prefix"* ]] || die "$file.part has SHA-256 $sha, expected $prefix...; delete it and try again"
  mv "$file.part" "$file"
  say "$file: $size bytes, SHA-256 $sha"
}

case "${1:-}" in
  '' | -h | --help) print_help && exit 0 ;;
esac
command -v curl >/dev/null || die "curl is needed (Debian: apt-get install curl)"
mkdir -p refs all_ckpt
for part in "$@"; do
  case $part in
    refs) for name in cifar10-32x32 ffhq-64x64 afhqv2-64x64 imagenet-64x64; do get refs "$edm/$name.npz" $statistics_bytes; done ;;
    detector) get all_ckpt "$ngc/inception-2015-12-05.pkl" 80000000 ;;
    # torch's hub names a file by the first digits of its SHA-256
    detector-pytorch-fid) get all_ckpt "$pytorch_fid/pt_inception-2015-12-05-6726825d.pth" 80000000 6726825d ;;
    imagenet-batch) get refs "$openai/VIRTUAL_imagenet64_labeled.npz" 100000000 ;;
    *) print_help >&2 && exit 2 ;;
  esac
done
