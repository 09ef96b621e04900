#!/usr/bin/env python3
"""Makes one tiny network (8x8 pixels) of every class as a snapshot, and NAME.npz with what upstream computes from it.

    python3 tests/data/networks/make_networks.py --gdd CLONE/OF/GDD --edm CLONE/OF/EDM --dest tests/data/networks

For maintainers; needs torch. Random weights, no source text. The npz hold: x [3,3,8,8] (already times sigma), sigma [3],
class_labels and augment_labels where the network takes them, denoised = net(x, sigma, class_labels, force_fp32),
denoised_bare = the same without labels, denoised_augment, round_sigma (of sigma * 1.01), sigma_min, sigma_max; denoised_net of
the raw weights, which are stored as float16.
"""
import argparse
import os
import pickle
import subprocess
import sys

import numpy as np
import torch

COMMON = dict(img_resolution=8, img_channels=3, model_channels=4, channel_mult=[1, 2], num_blocks=1, attn_resolutions=[4])
NCSNPP = dict(model_type='SongUNet', embedding_type='fourier', encoder_type='residual', channel_mult_noise=2, resample_filter=[1, 3, 3, 1])
SKIP = dict(model_type='SongUNet', encoder_type='skip', decoder_type='skip')
# name: (clone, class, class written into the file, keyword arguments). Names of one length can be exchanged in a pickle.
NETWORKS = {
    'gdd-ncsnpp': ('gdd', 'GDDPrecond', 'GDDPrecond', dict(NCSNPP, label_dim=2)),
    'd2o-skip': ('gdd', 'GDDPrecond', 'D2OPrecond', dict(SKIP)),
    'edm-ddpmpp-augment': ('edm', 'EDMPrecond', 'EDMPrecond', dict(model_type='SongUNet', label_dim=2, augment_dim=9)),
    'ecm-adm': ('edm', 'EDMPrecond', 'ECMPrecond', dict(model_type='DhariwalUNet', label_dim=2, sigma_min=0.002, sigma_max=80)),
    'vp-ddpmpp': ('edm', 'VPPrecond', 'VPPrecond', dict(model_type='SongUNet')),
    've-ncsnpp': ('edm', 'VEPrecond', 'VEPrecond', dict(NCSNPP)),
    'iddpm-adm': ('edm', 'iDDPMPrecond', 'iDDPMPrecond', dict(model_type='DhariwalUNet', label_dim=2)),
}


def build(networks, class_name, arguments):
    """ADM's attention needs 64 channels a head; here a head has 4, so that small networks have attention too."""
    block = networks.UNetBlock
    networks.UNetBlock = lambda **kwargs: block(**dict(kwargs, channels_per_head=4))
    net = getattr(networks, class_name)(**COMMON, **arguments).eval().requires_grad_(False)
    networks.UNetBlock = block
    for parameter in net.parameters():
        if parameter.abs().max() < 1e-3: parameter.copy_(torch.randn_like(parameter) * 0.1)
    return net


class Ecm(torch.nn.Module):
    """ECT's ECMPrecond when evaluating, around an EDMPrecond."""
    def __init__(self, edm):
        super().__init__()
        self.edm, self.label_dim, self.sigma_min, self.sigma_max, self.round_sigma = edm, edm.label_dim, edm.sigma_min, edm.sigma_max, edm.round_sigma

    def forward(self, x, sigma, class_labels=None, force_fp32=False):
        x, sigma = x.to(torch.float32), sigma.to(torch.float32).reshape(-1, 1, 1, 1)
        sd = self.edm.sigma_data
        if class_labels is None: class_labels = torch.zeros([1, self.label_dim])
        c_skip = sd ** 2 / ((sigma - self.sigma_min) ** 2 + sd ** 2)
        c_out = (sigma - self.sigma_min) * sd / (sigma ** 2 + sd ** 2).sqrt()
        c_in = 1 / (sd ** 2 + sigma ** 2).sqrt()
        return c_skip * x + c_out * self.edm.model(c_in * x, (sigma.log() / 4).flatten(), class_labels=class_labels)


def expected(net, seed):
    torch.manual_seed(seed)
    sigma = torch.tensor([40.0, 1.25, 0.1], dtype=torch.float64)
    x = torch.randn([3, 3, 8, 8], dtype=torch.float64) * sigma.reshape(-1, 1, 1, 1)
    labels = torch.eye(2)[[0, 1, 1]] if net.label_dim else None
    out = dict(x=x, sigma=sigma, denoised=net(x, sigma, labels, force_fp32=True), round_sigma=net.round_sigma(sigma * 1.01),
               sigma_min=torch.tensor(float(net.sigma_min), dtype=torch.float64), sigma_max=torch.tensor(float(net.sigma_max), dtype=torch.float64))
    if labels is not None:
        out.update(class_labels=labels, denoised_bare=net(x, sigma, None, force_fp32=True))
    if getattr(getattr(net, 'model', None), 'map_augment', None) is not None:
        augment = torch.linspace(-1, 1, 27).reshape(3, 9)
        out.update(augment_labels=augment, denoised_augment=net(x, sigma, labels, augment_labels=augment, force_fp32=True))
    return out


def make(clone, dest):
    sys.dont_write_bytecode = True
    sys.path.insert(0, clone['path'])
    from torch_utils import persistence
    persistence._module_to_src = lambda module: '# source removed\n'
    from training import networks
    torch.set_num_threads(1)
    for seed, (name, (which, class_name, written, arguments)) in enumerate(NETWORKS.items()):
        if which != clone['name']: continue
        torch.manual_seed(seed)
        net = build(networks, class_name, arguments)
        half = build(networks, class_name, arguments).half()
        data = pickle.dumps(dict(ema=net, net=half)).replace(class_name.encode(), written.encode())
        with open(f'{dest}/{name}.pkl', 'wb') as f: f.write(data)
        wrap = Ecm if written == 'ECMPrecond' else lambda n: n
        out = expected(wrap(net), seed)
        out['denoised_net'] = expected(wrap(half.float()), seed)['denoised']
        np.savez_compressed(f'{dest}/{name}.npz', **{k: v.numpy() for k, v in out.items()})


ap = argparse.ArgumentParser()
ap.add_argument('--gdd', required=True)
ap.add_argument('--edm', required=True)
ap.add_argument('--dest', required=True)
ap.add_argument('--only', help=argparse.SUPPRESS)
args = ap.parse_args()
if args.only:
    make(dict(name=args.only, path=getattr(args, args.only)), args.dest)
else:  # both clones name their modules alike, so each gets a process of its own
    for which in ('gdd', 'edm'):
        subprocess.run([sys.executable, os.path.abspath(__file__), *sys.argv[1:], '--only', which], check=True)
