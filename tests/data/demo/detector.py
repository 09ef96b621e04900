#!/usr/bin/env python3
"""Trains the demo detector, a small classifier of shapes.py, and computes reference features with it.

    python3 tests/data/demo/detector.py --dest demo-out

For maintainers; needs torch and numpy. A picture enters as values / 255 * 2 - 1. Convolutions 3x3 with padding 1 and bias,
each followed by ReLU, then the mean over height and width: these are the 64 features. A linear layer tells the classes.
While it learns, the features must also tell colours and sizes and what spoiled a picture, so that they notice it.
"""
import argparse
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import shapes

CHANNELS, STRIDES = (3, 16, 32, 48, 64, 64), (1, 2, 1, 2, 1)
FEATURES = CHANNELS[-1]
TRAINING_FIRST, HELD_OUT_FIRST, REFERENCE_FIRST = 2000000, 3000000, 0
HELD_OUT, REFERENCE = 5000, 10000


def noisy(images):
    return images + torch.randn_like(images) * torch.empty(len(images), 1, 1, 1).uniform_(0.03, 0.3)


def blurred(images):
    for _ in range(int(torch.randint(1, 4, []))):
        images = functional.avg_pool2d(functional.pad(images, [1] * 4, 'replicate'), 3, stride=1)
    return images


def deformed(images):
    """Every picture is bent by a smooth random field."""
    field = functional.interpolate(torch.randn(len(images), 2, 5, 5), size=images.shape[2:], mode='bicubic')
    straight = functional.affine_grid(torch.eye(2, 3).expand(len(images), 2, 3), images.shape, align_corners=False)
    return functional.grid_sample(images, straight + 0.15 * field.permute(0, 2, 3, 1), padding_mode='border',
                                  align_corners=False)


def patched(images):
    """A square of every picture comes from another one."""
    top, left = torch.randint(4, 18, [2]).tolist()
    images = images.clone()
    images[:, :, top:top + 10, left:left + 10] = images.roll(1, 0)[:, :, top:top + 10, left:left + 10]
    return images


SPOILERS = (noisy, blurred, deformed, patched)


def spoil(images):
    """Half of the pictures stay as they are. Returns the pictures and what was done to each, 0 for nothing."""
    parts = list(images.tensor_split([len(images) // 2 + i * len(images) // 8 for i in range(len(SPOILERS))]))
    kinds = torch.cat([torch.full([len(part)], kind) for kind, part in enumerate(parts)])
    return torch.cat(parts[:1] + [spoiler(part) for spoiler, part in zip(SPOILERS, parts[1:])]), kinds


def looks(u):
    """Numbers that features should tell of a clean picture: its colours, size, turn and light."""
    hue, back_hue = 2 * np.pi * u[:, [shapes.HUE]], 2 * np.pi * u[:, [shapes.BACK_HUE]]
    rest = u[:, [shapes.SATURATION, shapes.RADIUS, shapes.TURN, shapes.LIGHT, shapes.BACK_VALUE, shapes.BACK_GRADE]] * 2 - 1
    return torch.from_numpy(np.hstack([np.cos(hue), np.sin(hue), np.cos(back_hue), np.sin(back_hue), rest])).float()


class Classifier(nn.Module):
    """The detector while it learns, with batch normalisation."""

    def __init__(self, looks_count):
        super().__init__()
        layers = []
        for channels, more, stride in zip(CHANNELS, CHANNELS[1:], STRIDES):
            layers += [nn.Conv2d(channels, more, 3, stride, padding=1, bias=False), nn.BatchNorm2d(more), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.classes = nn.Linear(FEATURES, shapes.CLASSES)
        self.kinds = nn.Linear(FEATURES, 1 + len(SPOILERS))
        self.looks = nn.Linear(FEATURES, looks_count)

    def forward(self, images):
        features = self.layers(images).mean((2, 3))
        return self.classes(features), self.kinds(features), self.looks(features)


def scaled(images):
    """Bytes [N, 32, 32, 3] as the detector takes them."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255 * 2 - 1


def train(pictures, steps, batch):
    """The trained classifier. It learns the class of every picture, and what was done to it, or else its looks."""
    images, labels = shapes.make(TRAINING_FIRST, pictures)
    labels, wanted = torch.from_numpy(labels), looks(shapes.factors(TRAINING_FIRST, pictures))
    net = Classifier(wanted.shape[1])
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
    started = time.time()
    for step in range(1, steps + 1):
        rows = torch.randint(pictures, [batch])
        inputs, kinds = spoil(scaled(images[rows.numpy()]))
        classes, told_kinds, told_looks = net(inputs)
        loss = functional.cross_entropy(classes, labels[rows]) + 0.3 * functional.cross_entropy(told_kinds, kinds)
        loss = loss + 0.3 * (told_looks - wanted[rows])[kinds == 0].square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 250 == 0:
            print(f'step {step}: loss {loss.item():.3f}, {time.time() - started:.0f} s', flush=True)
    return net.eval()


@torch.no_grad()
def fold(net):
    """The trained detector as arrays: each batch normalisation goes into the convolution before it."""
    arrays = {'strides': np.array(STRIDES)}
    for i in range(len(STRIDES)):
        conv, norm = net.layers[3 * i], net.layers[3 * i + 1]
        gain = norm.weight / (norm.running_var + norm.eps).sqrt()
        arrays[f'conv{i}.weight'] = (conv.weight * gain[:, None, None, None]).numpy()
        arrays[f'conv{i}.bias'] = (norm.bias - norm.running_mean * gain).numpy()
    arrays.update({'classes.weight': net.classes.weight.numpy(), 'classes.bias': net.classes.bias.numpy()})
    return arrays


@torch.no_grad()
def detect(arrays, images):
    """Features [N, 64] and the class that each picture, uint8 [N, 32, 32, 3], is taken for."""
    features = []
    for part in np.array_split(images, -(-len(images) // 250)):
        x = scaled(part)
        for i, stride in enumerate(arrays['strides'].tolist()):
            weight, bias = (torch.from_numpy(arrays[f'conv{i}.{name}']) for name in ('weight', 'bias'))
            x = functional.conv2d(x, weight, bias, stride, padding=1).relu()
        features.append(x.mean((2, 3)).numpy())
    features = np.concatenate(features)
    return features, (features @ arrays['classes.weight'].T + arrays['classes.bias']).argmax(1)


def moments(features):
    """Mean and covariance."""
    return features.mean(0, dtype=np.float64), np.cov(features.astype(np.float64), rowvar=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--dest', default='demo-out', help='folder for the three npz files')
    parser.add_argument('--pictures', type=int, default=30000, help='different training pictures')
    parser.add_argument('--steps', type=int, default=3000)
    parser.add_argument('--batch', type=int, default=64)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    os.makedirs(args.dest, exist_ok=True)
    arrays = fold(train(args.pictures, args.steps, args.batch))
    np.savez(os.path.join(args.dest, 'gdd-demo-detector.npz'), **arrays)
    images, labels = shapes.make(HELD_OUT_FIRST, HELD_OUT)
    print(f'accuracy on {HELD_OUT} held-out pictures: {(detect(arrays, images)[1] == labels).mean():.4f}')

    features, _ = detect(arrays, shapes.make(REFERENCE_FIRST, REFERENCE)[0])
    mu, sigma = moments(features)
    np.savez(os.path.join(args.dest, 'gdd-demo-ref.npz'), mu=mu, sigma=sigma)


if __name__ == '__main__':
    main()
