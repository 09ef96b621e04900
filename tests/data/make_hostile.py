#!/usr/bin/env python3
"""Writes files that a reader of foreign files must survive. Standard library only.

    python3 tests/data/make_hostile.py OUTDIR [--prove]

Files named valid-* look odd but must be read; every other must end in one clear error. Every call-* makes a file
`gdd-canary` in the working folder if what it calls is called; --prove loads them with Python's pickle, in a
folder that is thrown away, and counts how many do. networks/ holds copies of
networks/tiny.pkl whose weights do not fit its class: they read well and must not build.
"""
import glob
import io
import math
import os
import struct
import subprocess
import sys
import tempfile
import zipfile

import hostile_pickle as hp
from hostile_pickle import Name, Raw, call, dumps, module, program, snapshot, storage, storage_id, tensor

OUT = sys.argv[1]
TOUCH = 'touch gdd-canary'
OPEN = "open('gdd-canary','w')"


def write(name, data):
    path = os.path.join(OUT, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f: f.write(data)


def pickles(**files):
    for name, value in files.items(): write(name.replace('_', '-') + '.pkl', value if type(value) is bytes else dumps(value))


# ---- pickles that call ------------------------------------------------------------------------------------------------
def calls():
    system = call('os system', TOUCH)
    pickles(
        call_reduce=system,
        call_posix=call('posix system', TOUCH),
        call_subprocess=call('subprocess getoutput', TOUCH),
        call_stack_global=b'\x80\x04\x8c\x02os\x8c\x06system\x93\x8c' + bytes([len(TOUCH)]) + TOUCH.encode() + b'\x85R.',
        call_memo_global=b'\x80\x04\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93\x8c' + bytes([len(TOUCH)]) + TOUCH.encode() + b'\x85R.',
        call_protocol0=b"cos\nsystem\n(S'" + TOUCH.encode() + b"'\ntR.",
        call_eval=call('builtins eval', OPEN),
        call_exec=call('builtins exec', OPEN),
        call_open=call('io open', 'gdd-canary', 'w'),
        call_posix_open=call('posix open', 'gdd-canary', os.O_CREAT | os.O_WRONLY),
        call_import=call('importlib import_module', 'antigravity', state=None),
        call_getattr=Raw(program(call('builtins getattr', call('builtins __import__', 'os'), 'system')) + program((TOUCH,)) + b'R'),
        # A method of an object in the file is kept as a name; anything else that getattr would find is refused.
        call_getattr_of_dict={**snapshot(), 'loss_fn': call('builtins getattr', call('collections OrderedDict'), 'update')},
        call_getattr_of_class=dict(snapshot(), loss_fn=call('builtins getattr', Name('torch Size'), 'mro')),
        call_getattr_private={**snapshot(), 'loss_fn': call('builtins getattr', module('ECMLoss'), '__class__')},
        call_getattr_three={**snapshot(), 'loss_fn': call('builtins getattr', module('ECMLoss'), 'x', None)},
        call_getattr_nested={**snapshot(), 'loss_fn': call('builtins getattr', call('builtins getattr', module('ECMLoss'), 'x'), 'y')},
        call_getattr_result={**snapshot(), 'loss_fn': Raw(program(call('builtins getattr', module('ECMLoss'), 'to')) + program((TOUCH,)) + b'R')},
        call_getattr_state={**snapshot(), 'loss_fn': call('builtins getattr', module('ECMLoss'), 'to', state={'a': 1})},
        valid_bound_method={**snapshot(), 'loss_fn': module('ECMLoss', t_to_r=call('builtins getattr', module('ECMLoss'), 't_to_r_sigmoid'))},
        call_inst=b"(S'" + TOUCH.encode() + b"'\nios\nsystem\n.",
        call_obj=b"(csubprocess\nPopen\n" + program(['touch', 'gdd-canary']) + b'o.',
        call_newobj=b'\x80\x02csubprocess\nPopen\n' + program((['touch', 'gdd-canary'],)) + b'\x81.',
        call_newobj_ex=b'\x80\x04csubprocess\nPopen\n' + program(()) + program({'args': ['touch', 'gdd-canary']}) + b'\x92.',
        # __setstate__ of a partial installs os.system as what it calls.
        call_build=b'\x80\x02' + program(call('functools partial', Name('builtins print'), state=(Name('os system'), (TOUCH,), {}, None))) + b')R.',
        call_map=call('builtins list', call('builtins map', Name('os system'), [TOUCH])),
        call_pickle_loads=call('pickle loads', dumps(system)),
        call_torch_load=call('torch.serialization load', 'gdd-canary'),
        call_torch_hub=call('torch.hub load', '.', 'gdd-canary'),
        call_runstring=call('numpy.testing._private.utils runstring', OPEN, {}),
        call_numpy_load=call('numpy load', 'gdd-canary'),
        call_dnnlib=call('dnnlib.util call_func_by_name', TOUCH),
        call_src_to_module=call('torch_utils.persistence _src_to_module', OPEN),
        call_dotted_name=b'\x80\x04' + program('torch._utils') + program('_rebuild_tensor_v2.__globals__') + b'\x93)R.',
        call_dotted_class=b'\x80\x04' + program('collections') + program('OrderedDict.__class__') + b'\x93)R.',
        call_extension=b'\x80\x02\x82\x01)R.',
        call_extension4=b'\x80\x02\x84\x01\x00\x00\x7f)R.',
        call_persistent_id=Raw(program(Name('os system')) + b'Q'),
        call_storage_class=call('torch FloatStorage', 4),
        call_result=Raw(program(call('collections OrderedDict')) + b')R'),
        call_string=Raw(program('os.system') + program((TOUCH,)) + b'R'),
        call_buffer=b'\x80\x05\x97.',
        call_beside_ema={**snapshot(), 'augment_pipe': system},
        call_in_state=snapshot(parameters={}, hook=system),
        call_in_storage={'ema': module(parameters={'w': tensor(call('torch.storage _load_from_bytes', dumps(system)), (1,))})},
        call_in_storage_object={'ema': module(parameters={'w': tensor(storage([1], object=dumps(system)), (1,))})},
        call_script_class_in_pickle=call('__torch__ Module', state={}),
    )


# ---- damage -----------------------------------------------------------------------------------------------------------
def damage():
    whole = dumps(snapshot())
    pickles(
        damage_empty=b'\x80\x02.', damage_cut=whole[:-1], damage_cut_early=whole[:3], damage_protocol=b'\x80\x09N.', damage_opcode=b'\x80\x02\xfeN.',
        damage_root_int=3, damage_root_string='ema', damage_stack=b'\x80\x02a.', damage_mark=b'\x80\x02(((.', damage_memo=b'\x80\x02h\x09.',
        damage_utf8=b'\x80\x02X\x02\x00\x00\x00\xc3\x28.', damage_long_line=b'\x80\x02c' + b'x' * 10000 + b'\ny\n.', damage_int=b'\x80\x02I' + b'9' * 40 + b'\n.',
        length_beyond=b'\x80\x02B\x00\x00\x00\x7fabc.', length_negative=b'\x80\x02T\xff\xff\xff\xffabc.', length_2_63=b'\x80\x04\x8e' + struct.pack('<Q', 2**63) + b'abc.',
        length_2_64=b'\x80\x04\x8d' + struct.pack('<Q', 2**64 - 1) + b'abc.', length_long4=b'\x80\x02\x8b\x00\x00\x00\x80abc.', length_memo=b'\x80\x02Nr\xff\xff\xff\xff.',
        length_array=b'\x80\x05\x96' + struct.pack('<Q', 2**62) + b'abc.',
        module_without_class={'ema': call('torch_utils.persistence _reconstruct_persistent_obj', {'type': 'class', 'state': {}})},
        module_function={'ema': call('torch_utils.persistence _reconstruct_persistent_obj', {'type': 'func', 'class_name': 'x', 'state': {}})},
        module_without_meta={'ema': call('torch_utils.persistence _reconstruct_persistent_obj')},
        module_source_int={'ema': call('torch_utils.persistence _reconstruct_persistent_obj', {'type': 'class', 'class_name': 'x', 'module_src': 3, 'state': {}})},
        module_state_list={'ema': call('torch_utils.persistence _reconstruct_persistent_obj', {'type': 'class', 'class_name': 'x', 'state': []})},
        module_parameter_int=snapshot(parameters={'weight': 3}), module_child_int=snapshot(modules={'conv': 3}), module_key_int=snapshot(parameters={3: None}),
        module_parameters_list=snapshot(parameters=[1]),
        module_twice_named={'ema': module(parameters=Raw(b'}(' + (program('w') + b'N') * 2 + b'u'))},
        scalar_short=snapshot(skip_scale=call('numpy.core.multiarray scalar', call('numpy dtype', 'f8', False, True), b'abc')),
        scalar_object=snapshot(skip_scale=call('numpy.core.multiarray scalar', call('numpy dtype', 'O8', False, True), b'abcdefgh')),
    )
    # ema holds a module that holds ema; the memo keeps the dict of children, empty until its own owner is put in.
    shell = module(modules=Raw(b'}q\x01'))
    pickles(cycle_module=Raw(b'}(' + program('ema') + program(shell) + b'q\x02h\x01' + program('self') + b'h\x02s0u'))
    # A child that is there twice, sixty levels deep: 2^60 modules if unfolded.
    level = program(module())
    for _ in range(60): level = program(module(modules=Raw(b'}q\x00' + b'(' + program('a') + level + b'q\x01' + program('b') + b'h\x01u')))
    pickles(bomb_modules=Raw(b'}(' + program('ema') + level + b'u'))
    deep = program(module())
    for _ in range(100): deep = program(module(modules={'a': Raw(deep)}))
    # Pairs of pairs; a list that is there a thousand times, of a text of a thousand letters that is there a thousand times.
    texts = b'(' + program('x' * 1000) + b'q\x00' + b'h\x00' * 999 + b'lq\x01'
    pickles(deep_modules={'ema': Raw(deep)}, bomb_memo=snapshot(pairs=Raw(b')' + b'2\x86' * 500)), bomb_nesting=snapshot(deep=Raw(b')' + b'\x85' * 900)),
            bomb_lists=snapshot(names=Raw(texts + b'0(' + b'h\x01' * 1000 + b'l')))


# ---- tensors and storages ---------------------------------------------------------------------------------------------
def tensors():
    six = [1, 2, 3, 4, 5, 6]
    def one(*args, **kwargs): return snapshot(parameters={'weight': tensor(*args, **kwargs)})
    pickles(
        tensor_beyond=one(storage(six), (2, 4)), tensor_strides_beyond=one(storage(six), (2, 3), (4, 1)), tensor_offset_beyond=one(storage(six), (2, 3), offset=1),
        tensor_offset_negative=one(storage(six), (2,), offset=-1), tensor_size_negative=one(storage(six), (-2, -3), (3, 1)),
        tensor_stride_negative=one(storage(six), (2, 3), (-3, 1), 3), tensor_overflow=one(storage(six), (2**32, 2**32), (1, 1)),
        tensor_stride_overflow=one(storage(six), (3,), (2**62,)), tensor_expanded=one(storage(six), (2**33,), (0,)), tensor_overlap=one(storage(six), (5, 2), (1, 1)),
        tensor_dims=one(storage(six), (1,) * 64, (1,) * 64), tensor_rank=one(storage(six), (2, 3), (1,)), tensor_shape_float=one(storage(six), (2.0, 3), (3, 1)),
        tensor_arguments=snapshot(parameters={'weight': call('torch._utils _rebuild_tensor_v2', storage(six))}),
        tensor_of_itself=snapshot(parameters={'weight': call('torch._utils _rebuild_parameter', call('torch._utils _rebuild_parameter', 3))}),
        storage_claims_more=one(storage(six, claimed=7), (2, 3)), storage_claims_2_60=one(storage(six, claimed=2**60), (2, 3)), storage_negative=one(storage(six, claimed=-6), (2, 3)),
        storage_counts_differ=one(storage(six, count=struct.pack('<q', 5)), (2, 3)), storage_cut=one(storage(six, data=b'abc'), (2, 3)),
        storage_big_endian=one(storage(six, head=hp.LEGACY_HEAD.replace(b'\x88', b'\x89')), (2, 3)), storage_magic=one(storage(six, head=hp.LEGACY_HEAD.replace(hp.MAGIC, bytes(10))), (2, 3)),
        storage_unknown_key=one(storage(six, keys=dumps(['7'])), (2, 3)), storage_no_keys=one(storage(six, keys=dumps([])), (2, 3)), storage_keys_int=one(storage(six, keys=dumps(3)), (2, 3)),
        storage_class=one(storage(six, object=dumps(storage_id(6, kind='collections OrderedDict'))), (2, 3)), storage_text=one(call('torch.storage _load_from_bytes', 'abc'), (2, 3)),
        storage_none=one(None, (2, 3)), storage_outside=one(storage_id(6), (2, 3)), storage_view=one(storage(six, object=dumps(storage_id(6, view=('1', 0, 6)))), (2, 3)),
        valid_nan=one(storage([math.nan] * 6), (2, 3)), valid_extra_bytes=one(storage(six, data=struct.pack('<7f', *six, 0)), (2, 3)),
        valid_shared_storage=Raw(b'}(' + program('ema') + program(module(parameters={
            'a': tensor(Raw(program(storage(six)) + b'q\x01'), (2, 3)), 'b': tensor(Raw(b'h\x01'), (3, 2), (1, 3)), 'c': tensor(Raw(b'h\x01'), (2,), (1,), 4)})) + b'u'),
    )


# ---- torch's archives -------------------------------------------------------------------------------------------------
def zip_of(members, packed=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as z:
        for name, data in members.items(): z.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED if name in packed else zipfile.ZIP_STORED)
    return out.getvalue()


def archives():
    data = struct.pack('<6f', *range(6))
    state = dumps({'weight': tensor(storage_id(6), (2, 3))})
    good = {'a/data.pkl': state, 'a/byteorder': b'little', 'a/data/0': data}
    write('valid-torch.pth', zip_of(good))
    write('torch-member-missing.pth', zip_of({k: v for k, v in good.items() if k != 'a/data/0'}))
    write('torch-member-short.pth', zip_of({**good, 'a/data/0': data[:-4]}))
    write('torch-member-packed.pth', zip_of(good, packed=['a/data/0']))
    write('torch-pickle-packed.pth', zip_of(good, packed=['a/data.pkl']))
    write('torch-big-endian.pth', zip_of({**good, 'a/byteorder': b'big'}))
    write('torch-two-pickles.pth', zip_of({**good, 'b/data.pkl': state}))
    write('torch-no-pickle.pth', zip_of({'a/data/0': data}))
    write('torch-key-escapes.pth', zip_of({**good, 'a/data.pkl': dumps({'weight': tensor(storage_id(6, key='../../../etc/passwd'), (2, 3))})}))
    write('torch-crc.pth', zip_of(good).replace(data, data[:-1] + b'\x01', 1))
    write('torch-not-a-tensor.pth', zip_of({**good, 'a/data.pkl': dumps({'epoch': 3})}))
    write('call-in-torch.pth', zip_of({**good, 'a/data.pkl': dumps(call('os system', TOUCH))}))
    write('call-in-script.pt', zip_of({**good, 'a/constants.pkl': dumps(()), 'a/data.pkl': dumps(call('os system', TOUCH))}))
    write('script-without-state.pt', zip_of({**good, 'a/constants.pkl': dumps(()), 'a/data.pkl': dumps(call('__torch__ Net'))}))
    loop = Raw(b'c__torch__\nNet\n)\x81q\x01}(' + program('me') + b'h\x01ub')
    write('script-cycle.pt', zip_of({**good, 'a/constants.pkl': dumps(()), 'a/data.pkl': dumps(loop)}))
    write('call-in-legacy.pth', hp.LEGACY_HEAD + dumps(call('os system', TOUCH)))
    def legacy(ids, keys): return hp.LEGACY_HEAD + dumps({str(i): tensor(x, (6,)) for i, x in enumerate(ids)}) + dumps(keys) + (struct.pack('<q', 6) + data) * len(keys)
    write('valid-legacy.pth', legacy([storage_id(6)], ['0']))
    write('legacy-cut.pth', legacy([storage_id(6)], ['0'])[:-5])
    write('legacy-two-types.pth', legacy([storage_id(6), storage_id(6, kind='torch IntStorage')], ['0']))
    write('legacy-listed-twice.pth', legacy([storage_id(6)], ['0', '0']))
    write('legacy-missing.pth', legacy([storage_id(6), storage_id(6, key='1')], ['0']))


# ---- zip, npy, npz ----------------------------------------------------------------------------------------------------
def zips():
    good = zip_of({'a.txt': b'hello', 'b.txt': b'world'})
    write('zip-absolute.zip', zip_of({'/etc/passwd': b'x'}))
    write('zip-parent.zip', zip_of({'a/../../b': b'x'}))
    twice = zip_of({'a.txt': b'hello', 'b.txt': b'world'}).replace(b'b.txt', b'a.txt')
    write('zip-duplicate.zip', twice)
    write('zip-crc.zip', good.replace(b'hello', b'hallo'))
    write('zip-cut.zip', good[:-30])
    write('zip-directory-beyond.zip', good[:-6] + struct.pack('<I', 2**31) + good[-2:])
    # Both directory entries point at the first member, so that its bytes count twice (D. Fifield, "A better zip bomb").
    second = good.rindex(b'PK\x01\x02')
    write('zip-overlap.zip', good[:second + 42] + struct.pack('<I', 0) + good[second + 46:])
    # The directory claims 4 GiB of a member of five bytes, and a deflated member of 2^40 zeros is 1 kB of a stream.
    directory = good.index(b'PK\x01\x02')
    write('zip-size-lie.zip', good[:directory + 24] + struct.pack('<I', 2**32 - 2) + good[directory + 28:])
    packed = zip_of({'zeros': bytes(100000)}, packed=['zeros'])
    directory = packed.index(b'PK\x01\x02')
    write('zip-bomb.zip', packed[:directory + 24] + struct.pack('<I', 2**32 - 2) + packed[directory + 28:])
    write('zip-hidden-size.zip', packed[:directory + 24] + struct.pack('<I', 10) + packed[directory + 28:])
    encrypted = bytearray(good); encrypted[good.index(b'PK\x01\x02') + 8] |= 1; encrypted[6] |= 1
    write('zip-encrypted.zip', bytes(encrypted))


def npy(descr, shape, data, fortran=False, header=None):
    text = (header or f"{{'descr': {descr!r}, 'fortran_order': {fortran}, 'shape': {shape}, }}").encode()
    text += b' ' * (-(len(text) + 11) % 64) + b'\n'
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(text)) + text + data


def arrays():
    six = struct.pack('<6d', *range(6))
    files = {
        'valid-fortran': npy('<f8', (2, 3), six, True), 'valid-big-endian': npy('>f8', (2, 3), struct.pack('>6d', *range(6))), 'npy-object': npy('|O', (1,), dumps(call('os system', TOUCH))),
        'npy-overflow': npy('<f8', (2**32, 2**32), six), 'npy-huge': npy('<f8', (2**40,), six), 'npy-negative': npy('<f8', (-2, -3), six), 'npy-cut': npy('<f8', (2, 3), six[:-1]),
        'npy-structured': npy([('a', '<f8')], (6,), six), 'npy-dtype': npy('<f3', (6,), six), 'npy-shape-float': npy('<f8', '(2.0, 3)', six), 'npy-dims': npy('<f8', (1,) * 100, six[:8]),
        'npy-header-code': npy('', '', b'', header="__import__('os').system('touch gdd-canary')"), 'npy-header-open': npy('', '', b'', header="{'descr': '<f8', 'shape': ("),
        'npy-header-beyond': b'\x93NUMPY\x02\x00' + struct.pack('<I', 2**31) + b'{}', 'npy-version': b'\x93NUMPY\x09' + npy('<f8', (2, 3), six)[7:], 'npy-magic': b'\x93NUMPX' + npy('<f8', (2, 3), six)[6:],
    }
    for name, data in files.items(): write(name + '.npy', data)
    write('npz-not-npy.npz', zip_of({'mu.npy': b'hello'}))
    write('npz-object.npz', zip_of({'mu.npy': files['npy-object']}))
    write('npz-huge.npz', zip_of({'mu.npy': files['npy-huge']}, packed=['mu.npy']))
    write('npz-cut.npz', zip_of({'mu.npy': files['npy-cut']}))
    write('npz-empty.npz', zip_of({}))


# ---- networks whose weights do not fit --------------------------------------------------------------------------------
# ---- safetensors -------------------------------------------------------------------------------------------------------
def safetensors():
    """One tensor `a` of two float32 in eight bytes, with something wrong."""
    entry = lambda name='a', dtype='F32', shape='[2]', offsets='[0,8]': f'"{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}'
    def file(header, data=8 * b'\0', length=None): return struct.pack('<Q', len(header) if length is None else length) + header.encode() + data
    good = file('{' + entry() + '}')
    files = {
        'valid-safetensors.safetensors': file('{"__metadata__":{"format":"pt"},' + entry() + ',' + entry('none', shape='[0,7]', offsets='[8,8]') + '}   '),
        'cut-in-header': good[:40],
        'cut-in-data': good[:-3],
        'header-2-63': file('{' + entry() + '}', length=2**63),
        'header-2-64': file('{' + entry() + '}', length=2**64 - 1),
        'header-beyond': file('{' + entry() + '}', length=1000),
        'header-empty': file('{' + entry() + '}', length=0),
        'header-short': file('{' + entry() + '}', length=20),
        'overlap': file('{' + entry() + ',' + entry('b', shape='[1]', offsets='[4,8]') + '}'),
        'same-bytes': file('{' + ','.join(entry(f't{i}') for i in range(1000)) + '}'),
        'outside': file('{' + entry(offsets='[8,16]') + '}'),
        'outside-2-64': file('{' + entry(offsets=f'[{2**64 - 8},{2**64 - 1}]') + '}'),
        'gap': file('{' + entry(shape='[1]', offsets='[4,8]') + '}'),
        'backwards': file('{' + entry(offsets='[8,0]') + '}'),
        'behind': file('{' + entry() + '}', 9 * b'\0'),
        'shape-lie': file('{' + entry(shape='[3]') + '}'),
        'shape-overflow': file('{' + entry(shape=f'[{2**32},{2**32}]', offsets='[0,0]') + '}'),
        'shape-huge-empty': file('{' + entry(shape=f'[0,{2**62},{2**62}]', offsets='[0,0]') + '}'),
        'shape-negative': file('{' + entry(shape='[-2]') + '}'),
        'shape-deep': file('{' + entry(shape='[' * 5000 + ']' * 5000) + '}'),
        'axes': file('{' + entry(shape='[' + ','.join(['1'] * 1000) + ']') + '}'),
        'dtype': file('{' + entry(dtype='Q4') + '}'),
        'name-twice': file('{' + entry() + ',' + entry() + '}'),
        'member-twice': file('{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}'),
        'member-missing': file('{"a":{"dtype":"F32","shape":[2]}}'),
        'objects-deep': file('{"a":' * 5000 + '1' + '}' * 5000),
        'not-json': file('{"a" what}'),
        'two-objects': file('{' + entry() + '}{}'),
    }
    for name, data in files.items(): write(name if name.startswith('valid') else f'safetensors-{name}.safetensors', data)


def networks():
    tiny = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'networks', 'tiny.pkl')
    def state(value): return value.args[0]['state'] if value.args else value.state
    def child(value, *names):
        for name in names:
            modules = state(value)['_modules']
            value = (modules.entries if isinstance(modules, hp.Recorded) else modules)[name]
        return value
    def parameters(value):
        found = state(value)['_parameters']
        return found.entries if isinstance(found, hp.Recorded) else found
    def conv(snapshot): return parameters(child(snapshot['ema'], 'model', 'enc', '8x8_conv'))
    def prune(value):  # hooks and the like, for size
        held = state(value)
        for key in [k for k in held if k[0] == '_' and k not in ('_parameters', '_buffers', '_modules', '_init_kwargs')]: del held[key]
        modules = held.get('_modules')
        for inner_module in (modules.entries if isinstance(modules, hp.Recorded) else modules or {}).values():
            if inner_module is not None: prune(inner_module)
    def save(name, change):
        damaged = hp.load(tiny)
        prune(damaged['ema'])
        change(damaged)
        write(f'networks/{name}.pkl', dumps(damaged, 4))
    def inner(snapshot): return conv(snapshot)['weight'].args[0]  # the tensor of the parameter
    def rename(s): c = conv(s); c['wait'] = c.pop('weight')
    def transpose(s): t = inner(s); t.args = (*t.args[:2], (3, 4, 3, 3), (9, 27, 3, 1), *t.args[4:])
    def reshape(s): t = inner(s); t.args = (*t.args[:2], (12, 9), (9, 1), *t.args[4:])
    def nan(s): inner(s).args = (storage([math.nan] * 108), *inner(s).args[1:])
    save('valid-unchanged', lambda s: None)
    save('weight-missing', lambda s: conv(s).pop('weight'))
    save('weight-none', lambda s: conv(s).update(weight=None))
    save('weight-renamed', rename)
    save('weight-transposed', transpose)
    save('weight-reshaped', reshape)
    save('weight-extra', lambda s: conv(s).update(extra=tensor(storage([1, 2]), (2,))))
    save('module-missing', lambda s: state(child(s['ema'], 'model', 'enc'))['_modules'].pop('8x8_conv'))
    save('module-extra', lambda s: state(child(s['ema'], 'model', 'enc'))['_modules'].update({'4x4_conv': module('Conv2d')}))
    save('class-unknown', lambda s: s['ema'].args[0].update(class_name='MyPrecond'))
    save('resolution-huge', lambda s: state(s['ema']).update(img_resolution=2**40))
    save('weight-nan', nan)
    # Encoders of latents whose numbers do not fit three channels.
    def array(*numbers, dtype='f4'):
        kind = call('numpy dtype', dtype, False, True, state=(3, '<', None, None, None, -1, -1, 0))
        state = (1, (len(numbers),), kind, False, struct.pack(f'<{len(numbers)}f', *numbers))
        return call('numpy.core.multiarray _reconstruct', Name('numpy ndarray'), (0,), b'b', state=state)
    def save_encoder(name, class_name='StabilityVAEEncoder', **held):
        meta = dict(type='class', class_name=class_name, state=dict(vae_name='some/vae', batch_size=8, **held))
        save(name, lambda s: s.update(encoder=call('torch_utils.persistence _reconstruct_persistent_obj', meta)))
    fine = array(1, 2, 3)
    save_encoder('valid-encoder', scale=fine, bias=fine)
    save_encoder('valid-encoder-unknown', 'MyEncoder', scale=3)
    odd = dict(words=array(1, 2, 3, dtype='O8'), short=array(1, 2, 3, dtype='f8'))
    save_encoder('valid-encoder-arrays', scale=fine, bias=fine, **odd)
    save_encoder('encoder-scale-missing', bias=fine)
    save_encoder('encoder-scale-text', scale='1,2,3', bias=fine)
    save_encoder('encoder-scale-texts', scale=['1', '2', '3'], bias=fine)
    save_encoder('encoder-scale-few', scale=array(1, 2), bias=fine)
    save_encoder('encoder-scale-zero', scale=array(1, 0, 3), bias=fine)
    save_encoder('encoder-scale-object', scale=array(1, 2, 3, dtype='O8'), bias=fine)
    save_encoder('encoder-scale-many', scale=array(*[1.0] * 5000), bias=fine)
    save_encoder('encoder-bias-nan', scale=fine, bias=array(1, math.nan, 3))
    save_encoder('encoder-bias-infinite', scale=fine, bias=[1.0, 1e300, 3.0])


def prove():
    live = []
    for path in sorted(glob.glob(os.path.join(OUT, 'call-*.pkl'))):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, '-c', f'import pickle; pickle.load(open({os.path.abspath(path)!r}, "rb"))'], cwd=folder, capture_output=True)
            if os.path.exists(os.path.join(folder, 'gdd-canary')): live.append(os.path.basename(path))
    print(len(live), 'files execute:', ' '.join(live))


if __name__ == '__main__':
    for group in (calls, damage, tensors, archives, zips, arrays, safetensors, networks): group()
    if '--prove' in sys.argv: prove()
