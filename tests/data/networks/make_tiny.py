#!/usr/bin/env python3
"""Makes tiny.pkl, the smallest network that still is one: GDDPrecond over a DDPM++ of 8x8 pixels, two classes.

    python3 tests/data/networks/make_tiny.py --gdd /path/to/clone/of/GDD --dest tests/data/networks/tiny.pkl

For maintainers; needs torch. make_hostile.py damages copies of it. Random weights, no source text.
"""
import argparse
import pickle
import sys

import torch

MODULE_SRC = '# source removed\n'

ap = argparse.ArgumentParser()
ap.add_argument('--gdd', required=True)
ap.add_argument('--dest', required=True)
args = ap.parse_args()
sys.dont_write_bytecode = True
sys.path.insert(0, args.gdd)
from torch_utils import persistence  # noqa: E402
persistence._module_to_src = lambda module: MODULE_SRC
from training import networks  # noqa: E402

torch.manual_seed(1)
net = networks.GDDPrecond(
    img_resolution=8, img_channels=3, label_dim=2, model_type='SongUNet', model_channels=4, channel_mult=[1], channel_mult_emb=1,
    num_blocks=1, attn_resolutions=[]).eval().requires_grad_(False)
for parameter in net.parameters():
    if not parameter.any(): parameter.copy_(torch.randn_like(parameter) * 0.1)
with open(args.dest, 'wb') as f: pickle.dump(dict(ema=net), f)
