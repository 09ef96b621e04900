#!/usr/bin/env bash
# Inception Score, and precision and recall, of the published checkpoints, as upstream's script of the same name: the Inception
# Score of CIFAR-10's; of ImageNet's also FID, sFID, precision and recall against guided-diffusion's reference batch. All of it
# by guided-diffusion's protocol (adm). With neither there, the small embedded demo runs instead.
#
#   scripts/validate_is_pr.sh [--num N] [--runs R] [--device D] [--batch B] [--threads T] [--detector FILE] [--keep-images]
#
# The flags are those of scripts/validation_fid.sh, whose images are not made again. The table goes to stdout, everything to
# results/validate_is_pr.json.
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"
. scripts/evaluate.sh
evaluate is_pr "$@"
