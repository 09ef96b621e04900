#!/usr/bin/env python3
"""What torch does on a GPU, for device.py: one process a measurement."""
import sys
import time


def matrix_rates(side=8192):
    """Prints TFLOP/s of products of side^3, random values: fp32 without TF32, tf32, bf16, fp16, fp64."""
    import torch

    def rate(dtype, tf32=False, n=int(side)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a, b = (torch.randn(n, n, device='cuda').to(dtype) for _ in range(2))
        times = []
        for i in range(8):
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            torch.mm(a, b)
            end.record()
            end.synchronize()
            times.append(start.elapsed_time(end) / 1e3)
        return 2 * n**3 / sorted(times[2:])[3] / 1e12
    rates = {'fp32': rate(torch.float32), 'tf32': rate(torch.float32, True), 'bf16': rate(torch.bfloat16), 'fp16': rate(torch.float16),
             'fp64': rate(torch.float64, n=4096)}
    print(*(f'{name}={value:.1f}' for name, value in rates.items()))


def eager_inception(pack, weights, precision, batch):
    """Prints images a second of Inception in eager torch, from uint8 images in memory to float64 sums, as fid.py makes them."""
    import numpy as np
    import torch
    from peer_scores import Inception
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision == 'tf32'
    network = Inception({name: tensor.cuda() for name, tensor in torch.load(weights, weights_only=True).items()})
    images = torch.from_numpy(np.load(pack)['arr_0']).permute(0, 3, 1, 2).contiguous()
    sums = torch.zeros(2048, 2048, dtype=torch.float64, device='cuda')
    with torch.device('cuda'), torch.no_grad():
        for repetition in range(2):  # the first warms up
            start = time.perf_counter()
            for part in images.split(int(batch))[:4 if repetition == 0 else None]:
                rows = network(part.cuda())[0].double()
                sums += rows.T @ rows
            torch.cuda.synchronize()
    print(len(images) / (time.perf_counter() - start))


def neighbours(images, ref):
    """Prints precision and recall of stored features, by the script of peer_scores.py on the GPU."""
    import numpy as np
    import torch
    import peer_scores
    sample, reference = (torch.from_numpy(np.load(path)['features']).cuda() for path in (images, ref))
    with torch.device('cuda'):
        print('precision, recall', *peer_scores.neighbours(sample, reference))


if __name__ == '__main__':
    globals()[sys.argv[1]](*sys.argv[2:])
