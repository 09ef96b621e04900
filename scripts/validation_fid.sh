#!/usr/bin/env bash
# FID of every published checkpoint found in all_ckpt/, as upstream's script of the same purpose: 50 000 one-step images
# of seeds 0-49999, scored against EDM's reference statistics. With no checkpoint there, the small embedded demo runs instead.
#
#   scripts/validation_fid.sh [--num N] [--runs R] [--device D] [--batch B] [--threads T] [--detector FILE] [--keep-images]
#
#   --num N          images a run (default 50000; the demo 2000)
#   --runs R         runs with consecutive seeds, 0..N-1, N..2N-1, ...; mean and lowest are reported too (default 1)
#   --detector FILE  Inception weights in any of the four known formats; else $GDD_DETECTOR, all_ckpt/, refs/ and the
#                    caches of dnnlib and torch are searched
#   --keep-images    also keep the images, as results/NAME/000000/000123.png
#   others           as gdd-eval --help has them
#
# What is finished is kept in results/NAME/, a grid of the first images in results/NAME-grid.png; the table goes to stdout,
# everything to results/validation_fid.json. GDD_BIN=FOLDER uses programs that are built already.
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"
. scripts/evaluate.sh
evaluate fid "$@"
