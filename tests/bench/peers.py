#!/usr/bin/env python3
"""The Python side of the measurements, and the files both sides read. Run by bench.py, one process a measurement."""
import os
import pickle
import sys


def startup():
    import numpy, scipy.linalg, torch  # noqa: F401


def statistics(first, second):
    """Frechet distance as upstream's fid.py computes it."""
    import numpy as np
    import scipy.linalg
    a, b = dict(np.load(first)), dict(np.load(second))
    product = a['sigma'] @ b['sigma']
    try:
        root = scipy.linalg.sqrtm(product, disp=False)[0]
    except TypeError:  # SciPy 1.18 took `disp` away
        root = scipy.linalg.sqrtm(product)
    print(repr(float(np.real(np.square(a['mu'] - b['mu']).sum() + np.trace(a['sigma'] + b['sigma'] - root * 2)))))


def convert(gdd, snapshot, dest):
    sys.path.insert(0, gdd)
    import torch
    with open(snapshot, 'rb') as f:
        ema = pickle.load(f)['ema']
    torch.save(ema.state_dict(), dest)


def sample(gdd, snapshot, outdir, count, batch):
    """One step from sigma 80 for seeds 0..count-1, then PNG and image_pack.npz, on the CPU."""
    sys.path.insert(0, gdd)
    import numpy as np
    import PIL.Image
    import torch
    with open(snapshot, 'rb') as f:
        net = pickle.load(f)['ema'].eval().requires_grad_(False)
    os.makedirs(outdir, exist_ok=True)
    packed = []
    for seeds in torch.arange(int(count)).tensor_split(-(-int(count) // int(batch))):
        generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
        size = [net.img_channels, net.img_resolution, net.img_resolution]
        latents = torch.stack([torch.randn(size, generator=generator) for generator in generators])
        sigma = torch.full([len(seeds), 1, 1, 1], 80.0).to(torch.float64)
        images = net(latents.to(torch.float64) * sigma, sigma, None, force_fp32=True).to(torch.float64)
        packed.append((images * 127.5 + 128).clip(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy())
        for seed, image in zip(seeds, packed[-1]):
            PIL.Image.fromarray(image).save(f'{outdir}/{int(seed):06d}.png')
    np.savez(f'{outdir}/image_pack.npz', np.concatenate(packed))


NCSNPP = dict(model_type='SongUNet', augment_dim=9, embedding_type='fourier', encoder_type='residual', decoder_type='standard',
              channel_mult_noise=2, resample_filter=[1, 3, 3, 1], model_channels=128)
PUBLISHED = {  # the architectures of the published checkpoints
    'cifar': dict(NCSNPP, img_resolution=32, label_dim=0, channel_mult=[2, 2, 2], dropout=0.13),
    'ffhq': dict(NCSNPP, img_resolution=64, label_dim=0, channel_mult=[1, 2, 2, 2], dropout=0.05),
    'imagenet': dict(model_type='DhariwalUNet', img_resolution=64, label_dim=1000, model_channels=192, channel_mult=[1, 2, 3, 4]),
}


def make_snapshot(gdd, architecture, dest):
    """A snapshot of a published size and shape, random weights, upstream's pickling. cifar: NCSN++, 56 M parameters."""
    sys.path.insert(0, gdd)
    import copy
    import torch
    from training import networks
    torch.manual_seed(0)
    net = networks.GDDPrecond(img_channels=3, sigma_min=0, sigma_max=float('inf'), **PUBLISHED[architecture])
    net = net.eval().requires_grad_(False)
    for name, parameter in net.named_parameters():  # layers that start at zero would hide what stands before them
        if parameter.abs().max() < 1e-3:
            parameter.normal_(std=0.02)
    with open(dest, 'wb') as f:
        pickle.dump(dict(net=net, ema=copy.deepcopy(net), augment_pipe=None, dataset_kwargs={}), f)


def sample_bits(gdd, snapshot, seeds):
    """SHA-256 of one-step images before quantisation, float64 [N,C,H,W], as generate.py computes them on a CPU."""
    sys.path.insert(0, gdd)
    import hashlib
    import torch
    torch.set_num_threads(1)
    with open(snapshot, 'rb') as f:
        net = pickle.load(f)['ema'].eval().requires_grad_(False)
    generators = [torch.Generator().manual_seed(int(seed)) for seed in range(int(seeds))]
    size = [net.img_channels, net.img_resolution, net.img_resolution]
    latents = torch.stack([torch.randn(size, generator=generator) for generator in generators])
    labels = None
    if net.label_dim:
        labels = torch.eye(net.label_dim)[[int(torch.randint(net.label_dim, [], generator=g)) for g in generators]]
    sigma = torch.full([len(generators), 1, 1, 1], 80.0).to(torch.float64)
    images = net(latents.to(torch.float64) * sigma, sigma, labels, force_fp32=True).to(torch.float64)
    print(hashlib.sha256(images.contiguous().numpy().tobytes()).hexdigest())


def made_rows(seed, count):
    """Correlated, non-negative rows [count, 2048], as Inception's features are."""
    import numpy as np
    random = np.random.RandomState(seed)
    mixing = np.random.RandomState(7).randn(2048, 2048) / 64 * np.logspace(0, -1.5, 2048)[:, None]
    return np.maximum(random.randn(count, 2048) @ mixing + 0.3 + 0.02 * seed, 0)


def make_statistics(first, second):
    """Means and covariances [2048] and [2048, 2048] of 6 000 rows."""
    import numpy as np
    for seed, dest in enumerate((first, second)):
        features = made_rows(seed, 6000)
        np.savez(dest, mu=features.mean(0), sigma=np.cov(features, rowvar=False))


def in_processes(work, count):
    """Calls work(first, last) for runs of 256 of `count` images, on one process a core."""
    import multiprocessing
    with multiprocessing.get_context('fork').Pool(len(os.sched_getaffinity(0))) as pool:
        return pool.starmap(work, [(i, min(i + 256, count)) for i in range(0, count, 256)], chunksize=1)


def decode_png(folder):
    """A folder of RGB PNG of one size -> uint8 [N,H,W,C], in the order of the names, with Pillow."""
    global decode
    import numpy as np
    import PIL.Image
    names = sorted(os.listdir(folder))

    def decode(first, last):
        return np.stack([np.asarray(PIL.Image.open(os.path.join(folder, name)).convert('RGB')) for name in names[first:last]])
    print(np.concatenate(in_processes(decode, len(names))).shape)


def encode_png(npz, folder):
    """arr_0 of an npz -> PNG files named as generate.py names them, with Pillow."""
    global encode
    import numpy as np
    import PIL.Image
    images = np.load(npz)['arr_0']
    os.makedirs(folder)

    def encode(first, last):
        for i in range(first, last):
            PIL.Image.fromarray(images[i]).save(os.path.join(folder, f'{i:06d}.png'))
    in_processes(encode, len(images))


if __name__ == '__main__':
    {f.__name__: f for f in (startup, statistics, convert, sample, sample_bits, make_snapshot, make_statistics, decode_png, encode_png)}[sys.argv[1]](*sys.argv[2:])
