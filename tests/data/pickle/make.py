#!/usr/bin/env python3
"""Writes values.protocol0.pkl .. values.protocol5.pkl: one object in every pickle protocol. usage: make.py OUTDIR"""
import collections, os, pickle, sys

shared = [1, 2]
VALUE = {'none': None, 'flags': (True, False), 'ints': [0, -1, 255, 65535, 65536, -2**31, 2**31, 2**62, -2**63],
         'big': 0x1950a86a20f9469cfc6c, 'floats': [0.5, -1e300, float('inf')], 'text': 'h\u00e4\n\\u\U0001f600',
         'empty': [(), [], {}, ''], 'nested': ((1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), 'shared': [shared, shared],
         'ordered': collections.OrderedDict([('b', 1), ('a', 2)]), 'long text': 'x' * 300}
for protocol in range(6):
    value = dict(VALUE) if protocol > 1 else {k: v for k, v in VALUE.items() if k != 'big'}  # protocols 0 and 1 spell big ints in text
    if protocol > 2: value.update(bytes=b'\x00\xff' * 200, few=b'\x80')
    if protocol > 3: value.update(set={7}, frozen=frozenset([8]))
    if protocol > 4: value.update(array=bytearray(b'abc'))
    with open(os.path.join(sys.argv[1], f'values.protocol{protocol}.pkl'), 'wb') as f: pickle.dump(value, f, protocol)
