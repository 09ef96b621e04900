#!/usr/bin/env python3
"""Makes the files of this folder.

usage: make.py MAKE_INCEPTION TORCH_FIDELITY
MAKE_INCEPTION  folder of make_inception.py, which writes Inception v3 with made-up weights in every format
TORCH_FIDELITY  a clone of torch-fidelity, whose Inception v3 is the oracle
Written with torch 2.11.0, numpy 2.3.5, pillow 13.0.0.
"""
import os, sys, types
import numpy as np, torch
import torch.nn.functional as F
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, sys.argv[1])
import make_inception as M
package = types.ModuleType('torch_fidelity')   # without its __init__, which wants torchvision
package.__path__ = [os.path.join(sys.argv[2], 'torch_fidelity')]
sys.modules['torch_fidelity'] = package
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x


def constants():
    """Every tensor holds one number of its own and is small: convolutions [kh, kw, 1, 2], norms [2], softmax [3, 2].
    The order of inception_layers() decides the number. conv i: 4i+1; beta 4i+2; mean 4i+3; variance 4i+4; softmax 1000."""
    w = {}
    number = lambda k, *shape: np.full(shape, k, np.float32)
    for i, (tf, _, kh, kw, *_) in enumerate(M.layers()):
        w[tf + '/conv2d_params'] = number(4 * i + 1, kh, kw, 1, 2)
        w[tf + '/batchnorm/beta'] = number(4 * i + 2, 2)
        w[tf + '/batchnorm/gamma'] = number(1, 2)
        w[tf + '/batchnorm/moving_mean'] = number(4 * i + 3, 2)
        w[tf + '/batchnorm/moving_variance'] = number(4 * i + 4, 2)
    w['softmax/weights'], w['softmax/biases'] = number(1000, 3, 2), number(1001, 2)
    return w


def constant_files():
    w = constants()
    state = M.torchvision_state(w)
    storage = torch.cat([v.flatten() for v in state.values()])  # one storage: a record for each would be larger
    sizes = [v.numel() for v in state.values()]
    state = {k: part.view(v.shape) for (k, v), part in zip(state.items(), storage.split(sizes))}
    state['Conv2d_1a_3x3.bn.num_batches_tracked'] = torch.tensor(0)
    torch.save(state, f'{HERE}/constants.pth')
    torch.save(state, f'{HERE}/constants-legacy.pth', _use_new_zipfile_serialization=False)
    M.persistent_pickle(w, f'{HERE}/constants.pkl')
    M.torchscript(w, f'{HERE}/constants.pt')
    open(f'{HERE}/constants.pb', 'wb').write(M.graph_def(w))


def stream_weights(seed):
    """Weights that C++ can make too: MT19937's 32-bit words u in [0, 1) in the order of the layers."""
    bits = np.random.RandomState(seed)._bit_generator
    def uniform(*shape): return bits.random_raw(int(np.prod(shape))).astype(np.float64).reshape(shape) * 2.0 ** -32
    state = {}
    for _, pt, kh, kw, cin, cout, _, _ in M.layers():
        state[pt + '.conv.weight'] = (uniform(cout, cin, kh, kw) - 0.5) * np.sqrt(24.0 / (cin * kh * kw))
        state[pt + '.bn.weight'] = np.ones(cout)
        state[pt + '.bn.bias'] = (uniform(cout) - 0.5) * 0.6
        state[pt + '.bn.running_mean'] = (uniform(cout) - 0.5) * 0.2
        state[pt + '.bn.running_var'] = 0.7 + 0.8 * uniform(cout)
    state['fc.weight'], state['fc.bias'] = (uniform(1008, 2048) - 0.5) * 0.5, np.zeros(1008)
    return {k: torch.from_numpy(v.astype(np.float32)) for k, v in state.items()}


def inception():
    torch.save(stream_weights(7), '/tmp/stream.pth')
    net = FeatureExtractorInceptionV3('net', ['2048', 'logits_unbiased'], feature_extractor_weights_path='/tmp/stream.pth')
    os.remove('/tmp/stream.pth')
    spatial = []
    net.Mixed_6d.branch1x1.register_forward_hook(lambda m, i, o: spatial.append(o[:, :7].permute(0, 2, 3, 1).reshape(len(o), -1)))
    images = np.random.RandomState(3).randint(0, 256, (2, 8, 8, 3)).repeat(5, 1).repeat(4, 2).astype(np.uint8)
    pool3, logits = net(torch.from_numpy(images).permute(0, 3, 1, 2))
    np.savez_compressed(f'{HERE}/inception.npz', images=images, pool3=pool3.numpy(), spatial=spatial[0].numpy(),
                        probabilities=torch.softmax(logits, 1).numpy())


def resizes():
    arrays = {}
    for name, (h, w), (oh, ow) in (('up', (5, 7), (11, 12)), ('down', (13, 17), (6, 5)), ('mixed', (4, 9), (9, 4)), ('same', (5, 5), (5, 5)), ('one', (1, 1), (3, 2))):
        x = np.random.RandomState(len(name)).randint(0, 256, (h, w, 3)).astype(np.uint8)
        t = torch.from_numpy(x).permute(2, 0, 1)[None].float()
        arrays[name] = x
        arrays[name + '_tf1'] = interpolate_bilinear_2d_like_tensorflow1x(t, size=(oh, ow), align_corners=False)[0].permute(1, 2, 0).numpy()
        arrays[name + '_half_pixel'] = F.interpolate(t, size=(oh, ow), mode='bilinear', align_corners=False)[0].permute(1, 2, 0).numpy()
        pil = [np.asarray(Image.fromarray(x[..., c].astype(np.float32), mode='F').resize((ow, oh), resample=Image.BICUBIC)) for c in range(3)]
        arrays[name + '_pil'] = np.stack(pil, -1).clip(0, 255)
    np.savez_compressed(f'{HERE}/resize.npz', **arrays)


torch.set_num_threads(2)
constant_files()
inception()
resizes()
