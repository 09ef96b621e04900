#!/usr/bin/env python3
"""Full-size CLIP and DINOv2 with random weights against others' classes: how far apart features are, how long both take.

For each network: the reference class (Hugging Face's or timm's; with --originals openai/CLIP's and facebookresearch/dinov2's own) is filled
with random weights and saved as it is published; the same pictures, some of which are not square, go through it (scaled dot product
attention, Pillow's resize) and through gdd-fid features, with the same number of threads. Features must agree within 2e-4 of the largest
magnitude. Seconds an image are those of a long run less those of a short one, so that start-up and loading count on neither side;
of CPU time, because other work on the machine disturbs it less. bf16 is ours with --precision bf16 against ours in float32. --sgemm tells
the share of the rate of a 2048^3 product, also of CPU time, measured between the runs: by torch.mm (MKL's, which is slow on AMD) and by
oneDNN with packed weights.
Run it with a Python that has numpy, pillow, safetensors, transformers, timm, torchvision and the torch that the programs link.
"""
import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOLERANCE = 2e-4
CHUNK = 8  # images at once of the reference, and in the short run
PICTURES = os.path.join(ROOT, 'tests', 'data', 'vit')

# Kind, arguments of the class or its name, further images of the long run, protocol.
def clip(width, blocks, patch, features):
    return dict(hidden_size=width, intermediate_size=4 * width, num_hidden_layers=blocks, num_attention_heads=width // 64, patch_size=patch,
                projection_dim=features)


def dino(width, blocks, **more):
    return dict(image_size=518, patch_size=14, hidden_size=width, num_hidden_layers=blocks, num_attention_heads=width // 64, **more)


NETWORKS = {
    'clip-b32': ('clip', clip(768, 12, 32, 512), 96, 'clean'),
    'clip-l14': ('clip', clip(1024, 24, 14, 768), 16, 'clean'),
    'dinov2-s': ('dinov2', dino(384, 12), 64, 'dgm-eval'),
    'dinov2-b': ('dinov2', dino(768, 12), 32, 'dgm-eval'),
    'dinov2-l': ('dinov2', dino(1024, 24), 16, 'dgm-eval'),
    'dinov2-g': ('dinov2', dino(1536, 40, use_swiglu_ffn=True), 8, 'dgm-eval'),
    'timm-s': ('timm', 'vit_small_patch14_dinov2', 64, 'dgm-eval'),
    'timm-b-reg4': ('timm', 'vit_base_patch14_reg4_dinov2', 32, 'dgm-eval'),
    # features, pixels, blocks, width, patch; the text's length, words, width, heads and blocks
    'openai-b32': ('openai', (512, 224, 12, 768, 32, 77, 49408, 512, 8, 12), 96, 'clean'),
    'openai-l14': ('openai', (768, 224, 24, 1024, 14, 77, 49408, 768, 12, 12), 16, 'clean'),
    'facebook-s': ('facebook', 'dinov2_vits14', 64, 'dgm-eval'),
    'facebook-b': ('facebook', 'dinov2_vitb14', 32, 'dgm-eval'),
    'facebook-b-reg4': ('facebook', 'dinov2_vitb14_reg', 32, 'dgm-eval'),
    'facebook-l': ('facebook', 'dinov2_vitl14', 16, 'dgm-eval'),
    'facebook-g': ('facebook', 'dinov2_vitg14', 8, 'dgm-eval'),
}
DEFAULT = ['clip-b32', 'dinov2-s', 'dinov2-b', 'dinov2-l', 'timm-b-reg4']
ORIGINALS = ['openai-b32', 'facebook-s', 'facebook-b', 'facebook-b-reg4', 'facebook-l', 'facebook-g']
SUFFIX = {'openai': '.pt', 'facebook': '.pth'}


def build(name, originals=None):
    """The reference with random weights: about unit variance through every layer, norms about 1, layer scales about 0.3."""
    import torch
    kind, options, _, _ = NETWORKS[name]
    torch.manual_seed(14)
    if kind == 'timm':
        import timm
        model = timm.create_model(options, img_size=518)
    elif kind == 'openai':
        sys.path.insert(0, os.path.join(originals, 'CLIP', 'clip'))
        import model as openai  # not the package, which wants a tokenizer's dependencies
        model = openai.CLIP(*options)
    elif kind == 'facebook':
        sys.path.insert(0, os.path.join(originals, 'dinov2'))
        warnings.simplefilter('ignore')  # that xFormers is missing
        from dinov2.hub import backbones
        model = getattr(backbones, options)(pretrained=False)
    else:
        import transformers
        kinds = {'clip': (transformers.CLIPVisionConfig, transformers.CLIPVisionModelWithProjection),
                 'dinov2': (transformers.Dinov2Config, transformers.Dinov2Model)}
        config, model = kinds[kind]
        model = model(config(**options, attn_implementation='sdpa'))
    for key, tensor in model.state_dict().items():
        if not tensor.is_floating_point(): continue
        if tensor.dim() > 1 and key.endswith('weight') and 'position' not in key: tensor.normal_(std=(tensor[0].numel()) ** -0.5)
        elif key.endswith(('gamma', 'lambda1')): tensor.normal_(0.3, 0.05)
        elif key.endswith('weight'): tensor.normal_(1, 0.1)
        else: tensor.normal_(0, 0.1)
    if kind == 'openai': openai.convert_weights(model)  # half precision, as published
    return model.eval()


def save(name, model, path):
    import torch
    kind = NETWORKS[name][0]
    if kind == 'timm':
        from safetensors.torch import save_file
        return save_file(model.state_dict(), path)
    if kind == 'facebook': return torch.save(model.state_dict(), path)
    if kind == 'openai':
        inputs = torch.zeros(1, 3, 224, 224, dtype=torch.half), torch.zeros(1, model.context_length, dtype=torch.long)
        return torch.jit.trace(model, inputs, check_trace=False).save(path)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as folder:
        model.save_pretrained(folder, max_shard_size='100GB')
        os.replace(f'{folder}/model.safetensors', path)


def gflop_of(work):
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):  # the others are not counted on a CPU
        work()
    return counter.get_total_flops() / 1e9


def reference(name, pictures, args, path, results):
    """In a process of its own: saves the weights, prints the CPU and wall seconds an image, keeps the features."""
    import numpy as np
    import torch
    from PIL import Image
    from torchvision.transforms import functional
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    kind, _, more, _ = NETWORKS[name]
    more, chunk = args.images or more, args.batch or CHUNK
    model = build(name, args.originals)
    if not os.path.exists(path): save(name, model, path)
    if kind == 'timm':
        import timm
        from timm.models.vision_transformer import checkpoint_filter_fn
        small = timm.create_model(NETWORKS[name][1], img_size=224)
        small.load_state_dict(checkpoint_filter_fn(dict(model.state_dict()), small))
        model = small.eval()
    is_clip = kind in ('clip', 'openai')
    if is_clip:
        mean, std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
        if kind == 'openai': model.float()  # as clip.load does on a CPU
        feature = model.encode_image if kind == 'openai' else lambda x: model(x).image_embeds
    else:
        mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        feature = model if kind in ('timm', 'facebook') else lambda x: model(x).last_hidden_state[:, 0]
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in (mean, std))

    def prepared(picture):
        image = Image.open(picture).convert('RGB')
        if is_clip: image = functional.center_crop(functional.resize(image, 224, functional.InterpolationMode.BICUBIC), 224)
        else: image = image.resize((224, 224), Image.BICUBIC)
        return (torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255 - mean) / std

    def run(count):
        rows = [feature(torch.stack([prepared(p) for p in pictures[i:min(i + chunk, count)]])) for i in range(0, count, chunk)]
        return torch.cat(rows)

    gflop = gflop_of(lambda: run(1)) if args.sgemm else 0
    run(chunk)
    times = []
    for _ in range(args.rounds):
        cpu, wall = time.process_time(), time.perf_counter()
        features = run(chunk + more)
        times.append(((time.process_time() - cpu) / (chunk + more), (time.perf_counter() - wall) / (chunk + more)))
    cpu, wall = (statistics.median(column) for column in zip(*times))
    np.savez(results, features=features.numpy(), gflop=gflop, cpu=cpu, wall=wall)


def ours(args, weights, pictures, count, protocol, out, precision):
    """CPU and wall seconds of a run over the first `count` pictures."""
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        for picture in pictures[:count]: os.symlink(picture, os.path.join(folder, os.path.basename(picture)))
        before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [os.path.join(args.bin, 'gdd-fid'), 'features', '--data', folder, '--detector', weights, '--protocol', protocol, '--dest', out,
                   '--device', 'cpu', '--threads', str(args.threads), '--precision', precision, '--max-memory', args.memory]
        if args.batch: command += ['--batch', str(args.batch)]
        environment = {k: v for k, v in os.environ.items() if k not in ('LD_LIBRARY_PATH', 'PYTHONPATH')}
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, env=environment)
        wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def product_rates(threads):
    """GFLOP a second of CPU time of a float32 product of 2048^3: torch.mm, oneDNN with packed weights."""
    import torch
    torch.set_num_threads(threads)
    a, b, bias = torch.randn(2048, 2048), torch.randn(2048, 2048), torch.zeros(2048)
    packed = torch.ops.mkldnn._reorder_linear_weight(b, 2048)
    rates = []
    for product in (lambda: torch.mm(a, b)), (lambda: torch.ops.mkldnn._linear_pointwise(a, packed, bias, 'none', [], '')):
        seconds = []
        for _ in range(10):
            start = time.process_time()
            product()
            seconds.append(time.process_time() - start)
        rates.append(2 * 2048**3 / 1e9 / statistics.median(seconds))
    return rates


def seconds_an_image(args, weights, pictures, more, protocol, out, precision, rates=None):
    """Of CPU and of wall time. A list of rates gets those of the products, measured in between."""
    runs, chunk = [], args.batch or CHUNK
    for _ in range(args.rounds):
        times = []
        for count in chunk, chunk + more:
            if rates is not None: rates.append(product_rates(args.threads))
            times.append(ours(args, weights, pictures, count, protocol, out, precision))
        runs.append([(b - a) / more for a, b in zip(*times)])
    return [statistics.median(column) for column in zip(*runs)]


def make_pictures(folder, count):
    """Four of the tests' pictures, of other shapes too, and square ones."""
    import numpy as np
    from PIL import Image
    rng = np.random.default_rng(14)
    y, x = np.mgrid[0:64, 0:64]
    paths = []
    for i in range(4):
        paths.append(os.path.join(folder, f'{i:04}.png'))
        shutil.copy(os.path.join(PICTURES, f'image{i}.png'), paths[-1])
    for i in range(4, count):
        waves = np.stack([127 + 90 * np.sin(x / rng.uniform(2, 20) + y / rng.uniform(2, 20)) for _ in range(3)], 2)
        paths.append(os.path.join(folder, f'{i:04}.png'))
        Image.fromarray((waves + rng.integers(-30, 31, waves.shape)).clip(0, 255).astype(np.uint8)).save(paths[-1])
    return paths


def weight_file(args, name):
    return os.path.join(args.work, name + SUFFIX.get(NETWORKS[name][0], '.safetensors'))


def compare(args, name):
    import numpy as np
    _, _, more, protocol = NETWORKS[name]
    more = args.images or more
    weights, results = weight_file(args, name), os.path.join(args.work, f'{name}.npz')
    out = os.path.join(args.work, f'{name}-ours.npz')
    command = [sys.executable, os.path.abspath(__file__), name, '--work', args.work, '--threads', str(args.threads), '--rounds', str(args.rounds),
               '--images', str(args.images), '--reference']
    if args.originals: command += ['--originals', args.originals]
    if args.batch: command += ['--batch', str(args.batch)]
    if args.sgemm: command += ['--sgemm']
    subprocess.run(command, check=True)
    theirs = np.load(results)
    rates = [] if args.sgemm else None
    cpu, wall = seconds_an_image(args, weights, args.pictures, more, protocol, out, 'fp32', rates)
    want, got = theirs['features'], np.load(out)['features']
    apart = abs(got - want).max() / abs(want).max()
    line = (f'{name:15} apart {apart:.2g}, ours {1e3 * cpu:.0f} ms CPU ({1e3 * wall:.0f} ms) an image, '
            f'{theirs["cpu"] / cpu:.2f}x the reference ({theirs["wall"] / wall:.2f}x of wall)')
    if args.sgemm:
        ours_rate, (mm, packed) = theirs['gflop'] / cpu, map(statistics.median, zip(*rates))
        line += (f'; {theirs["gflop"]:.1f} GFLOP an image, {ours_rate:.0f} GFLOP/s: {ours_rate / mm:.0%} of torch.mm ({mm:.0f}), '
                 f'{ours_rate / packed:.0%} of oneDNN ({packed:.0f})')
    if args.bf16:
        fast_cpu, fast_wall = seconds_an_image(args, weights, args.pictures, more, protocol, out, 'bf16')
        off = abs(np.load(out)['features'] - want).max() / abs(want).max()
        line += f'; bf16 {cpu / fast_cpu:.2f}x fp32 ({wall / fast_wall:.2f}x of wall), apart {off:.2g}'
    print(line, flush=True)
    if not args.keep: os.remove(weights)
    return got.shape == want.shape and apart <= TOLERANCE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('networks', nargs='*',
                        help=f'of {", ".join(NETWORKS)}; default: {" ".join(DEFAULT)}; with --originals {" ".join(ORIGINALS)}')
    parser.add_argument('--originals', metavar='FOLDER', help='clones of openai/CLIP and facebookresearch/dinov2: FOLDER/CLIP, FOLDER/dinov2')
    parser.add_argument('--bin', default=os.path.join(ROOT, 'build', 'bin'))
    parser.add_argument('--work', default=os.path.join(ROOT, 'build', 'bench'), help='where weights are kept while they are needed (4.6 GB for dinov2-g)')
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--rounds', type=int, default=3, help='runs of each, of which the median counts')
    parser.add_argument('--images', type=int, default=0, help='further images of the long run, in place of a number for each network')
    parser.add_argument('--batch', type=int,
                        help='images at once on both sides, and in the short run; default: 8, and as many as gdd-fid takes in our long run')
    parser.add_argument('--sgemm', action='store_true', help='also the share of the rate of a product')
    parser.add_argument('--memory', default='12G', help='what the programs may take')
    parser.add_argument('--bf16', action='store_true', help='also --precision bf16')
    parser.add_argument('--keep', action='store_true', help='keep the weights')
    parser.add_argument('--reference', action='store_true', help=argparse.SUPPRESS)
    args = parser.parse_args()
    names = args.networks or (ORIGINALS if args.originals else DEFAULT)
    if not args.originals and any(NETWORKS[name][0] in SUFFIX for name in names): parser.error('openai-* and facebook-* need --originals')
    os.makedirs(args.work, exist_ok=True)
    folder = os.path.join(args.work, 'vit-pictures')
    if args.reference:
        name, = names
        pictures = sorted(os.path.join(folder, f) for f in os.listdir(folder))
        return reference(name, pictures, args, weight_file(args, name), os.path.join(args.work, f'{name}.npz'))
    os.makedirs(folder, exist_ok=True)
    args.pictures = make_pictures(folder, (args.batch or CHUNK) + max(args.images or more for _, _, more, _ in NETWORKS.values()))
    near = [compare(args, name) for name in names]
    print('all within 2e-4 of the largest magnitude' if all(near) else 'APART')
    sys.exit(not all(near))


if __name__ == '__main__':
    main()
