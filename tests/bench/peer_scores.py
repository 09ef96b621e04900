#!/usr/bin/env python3
"""Features and scores as the Python tools compute them, for claims.py: one process a measurement."""
import os
import sys


def sgemm(seconds=2):
    """Prints the GFLOP/s of a float32 product of 2048^3: what this machine and these threads can do."""
    import time
    import torch
    a, b, times = torch.randn(2048, 2048), torch.randn(2048, 2048), []
    end = time.perf_counter() + float(seconds)
    torch.mm(a, b)
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        torch.mm(a, b)
        times.append(time.perf_counter() - start)
    print(2 * 2048**3 / sorted(times)[len(times) // 2] / 1e9)


# ---- Inception v3 as FID uses it; tensors are named as in pytorch-fid's .pth

BATCH = 64


class Inception:
    """Runs eagerly, as a torch.nn.Module would: convolution, batch norm, ReLU. Images uint8 [N,3,H,W]."""

    def __init__(self, tensors):
        self.tensors = tensors

    def conv(self, name, x, out, kernel, stride=1, valid=False):
        from torch.nn import functional as F
        kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = 0 if valid or stride > 1 else (kernel[0] // 2, kernel[1] // 2)
        x = F.conv2d(x, self.weight(name, x, out, kernel), None, stride, padding)
        return F.relu(self.normalise(name, x), inplace=True)

    def weight(self, name, x, out, kernel):
        return self.tensors[f'{name}.conv.weight']

    def normalise(self, name, x):
        from torch.nn import functional as F
        mean, var, weight, bias = (self.tensors[f'{name}.bn.{part}'] for part in ('running_mean', 'running_var', 'weight', 'bias'))
        return F.batch_norm(x, mean, var, weight, bias, False, 0.0, 0.001)

    def chain(self, block, x, *steps):
        for name, *shape in steps:
            x = self.conv(f'{block}.{name}', x, *shape)
        return x

    def branches(self, block, x, *chains):
        """Each chain is (what comes first or None, steps...); the results side by side."""
        import torch
        return torch.cat([self.chain(block, first(x) if first else x, *steps) for first, *steps in chains], 1)

    def block_a(self, name, x, pool):
        return self.branches(name, x, (None, ('branch1x1', 64, 1)), (None, ('branch5x5_1', 48, 1), ('branch5x5_2', 64, 5)),
                             (None, ('branch3x3dbl_1', 64, 1), ('branch3x3dbl_2', 96, 3), ('branch3x3dbl_3', 96, 3)), (average, ('branch_pool', pool, 1)))

    def block_b(self, name, x):
        return self.branches(name, x, (None, ('branch3x3', 384, 3, 2)),
                             (None, ('branch3x3dbl_1', 64, 1), ('branch3x3dbl_2', 96, 3), ('branch3x3dbl_3', 96, 3, 2)), (halve,))

    def block_c(self, name, x, c):
        wide, tall = (1, 7), (7, 1)
        return self.branches(name, x, (None, ('branch1x1', 192, 1)), (None, ('branch7x7_1', c, 1), ('branch7x7_2', c, wide), ('branch7x7_3', 192, tall)),
                             (None, ('branch7x7dbl_1', c, 1), ('branch7x7dbl_2', c, tall), ('branch7x7dbl_3', c, wide), ('branch7x7dbl_4', c, tall),
                              ('branch7x7dbl_5', 192, wide)), (average, ('branch_pool', 192, 1)))

    def block_d(self, name, x):
        return self.branches(name, x, (None, ('branch3x3_1', 192, 1), ('branch3x3_2', 320, 3, 2)),
                             (None, ('branch7x7x3_1', 192, 1), ('branch7x7x3_2', 192, (1, 7)), ('branch7x7x3_3', 192, (7, 1)), ('branch7x7x3_4', 192, 3, 2)), (halve,))

    def block_e(self, name, x, pool):
        import torch
        one = self.chain(name, x, ('branch3x3_1', 384, 1))
        two = self.chain(name, x, ('branch3x3dbl_1', 448, 1), ('branch3x3dbl_2', 384, 3))
        parts = [self.chain(name, x, ('branch1x1', 320, 1))]
        for y, stem in ((one, 'branch3x3_2'), (two, 'branch3x3dbl_3')):
            parts += [self.chain(name, y, (stem + 'a', 384, (1, 3))), self.chain(name, y, (stem + 'b', 384, (3, 1)))]
        return torch.cat([*parts, self.chain(name, pool(x), ('branch_pool', 192, 1))], 1)

    def __call__(self, images):
        """Returns features [N,2048] and spatial features [N,2023]."""
        x = (enlarge(images.float()) - 128) / 128
        for name, out, kernel, *rest in (('Conv2d_1a_3x3', 32, 3, 2), ('Conv2d_2a_3x3', 32, 3, 1, True), ('Conv2d_2b_3x3', 64, 3)):
            x = self.conv(name, x, out, kernel, *rest)
        x = self.conv('Conv2d_4a_3x3', self.conv('Conv2d_3b_1x1', halve(x), 80, 1), 192, 3, 1, True)
        x = halve(x)
        for name, pool in (('Mixed_5b', 32), ('Mixed_5c', 64), ('Mixed_5d', 64)):
            x = self.block_a(name, x, pool)
        x = self.block_b('Mixed_6a', x)
        for name, c in (('Mixed_6b', 128), ('Mixed_6c', 160), ('Mixed_6d', 160), ('Mixed_6e', 192)):
            x = self.block_c(name, x, c)
            if name == 'Mixed_6d':
                spatial = x[:, :7].permute(0, 2, 3, 1).reshape(len(x), -1)
        x = self.block_d('Mixed_7a', x)
        x = self.block_e('Mixed_7b', x, average)
        return self.block_e('Mixed_7c', x, widen).mean([2, 3]), spatial


def average(x):
    from torch.nn import functional as F
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def halve(x):
    from torch.nn import functional as F
    return F.max_pool2d(x, 3, 2)


def widen(x):
    from torch.nn import functional as F
    return F.max_pool2d(x, 3, 1, 1)


def enlarge(x, side=299):
    """Bilinear, with pixel i of the result at i * old / new, as TensorFlow 1 resizes."""
    import torch
    from torch.nn import functional as F
    across, down = ((torch.arange(side) * (old / side) + 0.5) * (2 / old) - 1 for old in (x.shape[3], x.shape[2]))
    grid = torch.stack(torch.meshgrid(across, down, indexing='xy'), -1).expand(len(x), -1, -1, -1)
    return F.grid_sample(x, grid, padding_mode='border', align_corners=False)


class RandomInception(Inception):
    """Draws every tensor when it is first needed; batch norm takes the mean and variance that it sees, as training would.

    Its bias is about 1, so that few values are cut off: with 0 every layer would enlarge what it rounds by a fifth, which
    no trained network does, and half precision would be measured on that.
    """

    def weight(self, name, x, out, kernel):
        import torch
        fan_in = x.shape[1] * kernel[0] * kernel[1]
        return self.tensors.setdefault(f'{name}.conv.weight', torch.randn(out, x.shape[1], *kernel) * (2 / fan_in)**0.5)

    def normalise(self, name, x):
        import torch
        dims = [0, 2, 3]
        found = {'weight': 1 + 0.1 * torch.randn(x.shape[1]), 'bias': 1 + 0.3 * torch.randn(x.shape[1]), 'running_mean': x.mean(dims), 'running_var': x.var(dims)}
        self.tensors.update({f'{name}.bn.{part}': tensor for part, tensor in found.items()})
        return super().normalise(name, x)


def make_inception(dest):
    """Random weights under the names of pytorch-fid's .pth, for gdd-fid and every Python tool."""
    import torch
    torch.manual_seed(0)
    network = RandomInception({})
    with torch.inference_mode():
        network(torch.stack([random_picture(seed) for seed in range(32)]))
    tensors = {name: tensor.clone() for name, tensor in network.tensors.items()}
    tensors['fc.weight'], tensors['fc.bias'] = torch.randn(1008, 2048) * 0.005, torch.zeros(1008)
    torch.save(tensors, dest)


def inception_gflop():
    """Prints the GFLOP of one image, counted by torch."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        RandomInception({})(torch.zeros(2, 3, 32, 32, dtype=torch.uint8))
    print(counter.get_total_flops() / 2 / 1e9)


def network_gflop(gdd, architecture):
    """Prints the GFLOP of one step of one image of a published architecture, counted by torch without its weights."""
    import warnings
    import torch
    from peers import PUBLISHED
    from torch.utils.flop_counter import FlopCounterMode
    sys.path.insert(0, gdd)
    warnings.simplefilter('ignore')
    from training import networks
    with torch.device('meta'):
        net = networks.GDDPrecond(img_channels=3, sigma_min=0, sigma_max=float('inf'), **PUBLISHED[architecture]).eval()
        labels = torch.zeros(1, net.label_dim) if net.label_dim else None
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            net(torch.zeros(1, 3, net.img_resolution, net.img_resolution), torch.ones(1, 1, 1, 1), labels, force_fp32=True)
    print(counter.get_total_flops() / 1e9)


# ---- files that both sides read

def random_picture(seed, side=32):
    """uint8 [3,side,side] with a photograph's spectrum: as much contrast at every scale, mostly of brightness."""
    import torch
    random = torch.Generator().manual_seed(seed)
    picture = torch.randn(3, 1, 1, generator=random) * torch.tensor([0.7, 0.2, 0.2])[:, None, None]
    for cells in (2, 4, 8, 16, 32):
        noise = torch.randn(1, 3, cells, cells, generator=random) * torch.tensor([1, 0.3, 0.3])[:, None, None] * 2 / cells
        picture = picture + torch.nn.functional.interpolate(noise, side, mode='bicubic')[0]
    contrast, to_rgb = 30 + 40 * torch.rand(1, generator=random), torch.tensor([[1, 1, 0.5], [1, -0.5, 0.5], [1, -0.2, -1]])
    return (120 + contrast * (to_rgb @ picture.flatten(1)).reshape(3, side, side)).clamp(0, 255).to(torch.uint8)


def make_pictures(photographs, first, count, folder, npz):
    """`count` pictures from `first` on as PNG in a folder and as arr_0 of an npz: of a zip of photographs, or drawn where that is ''."""
    import io
    import zipfile
    import numpy as np
    import PIL.Image
    first, count = int(first), int(count)
    if photographs:
        with zipfile.ZipFile(photographs) as archive:
            names = sorted(name for name in archive.namelist() if name.lower().endswith(('.jpg', '.jpeg', '.png')))[first:first + count]
            if len(names) < count:
                sys.exit(f'{photographs} has fewer than {first + count} pictures')
            images = [np.asarray(PIL.Image.open(io.BytesIO(archive.read(name))).convert('RGB')) for name in names]
    else:
        images = [random_picture(1000 + first + i).permute(1, 2, 0).numpy() for i in range(count)]
    os.makedirs(folder + '.part')
    for i, image in enumerate(images):
        PIL.Image.fromarray(image).save(os.path.join(folder + '.part', f'{i:06d}.png'))
    os.rename(folder + '.part', folder)
    np.savez(npz, np.stack(images))


def make_features(count, seed, dims, dest):
    """`features` float32 [count,dims]: correlated and not negative, as Inception's are, and `probabilities` [count,1008]."""
    import numpy as np
    count, dims, random, shared = int(count), int(dims), np.random.default_rng(int(seed)), np.random.default_rng(7)
    mixing = shared.standard_normal((dims, dims), np.float32) / 64 * np.logspace(0, -1.5, dims, dtype=np.float32)[:, None]
    features = np.maximum(random.standard_normal((count, dims), np.float32) @ mixing + np.float32(0.3), 0)
    logits = features @ shared.standard_normal((dims, 1008), np.float32) * np.float32(0.2)
    logits = np.exp(logits - logits.max(1, keepdims=True))
    np.savez(dest, features=features, probabilities=logits / logits.sum(1, keepdims=True))


# ---- fid.py, and what follows it

class Pictures:
    """PNG of a folder, decoded by Pillow: uint8 [3,H,W]."""

    def __init__(self, folder):
        self.paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        import numpy as np
        import PIL.Image
        return np.asarray(PIL.Image.open(self.paths[i]).convert('RGB')).transpose(2, 0, 1).copy()


def load_inception(weights):
    import torch
    return Inception(torch.load(weights, weights_only=True))


def features_of(folder, weights):
    """float32 [N,2048], with batches, workers and float64 sums as in EDM's fid.py; those sums too."""
    import warnings
    import torch
    warnings.simplefilter('ignore')  # of three workers, as fid.py has, on two cores
    network, pictures = load_inception(weights), Pictures(folder)
    loader = torch.utils.data.DataLoader(pictures, batch_size=BATCH, num_workers=3, prefetch_factor=2, multiprocessing_context='spawn')
    mu, sigma, kept = torch.zeros(2048, dtype=torch.float64), torch.zeros(2048, 2048, dtype=torch.float64), []
    with torch.no_grad():
        for images in loader:
            kept.append(network(images)[0])
            rows = kept[-1].double()
            mu += rows.sum(0)
            sigma += rows.T @ rows
    mu /= len(pictures)
    sigma = (sigma - mu.outer(mu) * len(pictures)) / (len(pictures) - 1)
    return torch.cat(kept), mu, sigma


def features(folder, weights, dest):
    import numpy as np
    rows, mu, sigma = features_of(folder, weights)
    np.savez(dest, features=rows.numpy(), mu=mu.numpy(), sigma=sigma.numpy())


def frechet(mu, sigma, mu_ref, sigma_ref):
    import numpy as np
    import scipy.linalg
    root = scipy.linalg.sqrtm(sigma @ sigma_ref)
    return float(np.real(np.square(mu - mu_ref).sum() + np.trace(sigma + sigma_ref - root * 2)))


def fid(folder, ref, weights):
    """fid.py calc: PNG against stored statistics."""
    import numpy as np
    _, mu, sigma = features_of(folder, weights)
    stored = np.load(ref)
    print('fid', frechet(mu.numpy(), sigma.numpy(), stored['mu'], stored['sigma']))


def precision_recall(images, ref, key='features'):
    """The script that many write: torch.cdist and kthvalue, in float32, a thousand rows at a time."""
    import numpy as np
    import torch
    print('precision, recall', *neighbours(torch.from_numpy(np.load(images)[key]), torch.from_numpy(np.load(ref)[key])))


def neighbours(sample, ref, k=3):
    import torch

    def radii(x):
        return torch.cat([torch.cdist(block, x).kthvalue(k + 1, dim=1).values for block in x.split(1000)])
    of_sample, of_ref = radii(sample), radii(ref)
    inside, covered = [], torch.zeros(len(ref), dtype=torch.bool)
    for block, radius in zip(sample.split(1000), of_sample.split(1000)):
        distances = torch.cdist(block, ref)
        inside.append((distances <= of_ref).any(1))
        covered |= (distances <= radius[:, None]).any(0)
    return torch.cat(inside).float().mean().item(), covered.float().mean().item()


def clipped(images, ref, key='features', k=5):
    """Clipped Density and Coverage, before its table, as the paper's code takes them, in torch and float32."""
    import numpy as np
    import torch
    sample, ref = (torch.from_numpy(np.load(npz)[key]) for npz in (images, ref))
    distances, indices = (torch.cat(parts) for parts in zip(*(torch.cdist(block, ref).topk(k + 1, largest=False) for block in ref.split(1000))))
    radii = distances[:, -1]
    smaller = radii.clamp(max=np.median(radii))
    own = indices[:, 1:][distances[:, 1:] <= smaller[:, None]].bincount(minlength=len(ref))
    around, inside = [], torch.zeros(len(ref), dtype=torch.long)
    for block in sample.split(1000):
        distances = torch.cdist(block, ref)
        around.append((distances <= smaller).sum(1))
        inside += (distances < radii).sum(0)
    share = [count.clamp(max=k).double().mean().item() / k for count in (torch.cat(around), own, inside)]
    print('clipped density, covered share', min(share[0] / share[1], 1), share[2])


def authpct(images, train, key='features'):
    """As dgm-eval has it."""
    import numpy as np
    import torch
    generated, train = (torch.from_numpy(np.load(npz)[key]) for npz in (images, train))
    within = torch.cdist(train, train).fill_diagonal_(float('inf')).min(0).values
    nearest = torch.cdist(train, generated).min(0)
    print('authpct', 100 * (within[nearest.indices] < nearest.values).double().mean().item())


def mind(images, ref, key='features', count=1000):
    """As torch-fidelity has it, of two sets of one size."""
    import numpy as np
    import torch
    sides = [torch.from_numpy(np.load(npz)[key]) for npz in (images, ref)]
    directions = torch.randn(count, sides[0].shape[1], generator=torch.Generator().manual_seed(2020))
    directions /= directions.norm(dim=1, keepdim=True)
    a, b = (torch.sort(side @ directions.T, 0).values for side in sides)
    print('mind', 3 * directions.shape[1] * ((a - b)**2).mean().item())


def evaluate(ref, sample, weights):
    """What guided-diffusion's evaluator.py does with two npz of images, without TensorFlow: the eager network above."""
    import numpy as np
    import torch
    network, sides = load_inception(weights), []
    for npz in (ref, sample):
        images = torch.from_numpy(np.load(npz)['arr_0']).permute(0, 3, 1, 2)
        with torch.no_grad():
            sides.append([torch.cat(parts) for parts in zip(*(network(batch) for batch in images.split(BATCH)))])
    statistics = [[(x.numpy().mean(0), np.cov(x.numpy(), rowvar=False)) for x in side] for side in sides]
    fid, sfid = (frechet(*statistics[1][i], *statistics[0][i]) for i in range(2))
    blocks = (sides[1][0] @ network.tensors['fc.weight'].T).softmax(1).split(5000)
    score = np.mean([(p * (p.log() - p.mean(0).log())).sum(1).mean().exp().item() for p in blocks])
    print('is, fid, sfid, precision, recall', score, fid, sfid, *neighbours(sides[1][0], sides[0][0]))


# ---- guided-diffusion's own evaluator, in a Python with TensorFlow

def tensorflow_evaluator(clone):
    sys.path.insert(0, os.path.join(clone, 'evaluations'))
    import evaluator
    import tensorflow.compat.v1 as tf
    threads = int(os.environ['OMP_NUM_THREADS'])
    return evaluator, tf, tf.ConfigProto(allow_soft_placement=True, intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads)


def tensorflow_precision_recall(clone, distances, images, ref):
    """Its ManifoldEstimator on stored features. distances: float16, as it is, or float32 where it says float16."""
    import types
    import numpy as np
    evaluator, tf, config = tensorflow_evaluator(clone)
    if distances == 'float32':
        evaluator.tf = types.SimpleNamespace(**{**{name: getattr(tf, name) for name in dir(tf)}, 'float16': tf.float32})
    estimator = evaluator.ManifoldEstimator(tf.Session(graph=tf.Graph(), config=config))
    sample, reference = np.load(images)['features'], np.load(ref)['features']
    of_ref, of_sample = estimator.manifold_radii(reference), estimator.manifold_radii(sample)
    precision, recall = estimator.evaluate_pr(reference, of_ref, sample, of_sample)
    print('precision, recall', precision[0], recall[0])


def tensorflow_evaluate(clone, graph, ref, sample):
    """evaluator.py REF SAMPLE, with the graph from a file."""
    evaluator, tf, limited = tensorflow_evaluator(clone)
    evaluator.INCEPTION_V3_PATH = graph
    session = tf.Session
    tf.Session = lambda config: session(config=limited)
    sys.argv = ['evaluator.py', ref, sample]
    evaluator.main()


# ---- how far results are apart

def images_apart(first, second):
    import numpy as np
    a, b = (np.load(path)['arr_0'].astype(int) for path in (first, second))
    print(f'pixels apart by {abs(a - b).mean():.3f} of 255 on average, {abs(a - b).max()} at most')


def features_apart(first, second):
    import numpy as np
    a, b = (np.load(path)['features'] for path in (first, second))
    print(f'{abs(a - b).max() / abs(a).max():.1e}')


def versions(*packages):
    from importlib import metadata
    found = []
    for package in packages:
        try:
            found.append(f'{package} {metadata.version(package)}')
        except metadata.PackageNotFoundError:
            found.append(f'no {package}')
    print(f'Python {sys.version.split()[0]}, {", ".join(found)}')


if __name__ == '__main__':
    globals()[sys.argv[1]](*sys.argv[2:])
