#!/usr/bin/env python3
"""EDM2, DMD2 and OpenAI's consistency models in their authors' own code: full-size networks of random weights, and images of them.

Run by parity_networks.py, claims.py and bench.py, one process a call. A file of images holds `images`, float64 [N,C,H,W] as they are
before quantisation. Every tensor is random, gains too: what starts at zero would hide what stands before it.
"""
import os
import pickle
import sys
import types

THREADS = int(os.environ.get('OMP_NUM_THREADS', '1'))


def torch_of(clone):
    """torch with as many threads as the programs have, and the clone's packages to import."""
    sys.path.insert(0, clone)
    import torch
    torch.set_num_threads(THREADS)
    torch.set_grad_enabled(False)
    return torch


def keep(dest, images):
    import numpy as np
    np.savez(dest, images=images.double().contiguous().numpy())


def apart(first, second):
    """The largest difference of two files of images as a share of the largest magnitude."""
    import numpy as np
    a, b = (np.load(path)['images'] for path in (first, second))
    print(f'{abs(a - b).max():.1e} of {abs(b).max():.3g}' if a.shape == b.shape else f'{a.shape} and {b.shape}')


def png_apart(first, second):
    """How many bytes of two folders of PNG differ."""
    import numpy as np
    import PIL.Image
    names = sorted(name for name in os.listdir(second) if name.endswith('.png'))
    a, b = (np.stack([np.asarray(PIL.Image.open(os.path.join(folder, name))) for name in names]).astype(int) for folder in (first, second))
    print(f'{(a != b).sum()} of {a.size} bytes of the images differ')


def one_hot(torch, count, classes):
    return torch.eye(count)[torch.as_tensor(classes)]


class SeededNoise:
    """Of each seed its own stream: noise, then the class, then what a sampler asks for; as in generate.py and in this suite."""

    def __init__(self, torch, seeds, size, classes):
        self.torch = torch
        self.generators = [torch.Generator().manual_seed(seed) for seed in range(int(seeds))]
        self.latents = self.draw(size)
        self.classes = [int(torch.randint(classes, [], generator=g)) for g in self.generators] if classes else None

    def draw(self, size):
        return self.torch.stack([self.torch.randn(size, generator=g) for g in self.generators])

    def randn(self, *_, **__):
        return self.latents

    def randn_like(self, like):
        return self.draw(like.shape[1:])


# ---- EDM2: generate_images.py

EDM2_CHANNELS = {'xs': 128, 's': 192}  # train_edm2.py's presets


def make_edm2(clone, size, dtype, seed, dest):
    """A snapshot as training_loop.py pickles one: edm2-img64-SIZE; weights of no unit norm, as an average has them."""
    torch = torch_of(clone)
    import dnnlib
    from training.encoders import StandardRGBEncoder
    from training.networks_edm2 import Precond
    torch.manual_seed(int(seed))
    net = Precond(img_resolution=64, img_channels=3, label_dim=1000, model_channels=EDM2_CHANNELS[size]).eval().requires_grad_(False)
    for name, parameter in net.named_parameters():
        parameter.uniform_(0.3, 1.2) if name.endswith('_gain') else parameter.mul_(0.7)
    with open(dest, 'wb') as f:
        pickle.dump(dnnlib.EasyDict(ema=net.to(getattr(torch, dtype)), encoder=StandardRGBEncoder(), dataset_kwargs={}, loss_fn=None), f)


def edm2_ema(path):
    with open(path, 'rb') as f:
        return pickle.load(f)['ema']


def edm2_network(clone, snapshot, seeds, dest):
    """net(80 x latents, 80, labels): the network alone."""
    torch = torch_of(clone)
    net = edm2_ema(snapshot)
    noise = SeededNoise(torch, seeds, [3, 64, 64], net.label_dim)
    sigma = torch.full([int(seeds), 1, 1, 1], 80.0).double()
    keep(dest, net(noise.latents.double() * 80, sigma, one_hot(torch, net.label_dim, noise.classes)))


def edm2_batches(clone, snapshot, seeds, options, **more):
    """generate_images() of the clone on the CPU: its batches, one after the other."""
    torch = torch_of(clone)
    from generate_images import generate_images
    torch.distributed.init_process_group('gloo', store=torch.distributed.HashStore(), rank=0, world_size=1)
    return generate_images(net=snapshot, seeds=list(range(int(seeds))), device=torch.device('cpu'), verbose=False, **more,
                           **{key: float(value) if '.' in value else int(value) for key, value in options})


def edm2_sampler(clone, snapshot, seeds, dest, *options):
    """The images of generate_images() before its encoder's decode(); options such as num_steps=4 gnet=FILE guidance=1.7."""
    options = dict(option.split('=', 1) for option in options)
    gnet, kept = options.pop('gnet', None), []

    def sampler(**kwargs):
        kept.append(__import__('generate_images').edm_sampler(**kwargs))
        return kept[-1]
    list(edm2_batches(clone, snapshot, seeds, options.items(), gnet=gnet, sampler_fn=sampler))
    keep(dest, kept[0])


def edm2_generate(clone, snapshot, seeds, batch, steps, outdir):
    """What generate_images.py does on its own: PNG files."""
    for _ in edm2_batches(clone, snapshot, seeds, [('num_steps', steps), ('max_batch_size', batch)], outdir=outdir):
        pass


def edm2_convert(clone, snapshot, dest):
    """The averaged weights as torch.save writes them."""
    torch = torch_of(clone)
    torch.save(edm2_ema(snapshot).state_dict(), dest)


# ---- DMD2: main/edm/test_folder_edm.py

def dmd2_network(clone):
    from main.edm.edm_network import get_imagenet_edm_config
    from third_party.edm.training.networks import EDMPrecond
    net = EDMPrecond(img_resolution=64, img_channels=3, label_dim=1000, use_fp16=False, sigma_min=0, sigma_max=float('inf'), sigma_data=0.5,
                     model_type='DhariwalUNet', **get_imagenet_edm_config())
    del net.model.map_augment  # as create_generator() does
    net.model.map_augment = None
    return net.eval().requires_grad_(False)


def randomise(torch, net):
    torch.manual_seed(0)
    for parameter in net.parameters():  # output layers start at zero, biases too; scales of norms at one
        if parameter.abs().max() < 1e-3 or bool((parameter == 1).all()):
            parameter.add_(torch.randn(parameter.shape) * 0.02)


def make_dmd2(clone, dest):
    torch = torch_of(clone)
    net = dmd2_network(clone)
    randomise(torch, net)
    torch.save(net.state_dict(), dest)


def dmd2_images(clone, state, seeds, dest):
    torch = torch_of(clone)
    net = dmd2_network(clone)
    net.load_state_dict(torch.load(state, map_location='cpu'), strict=True)
    noise = SeededNoise(torch, seeds, [3, 64, 64], net.label_dim)
    timesteps = torch.ones(int(seeds), dtype=torch.long)
    keep(dest, net(noise.latents * 80.0, timesteps * 80.0, one_hot(torch, net.label_dim, range(int(seeds)))))


# ---- OpenAI: scripts/image_sample.py

OPENAI = {  # scripts/launch.sh
    'imagenet64': dict(image_size=64, class_cond=True, num_channels=192, num_res_blocks=3, use_scale_shift_norm=True),
    'bedroom256': dict(image_size=256, class_cond=False, num_channels=256, num_res_blocks=2, use_scale_shift_norm=False),
}


def openai_model(clone, data):
    """Model and diffusion of a consistency model, with the repository's own float32 attention: flash attention needs CUDA."""
    for name in ('mpi4py', 'blobfile', 'piq', 'torchvision', 'torchvision.transforms'):  # of its training and its clusters
        sys.modules[name] = types.ModuleType(name)
    sys.modules['mpi4py'].MPI = sys.modules['torchvision.transforms'].RandomCrop = None
    sys.modules['piq'].LPIPS = lambda **_: None
    from cm import script_util, unet
    unet.QKVFlashAttention = lambda channels, heads: unet.QKVAttention(heads)
    options = dict(script_util.model_and_diffusion_defaults(), attention_resolutions='32,16,8', num_head_channels=64, resblock_updown=True,
                   weight_schedule='uniform', **OPENAI[data])
    model, diffusion = script_util.create_model_and_diffusion(**options, distillation=True)
    return model.eval().requires_grad_(False), diffusion


def make_openai(clone, data, dest):
    torch = torch_of(clone)
    model, _ = openai_model(clone, data)
    randomise(torch, model)
    torch.save(model.state_dict(), dest)


def openai_images(clone, data, state, seeds, dest, ts=''):
    """One step, or with ts (0,22,39 of 40 steps) several."""
    torch = torch_of(clone)
    model, diffusion = openai_model(clone, data)
    model.load_state_dict(torch.load(state, map_location='cpu'))
    from cm.karras_diffusion import karras_sample
    size = [3, OPENAI[data]['image_size'], OPENAI[data]['image_size']]
    noise = SeededNoise(torch, seeds, size, 1000 if OPENAI[data]['class_cond'] else 0)
    labels = {} if noise.classes is None else {'y': torch.as_tensor(noise.classes)}
    keep(dest, karras_sample(diffusion, model, (int(seeds), *size), steps=40, model_kwargs=labels, generator=noise,
                             sampler='multistep' if ts else 'onestep', ts=tuple(map(int, ts.split(','))) if ts else None))


if __name__ == '__main__':
    {f.__name__: f for f in (apart, png_apart, make_edm2, edm2_network, edm2_sampler, edm2_generate, edm2_convert, make_dmd2, dmd2_images,
                             make_openai, openai_images)}[sys.argv[1]](*sys.argv[2:])
