"""Writes cuda_stream.npz: the stream of torch.Generator('cuda') for two seeds, computed with numpy from the
formulas of curand_normal.h and DistributionTemplates.h. Not measured on a GPU.

latents [2,3,32,32] (float64 results of the float32 u and v), labels [2] out of 10, noise [2,256]: the first
numbers of a float64 randn of 3x32x32 after both.
"""
import os

import numpy as np

M32 = np.uint64(0xFFFFFFFF)
SEEDS = [0, 4294967303]  # the second counts as 7


def philox(key, counter, numel):
    """Philox 4x32-10: word 0..3 of every subsequence below numel."""
    thread = np.arange(numel, dtype=np.uint64)
    words = [np.full_like(thread, counter), np.zeros_like(thread), thread & M32, thread >> np.uint64(32)]
    key0, key1 = np.uint64(key & 0xFFFFFFFF), np.uint64(key >> 32)
    for _ in range(10):
        a, b = words[0] * np.uint64(0xD2511F53), words[2] * np.uint64(0xCD9E8D57)
        words = [(b >> np.uint64(32)) ^ words[1] ^ key0, b & M32, (a >> np.uint64(32)) ^ words[3] ^ key1, a & M32]
        key0, key1 = (key0 + np.uint64(0x9E3779B9)) & M32, (key1 + np.uint64(0xBB67AE85)) & M32
    return words


def fused(words, factor):
    """fma(float(words), factor, factor / 2) in float32: the product is exact in float64."""
    factor = np.float32(factor)
    return (words.astype(np.float32).astype(np.float64) * np.float64(factor)
            + np.float64(factor / np.float32(2))).astype(np.float32).astype(np.float64)


def normals32(key, counter, numel):
    x, y, _, _ = philox(key, counter, numel)
    inverse = np.float32(2.3283064e-10)
    return np.sqrt(-2 * np.log(fused(x, inverse))) * np.sin(fused(y, inverse * np.float32(6.2831855)))


def normals64(key, counter, numel):
    x, y, z, w = philox(key, counter, numel)
    a, b = x ^ (y << np.uint64(21)), z ^ (w << np.uint64(21))
    u, v = a.astype(np.float64) * 2.0**-53 + 2.0**-54, b.astype(np.float64) * 2.0**-52 + 2.0**-53
    return np.sqrt(-2 * np.log(u)) * np.sin(np.pi * v)


keys = [seed % 2**32 for seed in SEEDS]
np.savez_compressed(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cuda_stream.npz'),
    seeds=np.array(SEEDS),
    latents=np.stack([normals32(key, 0, 3072).reshape(3, 32, 32) for key in keys]),
    labels=np.array([int(philox(key, 1, 1)[0][0] % np.uint64(10)) for key in keys]),
    noise=np.stack([normals64(key, 2, 3072)[:256] for key in keys]))
