#!/usr/bin/env python3
"""Makes the files of this folder: small VAEs in the layouts that users have, networks over latents, and what upstream's code makes of them.

    python3 tests/data/vae/make_vae.py --edm2 /path/to/clone/of/edm2 --sid /path/to/clone/of/SiD (branch sida) --dest tests/data/vae

For maintainers; needs torch, diffusers, safetensors. Random weights, no source text. A process for each of the two repositories,
whose modules have the same names.
"""
import argparse
import os
import pickle
import subprocess
import sys

import numpy as np
import torch

MODULE_SRC = '# source removed\n'
LATENT_SIDE, CLASSES, SEEDS = 8, 10, list(range(100, 108))


def randomise(module, seed, gain=1.0):
    """Zero-initialised tensors, gains and norms too, so that every tensor moves the output."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim == 0: parameter.copy_(torch.rand((), generator=generator) + 0.5)
            elif parameter.ndim == 1: parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)
            elif not parameter.any(): parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1 * gain)
    return module.eval().requires_grad_(False)


def make_vae(channels, layers, seed):
    """AutoencoderKL with weights that float16 holds. A bright output, as EDM2's bytes are of 0 to 1."""
    from diffusers import AutoencoderKL
    torch.manual_seed(seed)
    n = len(channels)
    vae = AutoencoderKL(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=channels, layers_per_block=layers,
                        down_block_types=('DownEncoderBlock2D',) * n, up_block_types=('UpDecoderBlock2D',) * n, norm_num_groups=32)
    vae = randomise(vae, seed)
    vae.decoder.conv_out.bias.add_(0.5)
    return vae.half().float()


def halves(state):
    return {name: value.half().contiguous() for name, value in state.items()}


def in_old_names(state, shape):
    """As diffusers wrote attention until 2023; `shape`: conv or linear."""
    old = {}
    for name, value in state.items():
        for new, was in [('.to_q.', '.query.'), ('.to_k.', '.key.'), ('.to_v.', '.value.'), ('.to_out.0.', '.proj_attn.')]:
            if new in name:
                name = name.replace(new, was)
                if shape == 'conv' and value.ndim == 2: value = value[:, :, None, None]
        old[name] = value
    return old


def in_compvis_names(state):
    """As the model's own repository has them: the other way to count, and names without 'resnets'."""
    levels = 1 + max(int(name.split('.')[2]) for name in state if name.startswith('decoder.up_blocks.'))
    old = {}
    for name, value in state.items():
        parts = name.split('.')
        if name.startswith('decoder.up_blocks.'):
            level, kind, number, rest = levels - 1 - int(parts[2]), parts[3], parts[4], '.'.join(parts[5:])
            name = f'decoder.up.{level}.' + (f'block.{number}.{rest}' if kind == 'resnets' else f'upsample.{rest}')
        for new, was in [('mid_block.resnets.0', 'mid.block_1'), ('mid_block.resnets.1', 'mid.block_2'),
                         ('mid_block.attentions.0', 'mid.attn_1'), ('group_norm', 'norm'), ('to_q', 'q'), ('to_k', 'k'), ('to_v', 'v'), ('to_out.0', 'proj_out'),
                         ('conv_shortcut', 'nin_shortcut'), ('decoder.conv_norm_out', 'decoder.norm_out')]:
            name = name.replace(new, was)
        if 'attn_1' in name and value.ndim == 2: value = value[:, :, None, None]
        old[name] = value
    return old


def decoder_of(state):
    return {name: value for name, value in state.items() if name.startswith(('decoder.', 'post_quant_conv.'))}


def make_vaes(dest):
    from safetensors.torch import save_file
    small, tiny = make_vae((64, 32), 1, 1), make_vae((32,), 1, 2)
    save_file(halves(small.state_dict()), os.path.join(dest, 'small.safetensors'))
    flat = decoder_of(halves(tiny.state_dict()))
    torch.save(in_old_names(flat, 'conv'), os.path.join(dest, 'tiny.old.zip.bin'))
    torch.save(in_old_names(flat, 'linear'), os.path.join(dest, 'tiny.old.legacy.bin'), _use_new_zipfile_serialization=False)
    save_file(in_compvis_names(flat), os.path.join(dest, 'tiny.compvis.safetensors'))
    arrays = {}
    generator = torch.Generator().manual_seed(3)
    for name, vae in [('small', small), ('tiny', tiny)]:
        for shape in [(3, 4, 8, 8), (2, 4, 5, 7), (1, 4, 1, 3)]:
            tag = f'{name}_{shape[2]}x{shape[3]}'
            latents = torch.randn(shape, generator=generator) * 3
            arrays[tag + '_latents'] = latents.numpy()
            arrays[tag + '_images'] = vae.decode(latents).sample.numpy()
    np.savez_compressed(os.path.join(dest, 'decoded.npz'), **arrays)
    return small


def without_source():
    from torch_utils import persistence
    persistence._module_to_src = lambda module: MODULE_SRC
    persistence._src_to_module = None


def alone():
    """torch.distributed for one process without a group."""
    torch.distributed.barrier = lambda *args, **kwargs: None


def make_edm2(dest, vae):
    """Snapshots as EDM2's training loop writes them, and what its generate_images makes of them on a CPU."""
    without_source()
    alone()
    import dnnlib
    from generate_images import edm_sampler, generate_images
    from training.encoders import StabilityVAEEncoder
    from training.networks_edm2 import Precond

    def make_net(seed, label_dim, **kwargs):
        torch.manual_seed(seed)
        return randomise(Precond(img_resolution=LATENT_SIDE, img_channels=4, label_dim=label_dim, model_channels=8, channel_mult=[1, 2],
                                 num_blocks=1, attn_resolutions=[4], channels_per_head=8, logvar_channels=8, **kwargs), seed)

    net, guide = make_net(11, CLASSES), make_net(12, 0)
    # As published, and with numbers of its own.
    encoder = StabilityVAEEncoder()
    own = StabilityVAEEncoder(raw_mean=[1, -.5, .25, 0], raw_std=[2, 1.5, 1, 3], final_mean=.1, final_std=.7, batch_size=3)
    files = [('edm2-latent', net, encoder), ('edm2-latent-guide', guide, encoder), ('edm2-latent-own', guide, own)]
    for name, network, its_encoder in files:
        data = dnnlib.EasyDict(encoder=its_encoder, dataset_kwargs={}, loss_fn=None, ema=network.half())
        with open(os.path.join(dest, name + '.pkl'), 'wb') as file: pickle.dump(data, file)
    arrays = dict(seeds=np.array(SEEDS))
    for its_encoder in (encoder, own): its_encoder._vae = vae

    def run(tag, network, its_encoder, **kwargs):
        kept = []

        def sampler(*args, **sampler_kwargs):
            kept.append(edm_sampler(*args, **sampler_kwargs))
            return kept[-1]

        result = list(generate_images(network, encoder=its_encoder, seeds=SEEDS, device=torch.device('cpu'), verbose=False,
                                      sampler_fn=sampler, num_steps=5, **kwargs))
        arrays[tag + '_latents'] = torch.cat(kept).numpy()
        arrays[tag + '_images'] = torch.cat([r.images for r in result]).permute(0, 2, 3, 1).numpy()
        if network.label_dim: arrays[tag + '_labels'] = torch.cat([r.labels for r in result]).argmax(1).numpy()

    call = dnnlib.util.call_func_by_name
    dnnlib.util.call_func_by_name = lambda *args, func_name, **kwargs: func_name(*args, **kwargs) if callable(func_name) else call(
        *args, func_name=func_name, **kwargs)
    run('plain', net, encoder)
    run('guided', net, encoder, gnet=guide, guidance=1.7)
    run('own', guide, own)
    np.savez_compressed(os.path.join(dest, 'edm2-latent.npz'), **arrays)


def make_sida(dest, vae):
    """A snapshot as SiDA's training loop writes it, and what its generate_onestep_edm2.py makes of it on a CPU."""
    without_source()
    import dnnlib
    import generate_onestep_edm2 as script
    from sida_training_edm2.sida_networks_edm2 import EDM_2_Precond_Generator
    torch.manual_seed(21)
    net = EDM_2_Precond_Generator(img_resolution=LATENT_SIDE, img_channels=4, label_dim=CLASSES, force_normalization=True, use_gan=True,
                                  model_channels=8, channel_mult=[1, 2], num_blocks=1, attn_resolutions=[4], channels_per_head=8)
    net = randomise(net, 21)
    with open(os.path.join(dest, 'sida-edm2.pkl'), 'wb') as file: pickle.dump(dict(ema=net), file)
    rnd = script.StackedRandomGenerator(torch.device('cpu'), SEEDS)
    noise = rnd.randn([len(SEEDS), 4, LATENT_SIDE, LATENT_SIDE], device='cpu')
    labels = torch.eye(CLASSES)[rnd.randint(CLASSES, size=[len(SEEDS)], device='cpu')]
    z = 2.5 * noise.to(torch.float32)
    latents = net(z, 2.5 * torch.ones(len(SEEDS), 1, 1, 1), labels, augment_labels=torch.zeros(len(SEEDS), 9))
    images = script.run_generator(net, z, labels, 2.5, dnnlib.EasyDict(vae=vae, scale=script.scale, bias=script.bias))
    np.savez_compressed(os.path.join(dest, 'sida-edm2.npz'), seeds=np.array(SEEDS), latents=latents.numpy(),
                        labels=labels.argmax(1).numpy(), images=images.permute(0, 2, 3, 1).numpy())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--edm2', required=True)
    parser.add_argument('--sid', required=True)
    parser.add_argument('--dest', required=True)
    parser.add_argument('--part', choices=['edm2', 'sida'], help=argparse.SUPPRESS)
    args = parser.parse_args()
    sys.dont_write_bytecode = True
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    if args.part:
        sys.path.insert(0, {'edm2': args.edm2, 'sida': args.sid}[args.part])
        vae = make_vae((64, 32), 1, 1)
        return {'edm2': make_edm2, 'sida': make_sida}[args.part](args.dest, vae)
    make_vaes(args.dest)
    for part in ('edm2', 'sida'): subprocess.run([sys.executable, *sys.argv, '--part', part], check=True)


if __name__ == '__main__':
    main()
