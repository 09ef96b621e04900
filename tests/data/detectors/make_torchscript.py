#!/usr/bin/env python3
"""Makes tiny.pt, tiny.json and clip.npz: a TorchScript feature network, and what Pillow and torchvision make of images
on the way into it (CLIP's preprocessing as clean-fid's clip_features.py has it).

Written with torch 2.11.0, torchvision 0.26.0, numpy 2.3.5, pillow 13.0.0.
"""
import json, os
import numpy as np, torch
from PIL import Image
from torchvision import transforms as T

HERE = os.path.dirname(os.path.abspath(__file__))
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class Tiny(torch.nn.Module):
    """The means of a 4x4 grid: 48 features."""
    def forward(self, x):
        return torch.nn.functional.adaptive_avg_pool2d(x, 4).flatten(1)


random = np.random.RandomState(0)
arrays = {}
net = torch.jit.script(Tiny())
net.save(f'{HERE}/tiny.pt')
with open(f'{HERE}/tiny.json', 'w') as f:
    json.dump({'name': 'tiny', 'preset': 'clip'}, f)
short_side = T.Compose([T.Resize(224, interpolation=T.InterpolationMode.BICUBIC), T.CenterCrop(224)])
normalize = T.Normalize(MEAN, STD)
for name, height, width in (('tall', 50, 37), ('wide', 61, 90), ('large', 230, 251), ('odd', 40, 73)):
    noise = random.randint(0, 256, (height // 5 + 2, width // 5 + 2, 3), np.uint8)
    image = np.asarray(Image.fromarray(noise).resize((width, height), Image.BICUBIC))
    arrays[name] = image
    # No target that shrinks the height much more than the width: there, and only there, Pillow 13 goes down first.
    for height2, width2 in ((31, 20), (height, 29), (67, width)):
        arrays[f'{name}_{height2}x{width2}'] = np.asarray(Image.fromarray(image).resize((width2, height2), Image.BICUBIC))
    prepared = normalize(torch.from_numpy(np.array(short_side(Image.fromarray(image)))).permute(2, 0, 1) / 255.0)
    arrays[f'{name}_features'] = net(prepared[None])[0].numpy()
np.savez_compressed(f'{HERE}/clip.npz', **arrays)
