#!/usr/bin/env python3
"""Full-size CLIP and DINOv2 with random weights against Hugging Face's or timm's classes: how far apart features are, how long both take.

For each network: the reference class is filled with random weights and saved as safetensors; the same pictures go through it (scaled dot
product attention, Pillow's resize) and through gdd-fid features, with the same number of threads. Features must agree within 2e-4 of the
largest magnitude. Seconds an image are those of a long run less those of a short one, so that start-up and loading count on neither side;
of CPU time, because other work on the machine disturbs it less. bf16 is ours with --precision bf16 against ours in float32.
Run it with a Python that has numpy, pillow, safetensors, transformers, timm and the torch that the programs link.
"""
import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOLERANCE = 2e-4
CHUNK = 8  # images at once of the reference, and in the short run

# Class, arguments, further images of the long run, protocol.
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
}
DEFAULT = ['clip-b32', 'dinov2-s', 'dinov2-b', 'dinov2-l', 'timm-b-reg4']


def build(name):
    """The reference with random weights: about unit variance through every layer, norms about 1, layer scales about 0.3."""
    import torch
    kind, options, _, _ = NETWORKS[name]
    torch.manual_seed(14)
    if kind == 'timm':
        import timm
        model = timm.create_model(options, img_size=518)
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
    return model.eval()


def save(name, model, path):
    if NETWORKS[name][0] == 'timm':
        from safetensors.torch import save_file
        return save_file(model.state_dict(), path)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as folder:
        model.save_pretrained(folder, max_shard_size='100GB')
        os.replace(f'{folder}/model.safetensors', path)


def reference(name, pictures, args, path, results):
    """In a process of its own: saves the weights, prints the CPU and wall seconds an image, keeps the features."""
    import numpy as np
    import torch
    from PIL import Image
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    kind, _, more, _ = NETWORKS[name]
    more = args.images or more
    model = build(name)
    if not os.path.exists(path): save(name, model, path)
    if kind == 'timm':
        import timm
        from timm.models.vision_transformer import checkpoint_filter_fn
        small = timm.create_model(NETWORKS[name][1], img_size=224)
        small.load_state_dict(checkpoint_filter_fn(dict(model.state_dict()), small))
        model = small.eval()
    if kind == 'clip':
        mean, std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
        feature = lambda x: model(x).image_embeds
    else:
        mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        feature = model if kind == 'timm' else lambda x: model(x).last_hidden_state[:, 0]
    mean, std = (torch.tensor(v).reshape(3, 1, 1) for v in (mean, std))

    def prepared(picture):  # the pictures are square: CLIP's crop takes nothing away
        image = Image.open(picture).convert('RGB').resize((224, 224), Image.BICUBIC)
        return (torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255 - mean) / std

    def run(count):
        rows = [feature(torch.stack([prepared(p) for p in pictures[i:i + CHUNK]])) for i in range(0, count, CHUNK)]
        return torch.cat(rows)

    features = run(CHUNK)
    times = []
    for _ in range(args.rounds):
        cpu, wall = time.process_time(), time.perf_counter()
        features = run(CHUNK + more)
        times.append(((time.process_time() - cpu) / (CHUNK + more), (time.perf_counter() - wall) / (CHUNK + more)))
    np.savez(results, features=features.numpy(), cpu=statistics.median(t[0] for t in times), wall=statistics.median(t[1] for t in times))


def ours(args, weights, pictures, count, protocol, out, precision):
    """CPU and wall seconds of a run over the first `count` pictures."""
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        for picture in pictures[:count]: os.symlink(picture, os.path.join(folder, os.path.basename(picture)))
        before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [os.path.join(args.bin, 'gdd-fid'), 'features', '--data', folder, '--detector', weights, '--protocol', protocol, '--dest', out,
                   '--device', 'cpu', '--threads', str(args.threads), '--precision', precision, '--max-memory', args.memory]
        environment = {k: v for k, v in os.environ.items() if k not in ('LD_LIBRARY_PATH', 'PYTHONPATH')}
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, env=environment)
        wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def seconds_an_image(args, weights, pictures, more, protocol, out, precision):
    runs = []
    for _ in range(args.rounds):
        short = ours(args, weights, pictures, CHUNK, protocol, out, precision)
        long = ours(args, weights, pictures, CHUNK + more, protocol, out, precision)
        runs.append([(b - a) / more for a, b in zip(short, long)])
    return [statistics.median(column) for column in zip(*runs)]


def make_pictures(folder, count):
    import numpy as np
    from PIL import Image
    rng = np.random.default_rng(14)
    y, x = np.mgrid[0:64, 0:64]
    paths = []
    for i in range(count):
        waves = np.stack([127 + 90 * np.sin(x / rng.uniform(2, 20) + y / rng.uniform(2, 20)) for _ in range(3)], 2)
        paths.append(os.path.join(folder, f'{i:04}.png'))
        Image.fromarray((waves + rng.integers(-30, 31, waves.shape)).clip(0, 255).astype(np.uint8)).save(paths[-1])
    return paths


def compare(args, name):
    import numpy as np
    _, _, more, protocol = NETWORKS[name]
    more = args.images or more
    weights, results = os.path.join(args.work, f'{name}.safetensors'), os.path.join(args.work, f'{name}.npz')
    out = os.path.join(args.work, f'{name}-ours.npz')
    subprocess.run([sys.executable, os.path.abspath(__file__), name, '--work', args.work, '--threads', str(args.threads), '--reference', '--rounds', str(args.rounds),
                    '--images', str(args.images)], check=True)
    theirs = np.load(results)
    cpu, wall = seconds_an_image(args, weights, args.pictures, more, protocol, out, 'fp32')
    want, got = theirs['features'], np.load(out)['features']
    apart = abs(got - want).max() / abs(want).max()
    line = f'{name:12} apart {apart:.2g}, ours {1e3 * cpu:.0f} ms CPU ({1e3 * wall:.0f} ms) an image, {theirs["cpu"] / cpu:.2f}x the reference ({theirs["wall"] / wall:.2f}x of wall)'
    if args.bf16:
        fast_cpu, fast_wall = seconds_an_image(args, weights, args.pictures, more, protocol, out, 'bf16')
        off = abs(np.load(out)['features'] - want).max() / abs(want).max()
        line += f'; bf16 {cpu / fast_cpu:.2f}x fp32 ({wall / fast_wall:.2f}x of wall), apart {off:.2g}'
    print(line, flush=True)
    if not args.keep: os.remove(weights)
    return got.shape == want.shape and apart <= TOLERANCE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('networks', nargs='*', help=f'of {", ".join(NETWORKS)}; default: {" ".join(DEFAULT)}')
    parser.add_argument('--bin', default=os.path.join(ROOT, 'build', 'bin'))
    parser.add_argument('--work', default=os.path.join(ROOT, 'build', 'bench'), help='where weights are kept while they are needed (4.6 GB for dinov2-g)')
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--rounds', type=int, default=3, help='runs of each, of which the median counts')
    parser.add_argument('--images', type=int, default=0, help='further images of the long run, in place of a number for each network')
    parser.add_argument('--memory', default='12G', help='what the programs may take')
    parser.add_argument('--bf16', action='store_true', help='also --precision bf16')
    parser.add_argument('--keep', action='store_true', help='keep the weights')
    parser.add_argument('--reference', action='store_true', help=argparse.SUPPRESS)
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    folder = os.path.join(args.work, 'vit-pictures')
    if args.reference:
        name, = args.networks
        pictures = sorted(os.path.join(folder, f) for f in os.listdir(folder))
        return reference(name, pictures, args, os.path.join(args.work, f'{name}.safetensors'), os.path.join(args.work, f'{name}.npz'))
    os.makedirs(folder, exist_ok=True)
    args.pictures = make_pictures(folder, CHUNK + max(more for _, _, more, _ in NETWORKS.values()))
    near = [compare(args, name) for name in args.networks or DEFAULT]
    print('all within 2e-4 of the largest magnitude' if all(near) else 'APART')
    sys.exit(not all(near))


if __name__ == '__main__':
    main()
