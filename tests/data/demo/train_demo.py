#!/usr/bin/env python3
"""Trains the demo's generator on shapes.py: a class-conditional one-step NCSN++ in GDD's own snapshot format.

    python3 tests/data/demo/train_demo.py --gdd /path/to/clone/of/GDD --dest demo-out

For maintainers; needs torch and numpy, and no GPU. First the network learns to paint given pictures: each latent image
carries, in the means of its quadrants, the numbers that shapes.py draws a picture from. Then a discriminator joins in
and makes it sharp. Every step is one-step generation at sigma 80. The classes come from the clone, so the pickle holds
exactly the attributes that upstream's constructors set; their source text is left out.
"""
import argparse
import copy
import os
import pickle
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import shapes

MODULE_SRC = '# source removed\n'
SIGMA = 80.0
DATA_SEED = 1000000  # index of the first training picture; scores use others
L1_BESIDE_CRITIC = 10.0
R1_GAMMA, R1_EVERY = 0.2, 8
WORSE_STEP = 500  # blurred shapes of faint colours


def import_networks(gdd):
    """The clone's module training.networks, whose classes are pickled without their source text."""
    sys.path.insert(0, gdd)
    from torch_utils import persistence
    source_of = persistence._module_to_src
    persistence._module_to_src = lambda module: MODULE_SRC if module.__name__ == 'training.networks' else source_of(module)
    from training import networks
    persistence._src_to_module_dict[MODULE_SRC] = networks  # copy.deepcopy reads what pickle would write
    return networks


def build_network(gdd):
    """GDDPrecond over an NCSN++ of 0.45 M parameters, 32x32, ten classes."""
    return import_networks(gdd).GDDPrecond(
        img_resolution=32, img_channels=3, label_dim=10, use_fp16=False, model_type='SongUNet', model_channels=16,
        channel_mult=[1, 2, 2, 2], num_blocks=1, attn_resolutions=[], embedding_type='fourier', channel_mult_noise=2,
        encoder_type='residual', decoder_type='standard', resample_filter=[1, 3, 3, 1], augment_dim=0, dropout=0.0)


def generate(net, latents, labels):
    """One step from the highest noise level, as GDD's own sampler takes it."""
    return net(latents * SIGMA, torch.full([len(latents)], SIGMA), functional.one_hot(labels, shapes.CLASSES).float())


class Critic(nn.Module):
    """A discriminator that judges a picture and, by projection, how well it fits its class."""

    def __init__(self):
        super().__init__()
        layers = [nn.Conv2d(3, 32, 3, padding=1), nn.LeakyReLU(0.2)]
        for channels, more in ((32, 64), (64, 128), (128, 128)):
            layers += [nn.Conv2d(channels, more, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 16, 128), nn.LeakyReLU(0.2))
        self.judge = nn.Linear(128, 1)
        self.classes = nn.Embedding(shapes.CLASSES, 128)

    def forward(self, images, labels):
        features = self.layers(images)
        return self.judge(features)[:, 0] + (features * self.classes(labels)).sum(1) / 128 ** 0.5


def as_normal(u):
    """Uniform numbers that describe pictures as 12 standard normal ones. A hue becomes the direction of two of them."""
    hues = [shapes.HUE, shapes.BACK_HUE]
    radius = (-2 * (1 - torch.rand(len(u), 2)).log()).sqrt()
    angle = 2 * np.pi * u[:, hues]
    normal = torch.cat([torch.special.ndtri(u), radius * angle.sin()], 1)
    normal[:, hues] = radius * angle.cos()
    return normal


class Pairs:
    """Pictures with latent images that tell them apart."""

    def __init__(self, count):
        images, labels = shapes.make(DATA_SEED, count)
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels)
        self.normal = as_normal(torch.from_numpy(shapes.factors(DATA_SEED, count)).float())

    def batch(self, size):
        """Latents, pictures between -1 and 1, labels. A latent is standard normal: only its 12 means are set."""
        rows = torch.randint(len(self.labels), [size])
        quadrants = torch.randn(size, 3, 2, 16, 2, 16)
        means = quadrants.mean((3, 5))
        wanted = self.normal[rows].reshape(means.shape) / 16  # the mean of 256 normal numbers has deviation 1/16
        quadrants += (wanted - means)[:, :, :, None, :, None]
        images = self.images[rows].permute(0, 3, 1, 2).float() / 127.5 - 1
        return quadrants.reshape(size, 3, 32, 32), images, self.labels[rows]


def gradient_penalty(critic, images, labels):
    """The mean squared length of the critic's gradient at real pictures (R1)."""
    images = images.clone().requires_grad_()
    gradient, = torch.autograd.grad(critic(images, labels).sum(), images, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


class Training:
    """The generator, its averaged weights and the critic, and how one step changes them."""

    def __init__(self, args):
        torch.manual_seed(args.seed)
        self.args = args
        self.net = build_network(args.gdd)
        self.ema = copy.deepcopy(self.net).requires_grad_(False)
        self.critic = Critic()
        self.pairs = Pairs(args.pictures)
        self.total = args.paired + args.adversarial
        self.optimizer = torch.optim.Adam(self.net.parameters(), betas=(0.9, 0.99))
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), betas=(0.0, 0.99))
        self.started = time.time()

    def learning_rate(self, step):
        """Warms up, then falls along a cosine, in each of the two phases."""
        if step < self.args.paired:
            high, low, part = 2e-3, 2e-4, step / self.args.paired
        else:
            high, low, part = 4e-4, 2e-5, (step - self.args.paired) / self.args.adversarial
        return min(1, (step + 1) / 100) * (low + (high - low) * (1 + np.cos(np.pi * part)) / 2)

    def critic_step(self, step, images, fakes, labels):
        """One update of the critic. Returns its loss, now and then with the penalty in it."""
        rate = self.learning_rate(step)
        self.critic_optimizer.param_groups[0]['lr'] = rate
        loss = (functional.softplus(self.critic(fakes, labels)) + functional.softplus(-self.critic(images, labels))).mean()
        if step % R1_EVERY == 0:
            loss = loss + R1_GAMMA / 2 * R1_EVERY * gradient_penalty(self.critic, images, labels)
        self.critic_optimizer.zero_grad()
        loss.backward()
        self.critic_optimizer.step()
        return loss.item()

    def step(self, step):
        """One update of everything. Returns the mean distance to the pictures and the critic's loss."""
        latents, images, labels = self.pairs.batch(self.args.batch)
        fakes = generate(self.net, latents, labels)
        distance, critic_loss = (fakes - images).abs().mean(), 0.0
        loss = distance * L1_BESIDE_CRITIC
        if step >= self.args.paired:
            critic_loss = self.critic_step(step, images, fakes.detach(), labels)
            self.critic.requires_grad_(False)
            loss = loss + functional.softplus(-self.critic(fakes, labels)).mean()
            self.critic.requires_grad_(True)
        self.optimizer.param_groups[0]['lr'] = self.learning_rate(step)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.average(step)
        return distance.item(), critic_loss

    @torch.no_grad()
    def average(self, step):
        """The averaged weights remember about the last tenth of the training, 500 steps at most."""
        weight = max(1 / 500, 10 / (step + 10))
        for mean, now in zip(self.ema.parameters(), self.net.parameters()):
            mean.lerp_(now, weight)

    def run(self):
        """Trains, and reports and saves every now and then."""
        sums = np.zeros(2)
        for step in range(1, self.total + 1):
            sums += self.step(step - 1)
            if step % self.args.every == 0 or step == self.total:
                print(f'step {step}: distance {sums[0] / self.args.every:.4f}, critic {sums[1] / self.args.every:.3f}, '
                      f'{time.time() - self.started:.0f} s', flush=True)
                sums[:] = 0
                save(self.args.dest, 'gdd-demo', self.net, self.ema)
            if step == WORSE_STEP:
                save(self.args.dest, 'gdd-demo-worse', self.ema, self.ema)


def save(folder, name, net, ema):
    """Writes a snapshot as GDD does, and a sheet of generated pictures."""
    dataset_kwargs = dict(class_name='training.dataset.ImageFolderDataset', path='', use_labels=True, xflip=False, cache=True,
                          resolution=32, max_size=50000)
    frozen = copy.deepcopy(dict(net=net, ema=ema))
    for network in frozen.values():
        network.eval().requires_grad_(False)
    dest = os.path.join(folder, name + '.pkl')
    with open(dest + '.part', 'wb') as f:
        pickle.dump(dict(**frozen, augment_pipe=None, dataset_kwargs=dataset_kwargs), f)
    os.replace(dest + '.part', dest)
    shapes.save_sheet(samples(frozen['ema'], 100, seed=0)[0], os.path.join(folder, name + '.png'))


@torch.no_grad()
def samples(net, count, seed):
    """Generated pictures as bytes, and their classes 0, 1, ... 9, 0, 1, ..."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % shapes.CLASSES
    pictures = []
    for part in labels.split(100):
        latents = torch.randn(len(part), 3, 32, 32, generator=generator)
        pictures.append((generate(net, latents, part) * 127.5 + 128).clip(0, 255).to(torch.uint8).permute(0, 2, 3, 1))
    return torch.cat(pictures).numpy(), labels.numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--gdd', required=True, help='clone of the GDD repository')
    parser.add_argument('--dest', default='demo-out', help='folder for snapshots and sheets')
    parser.add_argument('--pictures', type=int, default=30000, help='different training pictures')
    parser.add_argument('--paired', type=int, default=2500, help='steps towards given pictures')
    parser.add_argument('--adversarial', type=int, default=4000, help='steps with the discriminator')
    parser.add_argument('--batch', type=int, default=32)
    parser.add_argument('--every', type=int, default=250, help='steps between snapshots')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    os.makedirs(args.dest, exist_ok=True)
    Training(args).run()


if __name__ == '__main__':
    main()
