"""Writes the pictures of this folder and what Pillow reads from them: python make.py (Pillow 13.0.0, numpy 2.3.5)."""
import struct
import zlib

import numpy as np
import PIL.Image

y, x = np.mgrid[0:21, 0:35]
noise = np.random.RandomState(0).randint(0, 60, [21, 35, 3])
colour = (np.stack([x * 6, y * 9, (x * y) % 200], axis=-1) + noise).clip(0, 255).astype(np.uint8)
grey = colour[:, :, 0]
rgb, l = PIL.Image.fromarray(colour), PIL.Image.fromarray(grey)
expected = {}


def keep(name):
    image = PIL.Image.open(name)
    expected[name] = np.array(image.convert("L" if image.mode in ("L", "LA", "1") else "RGB"))


for sampling in [0, 1, 2]:  # 4:4:4, 4:2:2, 4:2:0
    rgb.save(f"s{sampling}.jpg", quality=80, subsampling=sampling)
    rgb.save(f"s{sampling}-progressive.jpg", quality=80, subsampling=sampling, progressive=True)
    keep(f"s{sampling}.jpg")
    keep(f"s{sampling}-progressive.jpg")
l.save("grey.jpg", quality=60)
rgb.crop((0, 0, 1, 1)).save("one.jpg")
rgb.crop((0, 0, 17, 2)).save("17x2.jpg", subsampling=2)
rgb.save("restart.jpg", restart_marker_blocks=2)
rgb.convert("CMYK").save("cmyk.jpg")
for name in ["grey.jpg", "one.jpg", "17x2.jpg", "restart.jpg"]:
    keep(name)

rgb.save("rgb.png")
l.save("grey.png")
alpha = PIL.Image.fromarray((255 - grey).astype(np.uint8))
PIL.Image.merge("RGBA", [*rgb.split(), alpha]).save("rgba.png")
PIL.Image.merge("LA", [l, alpha]).save("grey-alpha.png")
rgb.quantize(40).save("palette.png")
rgb.quantize(4).save("palette-2bit.png", transparency=1)
l.point(lambda v: 255 * (v > 99), "1").save("1bit.png")
for name in ["rgb.png", "grey.png", "rgba.png", "grey-alpha.png", "palette.png", "palette-2bit.png", "1bit.png"]:
    keep(name)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png(name, width, height, depth, colour_type, interlaced, raw):
    with open(name, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced))
                + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


# What Pillow cannot write: 16 bits, 4-bit grey, Adam7.
deep = np.random.RandomState(1).randint(0, 65536, [5, 7, 3]).astype(">u2")
write_png("rgb16.png", 7, 5, 16, 2, 0, b"".join(b"\0" + row.tobytes() for row in deep))
keep("rgb16.png")
write_png("grey16.png", 7, 5, 16, 0, 0, b"".join(b"\0" + row.tobytes() for row in deep[:, :, 0].copy()))
expected["grey16.png"] = (deep[:, :, 0] >> 8).astype(np.uint8)  # Pillow clips instead
write_png("grey4.png", 4, 2, 4, 0, 0, b"\0\x01\x23\0\x9a\xef")
keep("grey4.png")
passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
write_png("interlaced.png", 35, 21, 8, 2, 1, b"".join(
    b"\0" + row.tobytes() for top, left, down, right in passes for row in colour[top::down, left::right].copy()))
keep("interlaced.png")
np.savez_compressed("expected.npz", **expected)
np.savez_compressed("deflated.npz", arr_0=np.repeat(np.arange(40, dtype=np.uint8), 1024 * 1024).reshape(40, 1024, 1024))
