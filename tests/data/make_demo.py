#!/usr/bin/env python3
"""Makes all_ckpt/gdd-demo.pkl, the embedded demo: a small class-conditional NCSN++ in GDD's own snapshot format.

    python3 tests/data/make_demo.py --gdd /path/to/clone/of/GDD --dest all_ckpt/gdd-demo.pkl

For maintainers; needs torch and numpy. The classes come from the clone, so the pickle holds exactly the attributes that
upstream's constructors set; their source text is left out. The weights are random and were never trained:
they are shaped so that one step gives soft coloured shapes, another palette for each class, instead of noise.
"""
import argparse
import copy
import os
import pickle
import sys

import numpy as np
import torch

MODULE_SRC = '# source removed\n'


def build_network(gdd, seed):
    """GDDPrecond over an NCSN++ of 0.26 M parameters, 32x32, ten classes."""
    sys.path.insert(0, gdd)
    from torch_utils import persistence
    source_of = persistence._module_to_src
    persistence._module_to_src = lambda module: MODULE_SRC if module.__name__ == 'training.networks' else source_of(module)
    from training import networks
    persistence._src_to_module_dict[MODULE_SRC] = networks  # copy.deepcopy reads what pickle would write
    torch.manual_seed(seed)
    return networks.GDDPrecond(
        img_resolution=32, img_channels=3, label_dim=10, use_fp16=False, model_type='SongUNet', model_channels=24,
        channel_mult=[1, 1, 1], num_blocks=1, attn_resolutions=[16], embedding_type='fourier', channel_mult_noise=2,
        encoder_type='residual', decoder_type='standard', resample_filter=[1, 3, 3, 1], augment_dim=0, dropout=0.0)


def smooth_kernels(module):
    """Every 3x3 kernel becomes a random weight times a binomial filter, of the same energy."""
    binomial = torch.tensor([1.0, 2.0, 1.0])
    binomial = binomial.ger(binomial) / binomial.square().sum()
    for conv in module.modules():
        weight = getattr(conv, 'weight', None)
        if weight is not None and weight.ndim == 4 and weight.shape[-1] == 3:
            out_channels, in_channels = weight.shape[:2]
            weight.copy_(torch.randn(out_channels, in_channels, 1, 1) / np.sqrt(in_channels) * binomial)


def mute_skip(block, channels, gain):
    """Scales what a decoder block sees of the encoder's skip connection (its last `channels` inputs)."""
    block.norm0.weight[-channels:] *= gain
    block.norm0.bias[-channels:] *= gain
    block.skip.weight[:, -channels:] *= gain


def shape_weights(net):
    """Low resolutions decide the picture, and class labels its colours."""
    model = net.model
    smooth_kernels(model)
    for name, block in model.dec.items():
        if '_block' in name:
            mute_skip(block, block.in_channels - block.out_channels, {'32': 0.0, '16': 0.1, '8x': 1.0}[name[:2]])
    for block in list(model.enc.values()) + list(model.dec.values()):
        if hasattr(block, 'affine'):
            block.affine.weight *= 2.0
    model.map_label.weight *= 1.5
    last = model.dec['32x32_aux_conv']
    shared = last.weight.mean(0, keepdim=True) * np.sqrt(3)  # photographs vary more in brightness than in hue
    last.weight.copy_(0.6 * shared + 0.35 * last.weight)
    last.bias += 0.35


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--gdd', required=True, help='clone of the GDD repository')
    parser.add_argument('--dest', default='all_ckpt/gdd-demo.pkl')
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()

    net = build_network(args.gdd, args.seed).eval().requires_grad_(False)
    shape_weights(net)
    ema = copy.deepcopy(net)
    for parameter in net.parameters():  # the raw weights of a snapshot differ from the averaged ones
        parameter *= 1 + 0.02 * torch.randn_like(parameter)
    dataset_kwargs = dict(class_name='training.dataset.ImageFolderDataset', path='', use_labels=True, xflip=False, cache=True,
                          resolution=32, max_size=50000)
    with open(args.dest + '.part', 'wb') as f:
        pickle.dump(dict(net=net, ema=ema, augment_pipe=None, dataset_kwargs=dataset_kwargs), f)
    os.replace(args.dest + '.part', args.dest)
    print(f'{args.dest}: {os.path.getsize(args.dest)} bytes')


if __name__ == '__main__':
    main()
