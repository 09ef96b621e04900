#!/usr/bin/env python3
"""A VAE of the published size (sd-vae-ft-mse: 128, 256, 512, 512 channels), random weights, against diffusers on an image of 512x512.

Makes the VAE and a small network over latents of 64x64 with EDM2's classes, and runs gdd-sample twice: for the latents alone, and with
--vae. The latents are then decoded as EDM2's StabilityVAEEncoder does, by diffusers. One thread, on the CPU. For a Python with numpy,
diffusers, safetensors and the torch build that the programs link.
"""
import argparse
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def make_vae():
    torch.manual_seed(0)
    vae = AutoencoderKL(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(128, 256, 512, 512), layers_per_block=2,
                        down_block_types=('DownEncoderBlock2D',) * 4, up_block_types=('UpDecoderBlock2D',) * 4)
    for parameter in vae.parameters():
        if parameter.ndim == 1: parameter.add_(torch.randn_like(parameter) * 0.2)
    vae.decoder.conv_out.bias.add_(0.5)
    return vae.eval()


def make_snapshot(path, side):
    from training.encoders import StabilityVAEEncoder
    from training.networks_edm2 import Precond
    net = Precond(img_resolution=side, img_channels=4, label_dim=10, model_channels=16, channel_mult=[1, 2], num_blocks=1,
                  attn_resolutions=[], channels_per_head=16, logvar_channels=8).eval()
    encoder = StabilityVAEEncoder()
    with open(path, 'wb') as file: pickle.dump(dict(ema=net, encoder=encoder), file)
    return encoder


def sample(args, snapshot, dest, *flags):
    start = time.monotonic()
    command = [os.path.join(args.bin, 'gdd-sample'), '--network', snapshot, '--seeds', f'0-{args.images - 1}', '--sampler', 'edm2',
               '--steps', '2', '--save-float', dest, '--device', 'cpu', '--threads', '1', *flags]
    subprocess.run(command, check=True, env=dict(os.environ, OMP_NUM_THREADS='1', MKL_NUM_THREADS='1'))
    return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--edm2', required=True, help='clone of NVlabs/edm2')
    parser.add_argument('--bin', default=os.path.join(ROOT, 'build', 'bin'))
    parser.add_argument('--images', type=int, default=1)
    parser.add_argument('--side', type=int, default=64, help='of the latents; an image has eight times that')
    args = parser.parse_args()
    sys.dont_write_bytecode = True
    sys.path.insert(0, args.edm2)
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: os.path.join(folder, name) for name in ('vae.safetensors', 'net.pkl', 'latents.npz', 'images.npz', 'x.zip')}
        vae = make_vae()
        save_file(vae.state_dict(), paths['vae.safetensors'])
        encoder = make_snapshot(paths['net.pkl'], args.side)
        without = sample(args, paths['net.pkl'], paths['latents.npz'])
        with_vae = sample(args, paths['net.pkl'], paths['images.npz'], '--vae', paths['vae.safetensors'], '--max-memory', '12G')
        ours = np.load(paths['images.npz'])['images'].astype(np.float32)
        latents = torch.from_numpy(np.load(paths['latents.npz'])['latents'])
    encoder._vae, encoder.batch_size = vae, 4
    kept = []
    decode = encoder._run_vae_decoder
    encoder._run_vae_decoder = lambda x: kept.append(decode(x)) or kept[-1]
    start = time.monotonic()
    theirs_bytes = encoder.decode(latents)
    seconds = time.monotonic() - start
    theirs = torch.cat(kept).numpy()
    ours_bytes = torch.from_numpy(ours).clamp(0, 1).mul(255).to(torch.uint8)
    difference, largest = np.abs(ours - theirs).max(), np.abs(theirs).max()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f'{args.images} image(s) of {theirs.shape[2]}x{theirs.shape[3]}: largest difference {difference:.3g} of {largest:.3g}; '
          f'{int((ours_bytes != theirs_bytes).sum())} of {theirs_bytes.numel()} bytes differ')
    print(f'decoding: gdd-sample {with_vae - without:.1f} s with loading, peak {peak:.2f} GB; diffusers {seconds:.1f} s')
    sys.exit(bool(difference > 5e-6 * max(1, largest)))


if __name__ == '__main__':
    main()
