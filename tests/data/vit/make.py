#!/usr/bin/env python3
"""Makes the files of this folder: what the reference code computes with Vision Transformers in every published layout.

usage: make.py CLIP DINOV2 DGM_EVAL EDM2 TORCH_FIDELITY
each a clone: openai/CLIP, facebookresearch/dinov2, layer6ai-labs/dgm-eval, NVlabs/edm2, toshas/torch-fidelity; and of packages
transformers, timm, safetensors, torchvision.

The weights are no data: element i of a tensor is a function of the tensor's name in that layout, of its shape and of i (`values`), which
tests/detectors/made_weights.h repeats. layouts.json tells the names and shapes as the reference classes have them; expected.npz the features of
image0.png to image3.png under LAYOUT.PROTOCOL. Four small files are as the libraries write them: clip-openai.pt (torch.jit, as OpenAI's: half
precision and all), clip-hf.bin and dinov2.pth (torch.save), dinov2-timm.safetensors.
Written with torch 2.11.0, torchvision 0.26.0, transformers 5.24.0, timm 1.0.31, numpy 2.4.6, pillow 13.0.0.
"""
import functools, json, os, sys, tempfile, types, warnings
import numpy as np, torch
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
CLIP, DINOV2, DGM_EVAL, EDM2, TORCH_FIDELITY = sys.argv[1:6]
warnings.filterwarnings('ignore')
torch.set_num_threads(1)
torch.set_grad_enabled(False)


def stub(name, **members):
    """A module that a reference imports and does not need here."""
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


def package(name, folder):
    """A package without its __init__, which wants more than is here."""
    stub(name).__path__ = [folder]


package('clip', f'{CLIP}/clip')
package('torch_fidelity', f'{TORCH_FIDELITY}/torch_fidelity')
package('dgm_eval', f'{DGM_EVAL}/dgm_eval')
package('dgm_eval.models', f'{DGM_EVAL}/dgm_eval/models')
sys.path[:0] = [DINOV2, EDM2]
stub('generate_images')
import clip.model
from dinov2.models.vision_transformer import DinoVisionTransformer
from dinov2.layers import MemEffAttention, NestedTensorBlock
from dgm_eval.models.dinov2 import DINOv2Encoder
from torch_fidelity.feature_extractor_clip import FeatureExtractorCLIP
for name in 'torch_utils.distributed', 'training', 'training.dataset': stub(name)
sys.modules['training'].dataset = None
import calculate_metrics as edm2
import timm, transformers
from safetensors.torch import save_file


def values(name, shape):
    """float32: splitmix64 of the name's hash (FNV-1a) and i, as (u - 0.5) * 2^-k; norms about 1, layer scales about 0.5."""
    seed = 0xcbf29ce484222325
    for byte in name.encode(): seed = ((seed ^ byte) * 0x100000001b3) % 2**64
    count = int(np.prod(shape, dtype=np.int64))
    with np.errstate(over='ignore'):
        z = np.uint64(seed) + np.uint64(0x9e3779b97f4a7c15) * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
        z = z ^ (z >> np.uint64(31))
    u = (z >> np.uint64(40)).astype(np.float32) * np.float32(2.0 ** -24) - np.float32(0.5)
    wide = [n for n in shape if n > 1]
    if len(wide) == 1 and name.endswith('weight'): u = 1 + u * np.float32(0.5)
    elif name.endswith(('gamma', 'lambda1')): u = np.float32(0.5) + u
    elif len(wide) > 1 and name.endswith(('weight', 'proj')):
        fan_in, k = count // shape[0], 0
        while 4 ** (k + 1) <= fan_in: k += 1
        u = u * np.float32(2.0 ** (1 - k))
    return torch.from_numpy(u.astype(np.float32).reshape(shape))


def fill(module, half=False):
    """The module with such weights; halved, those that OpenAI keeps so."""
    state = module.state_dict()
    for name, tensor in state.items():
        if not tensor.is_floating_point(): continue
        made = values(name, tuple(tensor.shape))
        state[name] = made.half().float() if half else made
    module.load_state_dict(state)
    return module.eval()


def pictures():
    rng = np.random.default_rng(14)
    for i, (h, w) in enumerate([(32, 32), (32, 32), (40, 28), (60, 90)]):
        y, x = np.mgrid[0:h, 0:w]
        waves = [127 + 80 * np.sin(x / (3 + 2 * c + i) + y / (5 + 3 * i - c)) for c in range(3)]
        pixels = np.stack(waves, 2) + rng.integers(-40, 40, (h, w, 3))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(f'{HERE}/image{i}.png', optimize=True)
    return [Image.open(f'{HERE}/image{i}.png').convert('RGB') for i in range(4)]


def torch_image(image): return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]


def clip_clean(images, size):
    """clip.py's _transform, as clean-fid's clip_features.py takes it."""
    from torchvision.transforms import Compose, Resize, CenterCrop, ToTensor, Normalize, InterpolationMode
    transform = Compose([Resize(size, InterpolationMode.BICUBIC), CenterCrop(size), ToTensor(),
                         Normalize((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))])
    return torch.cat([transform(image)[None] for image in images])


def dgm_eval(images, clean):
    encoder = DINOv2Encoder.__new__(DINOv2Encoder)
    torch.nn.Module.__init__(encoder)
    encoder.clean_resize = clean
    return torch.cat([encoder.transform(image)[None] for image in images]).float()


def edm2_features(network, images):
    detector = edm2.DINOv2Detector.__new__(edm2.DINOv2Detector)
    detector.resize_mode, detector.model = 'torch', network
    return torch.cat([detector(torch_image(image)) for image in images])


def openai(width, layers, patch, size, head):
    return clip.model.CLIP(head, size, layers, width, patch, 8, 64, 64, 1, 1)


class Holder(torch.nn.Module):
    def forward(self, x: torch.Tensor): return x


def script(module, path, half):
    """A TorchScript archive with the names and nesting of a module, and no code to speak of; parameters that OpenAI halves are half."""
    halves = (torch.nn.Conv2d, torch.nn.Linear, torch.nn.MultiheadAttention)
    def copy(source):
        target = Holder()
        for name, child in source.named_children(): target.add_module(name, copy(child))
        for name, parameter in source.named_parameters(recurse=False):
            small = half and (isinstance(source, halves) or name in ('proj', 'text_projection'))
            target.register_parameter(name, torch.nn.Parameter(parameter.half() if small else parameter.clone(), False))
        return target
    torch.jit.script(copy(module)).save(path)


def facebook(width, depth, patch, image, ffn='mlp', registers=0, ratio=2.0):
    offset, antialias = (0.0, True) if registers else (0.1, False)
    return DinoVisionTransformer(img_size=image, patch_size=patch, embed_dim=width, depth=depth, num_heads=width // 64, mlp_ratio=ratio,
                                 init_values=1.0, block_chunks=0, ffn_layer=ffn, num_register_tokens=registers, interpolate_offset=offset,
                                 interpolate_antialias=antialias, block_fn=functools.partial(NestedTensorBlock, attn_class=MemEffAttention))


def hugging_face(width, depth, patch, image, swiglu=False, registers=0, ratio=2):
    kind = 'Dinov2WithRegisters' if registers else 'Dinov2'
    more = {'num_register_tokens': registers} if registers else {}
    config = getattr(transformers, kind + 'Config')(hidden_size=width, num_hidden_layers=depth, num_attention_heads=width // 64, mlp_ratio=ratio,
                                                    image_size=image, patch_size=patch, use_swiglu_ffn=swiglu, **more)
    return getattr(transformers, kind + 'Model')(config)


def saved_names(model):
    """As save_pretrained writes them, which is not always what the classes call them."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        from safetensors import safe_open
        with safe_open(f'{folder}/model.safetensors', 'pt') as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}


def load_saved(model, state):
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        save_file(state, f'{folder}/model.safetensors', {'format': 'pt'})
        return type(model).from_pretrained(folder).eval()


def timm_model(name, width, depth, image, patch=14, ratio=2.0):
    return timm.create_model(name, img_size=image, embed_dim=width, depth=depth, num_heads=width // 64, mlp_ratio=ratio, patch_size=patch)


def timm_at_224(name, state, width, depth, patch=14, ratio=2.0):
    from timm.models.vision_transformer import checkpoint_filter_fn
    small = timm_model(name, width, depth, 224, patch, ratio)
    small.load_state_dict(checkpoint_filter_fn(dict(state), small))
    return small.eval()


def main():
    images = pictures()
    layouts, expected = {}, {}
    equal = images[:2]
    def keep(name, features): expected[name] = features.float().numpy()
    def tell(layout, shapes): layouts[layout] = [[name, list(shape)] for name, shape in shapes.items()]
    def shapes(module): return {name: tuple(t.shape) for name, t in module.state_dict().items()}

    network = fill(openai(128, 2, 32, 224, 32))
    tell('clip-openai', shapes(network))
    keep('clip-openai.clean', network.encode_image(clip_clean(images, 224)))
    def fidelity(module, half, images):
        with tempfile.TemporaryDirectory() as folder:
            script(module, f'{folder}/clip.pt', half)
            extractor = FeatureExtractorCLIP('clip-vit-b-32', ['clip'], feature_extractor_weights_path=f'{folder}/clip.pt')
            return torch.cat([extractor(torch_image(image))[0] for image in images])
    keep('clip-openai.torch-fidelity', fidelity(network, False, equal))

    vision = dict(hidden_size=128, intermediate_size=256, num_hidden_layers=2, num_attention_heads=2, image_size=224, patch_size=32)
    text = dict(hidden_size=64, intermediate_size=64, num_hidden_layers=1, num_attention_heads=1, vocab_size=64, max_position_embeddings=8)
    model = transformers.CLIPModel(transformers.CLIPConfig(vision_config=vision, text_config=text, projection_dim=32))
    names = saved_names(model)
    tell('clip-hf', names)
    model = load_saved(model, {name: values(name, shape) for name, shape in names.items()})
    pooled = model.vision_model(clip_clean(images, 224)).pooler_output
    keep('clip-hf.clean', model.visual_projection(pooled))

    for layout, options in {'dinov2': {}, 'dinov2-reg4': {'registers': 4}, 'dinov2-swiglu': {'ffn': 'swiglufused'}}.items():
        network = fill(facebook(128, 2, 14, 518, **options))
        tell(layout, shapes(network))
        keep(f'{layout}.dgm-eval', network(dgm_eval(images, False)))
        if options: continue
        keep('dinov2.dgm-eval-clean', network(dgm_eval(images, True)))
        keep('dinov2.edm2', edm2_features(network, images))

    for layout, options in {'dinov2-hf': {}, 'dinov2-hf-reg4': {'registers': 4}, 'dinov2-hf-swiglu': {'swiglu': True}}.items():
        model = hugging_face(128, 2, 14, 518, **options)
        names = saved_names(model)
        tell(layout, names)
        model = load_saved(model, {name: values(name, shape) for name, shape in names.items()})
        keep(f'{layout}.dgm-eval', model(dgm_eval(images, False)).last_hidden_state[:, 0])

    for layout, name in {'dinov2-timm': 'vit_small_patch14_dinov2', 'dinov2-timm-reg4': 'vit_small_patch14_reg4_dinov2',
                         'dinov2-timm-swiglu': 'vit_giant_patch14_dinov2'}.items():
        large = fill(timm_model(name, 128, 2, 518))
        tell(layout, shapes(large))
        keep(f'{layout}.dgm-eval', timm_at_224(name, large.state_dict(), 128, 2)(dgm_eval(images, False)))

    # As the libraries write them: small, in half precision.
    network = fill(openai(64, 1, 8, 64, 32), half=True)
    script(network, f'{HERE}/clip-openai.pt', True)
    keep('clip-openai.pt.clean', network.encode_image(clip_clean(images, 64)))
    vision = dict(hidden_size=64, intermediate_size=64, num_hidden_layers=1, num_attention_heads=1, image_size=64, patch_size=8)
    model = fill(transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(**vision, projection_dim=32)), half=True)
    torch.save({name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in model.state_dict().items()}, f'{HERE}/clip-hf.bin')
    keep('clip-hf.bin.clean', model(clip_clean(images, 64)).image_embeds)
    network = fill(facebook(64, 1, 8, 40, ratio=1.0), half=True)
    torch.save({name: tensor.half() for name, tensor in network.state_dict().items()}, f'{HERE}/dinov2.pth')
    keep('dinov2.pth.dgm-eval', network(dgm_eval(images, False)))
    large = fill(timm_model('vit_small_patch14_dinov2', 64, 1, 40, 8, 1.0), half=True)
    save_file({name: tensor.half() for name, tensor in large.state_dict().items()}, f'{HERE}/dinov2-timm.safetensors')
    keep('dinov2-timm.safetensors.dgm-eval', timm_at_224('vit_small_patch14_dinov2', large.state_dict(), 64, 1, 8, 1.0)(dgm_eval(images, False)))

    with open(f'{HERE}/layouts.json', 'w') as file:
        file.write('{\n' + ',\n'.join(f'"{layout}": [\n' + ',\n'.join(json.dumps(row) for row in rows) + ']' for layout, rows in layouts.items()) + '\n}\n')
    np.savez(f'{HERE}/expected.npz', **expected)
    for name, features in expected.items(): print(name, features.shape, np.abs(features).max())


main()
