#!/usr/bin/env python3
"""Writes small torch and numpy files in every container. Needs torch and numpy. usage: make.py OUTDIR"""
import collections, os, pickle, sys, warnings
import numpy as np, torch

warnings.filterwarnings('ignore')
at = lambda name: os.path.join(sys.argv[1], name)
six = torch.arange(6).reshape(2, 3)
state = collections.OrderedDict((str(t)[6:], six.to(t)) for t in (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.uint8,
                                                                torch.int8, torch.int16, torch.int32, torch.int64, torch.bool))
base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
state.update(base=base, transposed=base.T, row=base[1], column=base[:, 2], scalar=torch.tensor(2.5), empty=torch.zeros(0, 3), parameter=torch.nn.Parameter(base + 0.5),
             half=torch.tensor([1.0, -2.5, 65504, 2.0**-24, 2.0**-15, float('inf')], dtype=torch.float16))
torch.save(state, at('state.zip.pth'))
torch.save(state, at('state.legacy.pth'), _use_new_zipfile_serialization=False)
torch.save({'net': 3}, at('number.zip.pth'))

torch.save({'state': {0: {'step': torch.tensor(3.), 'exp_avg': torch.zeros(2)}}, 'param_groups': [{'lr': .1, 'params': [0]}]}, at('optimizer.zip.pth'))

class Inner(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.arange(4, dtype=torch.float32)); self.register_buffer('scale', torch.tensor([2.0])); self.sizes = [1, 2]
    def forward(self, x): return x * self.weight * self.scale

class Outer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.list = Inner(), torch.nn.ModuleList([Inner(), Inner()])
    def forward(self, x):
        for layer in self.list: x = layer(x)
        return self.first(x)
torch.jit.script(Outer()).save(at('script.pt'))

arrays = {'fid': {'mu': np.arange(3.0), 'sigma': np.asfortranarray(np.arange(6.0).reshape(2, 3))}, 'big': np.arange(3, dtype='>f4'), 'num': 7, 'scalar': np.float64(0.5)}
for protocol in (2, 4, 5):
    with open(at(f'arrays.protocol{protocol}.pkl'), 'wb') as f: pickle.dump(arrays, f, protocol)
with open(at('objects.pkl'), 'wb') as f: pickle.dump({'mu': np.array([None, 1], dtype=object)}, f, 4)

# Reference statistics as EDM2's calculate_metrics.py keeps them.
statistics = lambda d: dict(mu=np.arange(d) / d, sigma=np.eye(d) * 2)
with open(at('edm2.pkl'), 'wb') as f:
    pickle.dump({'fid': statistics(4), 'fd_dinov2': statistics(3)}, f)
