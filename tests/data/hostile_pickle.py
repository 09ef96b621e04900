"""Pickles as trees: reads one without importing what it names, writes one opcode by opcode. Standard library only.

Recorded is what a call would have made, Name a global, Raw a piece of pickle program that leaves one value on the stack.
"""
import pickle
import struct


class Recorded:
    """A call of a global: target 'module name', arguments, state of BUILD, entries of SETITEMS."""
    target = ''

    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self.args, self.state, self.entries = args, None, {}
        return self

    def __init__(self, *args, **kwargs): pass
    def __setstate__(self, state): self.state = state
    def __setitem__(self, key, value): self.entries[key] = value


class Name(str): pass
class Raw(bytes): pass


def call(target, *args, state=None, entries=None):
    made = type('Recorded', (Recorded,), {'target': target})(*args)
    made.state, made.entries = state, dict(entries or {})
    return made


class _Reader(pickle.Unpickler):
    classes = {}

    def find_class(self, module, name):
        return self.classes.setdefault((module, name), type(name, (Recorded,), {'target': f'{module} {name}'}))


def load(path):
    with open(path, 'rb') as f: return _Reader(f).load()


def program(value):
    """The opcodes that make `value`, without PROTO and STOP."""
    if isinstance(value, Raw): return bytes(value)
    if isinstance(value, Name): return b'c' + value.replace(' ', '\n', 1).encode() + b'\n'
    if value is None: return b'N'
    if isinstance(value, bool): return b'\x88' if value else b'\x89'
    if isinstance(value, int) and -2**31 <= value < 2**31: return b'J' + struct.pack('<i', value)
    if isinstance(value, int): return b'\x8a\x08' + struct.pack('<q', value)
    if isinstance(value, float): return b'G' + struct.pack('>d', value)
    if isinstance(value, str): return b'X' + struct.pack('<I', len(value.encode())) + value.encode()
    if isinstance(value, bytes): return b'B' + struct.pack('<I', len(value)) + value
    if isinstance(value, tuple): return b'(' + b''.join(map(program, value)) + b't'
    if isinstance(value, list): return b'(' + b''.join(map(program, value)) + b'l'
    if isinstance(value, set): return b'\x8f(' + b''.join(map(program, value)) + b'\x90'
    if isinstance(value, dict): return b'}' + _entries(value)
    if isinstance(value, type): return program(Name(value.target))
    made = program(Name(value.target)) + program(tuple(value.args)) + b'R' + _entries(value.entries)
    return made + (program(value.state) + b'b' if value.state is not None else b'')


def _entries(entries):
    return b'(' + b''.join(program(k) + program(v) for k, v in entries.items()) + b'u' if entries else b''


def dumps(value, protocol=2):
    return b'\x80' + bytes([protocol]) + program(value) + b'.'


# ---- torch's ways -----------------------------------------------------------------------------------------------

MAGIC = 0x1950a86a20f9469cfc6c.to_bytes(10, 'little')
LEGACY_HEAD = b'\x80\x02\x8a\x0a' + MAGIC + b'.' + dumps(1001) + dumps({'little_endian': True})


def storage_id(count, key='0', kind='torch FloatStorage', view=None):
    return Raw(program(('storage', Name(kind), key, 'cpu', count, view)) + b'Q')


def storage_bytes(floats, claimed=None, **changes):
    """torch.save of one storage: its legacy archive. `claimed` lies about the number of elements."""
    data = struct.pack(f'<{len(floats)}f', *floats)
    count = len(floats) if claimed is None else claimed
    parts = dict(head=LEGACY_HEAD, object=dumps(storage_id(count)), keys=dumps(['0']), count=struct.pack('<q', count), data=data)
    parts.update(changes)
    return b''.join(parts.values())


def storage(floats, **changes): return call('torch.storage _load_from_bytes', storage_bytes(floats, **changes))


def tensor(source, shape, strides=None, offset=0):
    if strides is None:
        strides, step = [], 1
        for size in reversed(shape): strides.insert(0, step); step *= size
    return call('torch._utils _rebuild_tensor_v2', source, offset, tuple(shape), tuple(strides), False, call('collections OrderedDict'))


def module(class_name='Linear', parameters=None, buffers=None, modules=None, **attributes):
    """A persistent object, as GDD and EDM write their networks."""
    state = dict(training=False, _parameters=parameters or {}, _buffers=buffers or {}, _modules=modules or {}, **attributes)
    return call('torch_utils.persistence _reconstruct_persistent_obj',
                dict(type='class', version=6, module_src='# source removed\n', class_name=class_name, state=state))


def snapshot(**changes):
    """{'ema': a module with one weight}: the smallest file that reads well. `changes` go to module()."""
    return {'ema': module(**{**dict(parameters={'weight': tensor(storage([1, 2, 3, 4, 5, 6]), (2, 3))}), **changes})}
