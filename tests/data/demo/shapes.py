#!/usr/bin/env python3
"""Draws the demo's data set: ten kinds of shapes, 32x32 RGB, each picture decided by its index alone.

    python3 tests/data/demo/shapes.py --count 50000 --dest shapes.npz --sheet shapes.png

Needs numpy; a sheet needs Pillow as well. Picture i shows class i % 10. The npz holds arr_0, uint8 [N, 32, 32, 3], and
arr_1, int64 [N].
"""
import argparse
import colorsys

import numpy as np

SIZE = 32
SUBPIXELS = 4  # a pixel is the mean of 4x4 points
SEED = 20240531
CHUNK = 100  # pictures drawn together

# What varies, as the columns of an array of numbers between 0 and 1.
(HUE, SATURATION, ACROSS, DOWN, RADIUS, TURN, LIGHT, BACK_HUE, BACK_VALUE, BACK_GRADE) = range(10)
FACTORS = 10


def disc(x, y):
    return x * x + y * y < 0.85


def square(x, y):
    return np.maximum(abs(x), abs(y)) < 0.78


def triangle(x, y):
    return (y < 0.7) & (abs(x) < 0.56 * (y + 0.98))


def star(x, y):
    """Five points: every sector of 72 degrees is folded onto its half, where one line is the edge."""
    sector = 2 * np.pi / 5
    angle = np.arctan2(x, -y)
    angle = abs(angle - sector * np.round(angle / sector))
    distance = np.hypot(x, y)
    tip, notch = 1.05, 0.46 * np.exp(0.5j * sector)
    along, up = distance * np.cos(angle), distance * np.sin(angle)
    return notch.imag * (along - tip) + (tip - notch.real) * up < 0


def ring(x, y):
    distance = x * x + y * y
    return (distance < 0.92) & (distance > 0.27)


def cross(x, y):
    small, large = np.minimum(abs(x), abs(y)), np.maximum(abs(x), abs(y))
    return (small < 0.3) & (large < 0.95)


def crescent(x, y):
    x = x + 0.15
    return (x * x + y * y < 0.95) & ((x - 0.5) ** 2 + y * y > 0.5)


def heart(x, y):
    x, y = 1.2 * x, 0.1 - 1.2 * y
    return (x * x + y * y - 1) ** 3 < x * x * y ** 3


def arrow(x, y):
    shaft = (abs(y) < 0.26) & (x > -0.95) & (x < 0.15)
    head = (x >= 0.05) & (abs(y) < 0.82 * (0.98 - x) / 0.93)
    return shaft | head


def diamond(x, y):
    return abs(x) / 0.6 + abs(y) < 1.02


SHAPES = (disc, square, triangle, star, ring, cross, crescent, heart, arrow, diamond)
CLASSES = len(SHAPES)


def factors(first, count):
    """The numbers between 0 and 1 that decide pictures `first` to `first + count - 1`, [count, FACTORS]."""
    return np.stack([np.random.default_rng([SEED, index]).random(FACTORS) for index in range(first, first + count)])


def between(low, high, values):
    """Values between 0 and 1 as planes of [N, 1, 1] between low and high."""
    return (low + (high - low) * values)[:, None, None]


def colours(hue, saturation, value):
    """HSV columns as RGB, [N, 1, 1, 3]."""
    return np.array([colorsys.hsv_to_rgb(*hsv) for hsv in zip(hue, saturation, value)])[:, None, None, :]


def coverage(labels, u):
    """How much of each pixel the shape covers, [N, 32, 32]."""
    points = (np.arange(SIZE * SUBPIXELS) + 0.5) / SUBPIXELS - SIZE / 2
    x = points[None, None, :] - between(-2.5, 2.5, u[:, ACROSS])
    y = points[None, :, None] - between(-2.5, 2.5, u[:, DOWN])
    turn, radius = between(-0.3, 0.3, u[:, TURN]), between(9.5, 12.5, u[:, RADIUS])
    right, down = np.cos(turn) / radius, np.sin(turn) / radius
    inside = np.empty(np.broadcast_shapes(x.shape, y.shape), np.float32)
    for label in np.unique(labels):
        of = labels == label
        inside[of] = SHAPES[label](x[of] * right[of] + y[of] * down[of], y[of] * right[of] - x[of] * down[of])
    return inside.reshape(len(labels), SIZE, SUBPIXELS, SIZE, SUBPIXELS).mean((2, 4))


def shading(u):
    """Soft light from the upper left, brighter or flatter from picture to picture, [N, 32, 32, 1]."""
    across = np.linspace(-1, 1, SIZE)
    ramp = -(across[None, :, None] * 0.8 + across[None, None, :] * 0.6)
    return (1 + between(0.1, 0.45, u[:, LIGHT]) * (ramp - 0.4))[..., None]


def background(u):
    """A dark colour, plain or graded from top to bottom, [N, 32, 32, 3]."""
    down = np.linspace(-1, 1, SIZE)[None, :, None]
    grade = 1 + between(-0.6, 0.6, u[:, BACK_GRADE]) * down
    dark = colours(u[:, BACK_HUE], np.full(len(u), 0.5), 0.08 + 0.24 * u[:, BACK_VALUE])
    return grade[..., None] * dark


def draw(labels, u):
    """The pictures of the classes `labels` that the numbers `u` describe, uint8 [N, 32, 32, 3]."""
    bright = colours(u[:, HUE], 0.45 + 0.45 * u[:, SATURATION], np.ones(len(u)))
    part = coverage(labels, u)[..., None]
    picture = part * bright * shading(u) + (1 - part) * background(u)
    return (picture.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def make(first, count):
    """Pictures `first` to `first + count - 1` and their classes: uint8 [N, 32, 32, 3], int64 [N]."""
    labels = np.arange(first, first + count, dtype=np.int64) % CLASSES
    u = factors(first, count)
    images = [draw(labels[i:i + CHUNK], u[i:i + CHUNK]) for i in range(0, count, CHUNK)]
    return np.concatenate(images), labels


def save_sheet(images, dest, columns=CLASSES, zoom=2):
    """Writes the pictures row by row as one PNG."""
    from PIL import Image
    rows = len(images) // columns
    cells = images[:rows * columns].reshape(rows, columns, SIZE, SIZE, 3)
    sheet = cells.swapaxes(1, 2).reshape(rows * SIZE, columns * SIZE, 3)
    Image.fromarray(sheet.repeat(zoom, 0).repeat(zoom, 1)).save(dest)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--first', type=int, default=0, help='index of the first picture')
    parser.add_argument('--count', type=int, default=1000)
    parser.add_argument('--dest', help='npz to write')
    parser.add_argument('--sheet', help='PNG of the first 100 pictures to write')
    args = parser.parse_args()

    images, labels = make(args.first, args.count)
    if args.dest:
        np.savez_compressed(args.dest, arr_0=images, arr_1=labels)
    if args.sheet:
        save_sheet(images[:100], args.sheet)


if __name__ == '__main__':
    main()
