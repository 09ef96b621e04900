"""Writes the pictures of this folder and what Pillow reads from them: python make.py (Pillow 13.0.0, numpy 2.3.5)."""
import glob
import io
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
# The other formats, as Pillow writes them.
black_and_white = l.point(lambda v: 255 * (v > 99), "1")
rgba = PIL.Image.merge("RGBA", [*rgb.split(), alpha])
rgb.save("lossy.webp", quality=70)
rgb.save("lossless.webp", lossless=True)
rgba.save("alpha.webp", quality=70)
rgb.save("animated.webp", save_all=True, append_images=[rgb.rotate(180)], duration=100)
rgb.save("strips.tif", compression="tiff_lzw", strip_size=300)
l.save("grey.tif", compression="tiff_adobe_deflate")
rgba.save("rgba.tif")
rgb.quantize(40).save("palette.tif", compression="packbits")
rgb.convert("CMYK").save("cmyk.tif")
rgb.convert("YCbCr").save("ycbcr.tif")
rgb.convert("YCbCr").save("ycbcr-lzw.tif", compression="tiff_lzw")
rgb.save("jpeg.tif", compression="jpeg", quality=70)
black_and_white.save("fax.tif", compression="group4")
for turn in range(2, 9):
    rgb.crop((0, 0, 9, 5)).save(f"turned-{turn}.tif", tiffinfo={274: turn})
rgb.save("pages.tif", save_all=True, append_images=[rgb.rotate(180)])
rgb.quantize(40).save("palette.gif", interlace=0)
rgb.save("interlaced.gif", interlace=1)
l.save("grey.gif")
rgb.save("animated.gif", save_all=True, append_images=[rgb.rotate(180)], duration=50)
small = io.BytesIO()
rgb.quantize(4).save(small, "GIF", transparency=1)
with open("small-frame.gif", "wb") as f:  # a screen larger than the frame
    f.write(small.getvalue()[:6] + struct.pack("<HH", 50, 40) + small.getvalue()[10:])
rgb.save("rgb.bmp")
rgba.save("rgba.bmp")
rgb.quantize(16).save("palette.bmp")
black_and_white.save("1bit.bmp")
rgb.save("rgb.ppm")
l.save("grey.pgm")
black_and_white.save("1bit.pbm")


# What Pillow reads and cannot write.
def write_bmp(name, bits, compression, width, height, data, palette=b"", masks=b"", header=40):
    if header == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 0, 0, len(palette) // 4, 0)
        head += masks if header > 40 else b""
    head = head.ljust(header, b"\0") + (masks if header == 40 else b"")
    with open(name, "wb") as f:
        f.write(b"BM" + struct.pack("<IHHI", 14 + len(head) + len(palette) + len(data), 0, 0, 14 + len(head) + len(palette)) + head + palette + data)


def write_tiff(name, tags, blocks):
    """Tags are {number: (type, values)}; tag 273 or 324 gets where the blocks lie."""
    pack = lambda kind, values: b"".join(struct.pack("<" + {3: "H", 4: "I"}[kind], v) for v in values)
    where = 324 if 322 in tags else 273
    tags = {**tags, where: (4, [0] * len(blocks)), where + (1 if where == 324 else 6): (4, [len(block) for block in blocks])}
    place = 8 + 2 + 12 * len(tags) + 4
    extra = sum(len(pack(*tag)) for tag in tags.values() if len(pack(*tag)) > 4)
    starts = np.cumsum([place + extra] + [len(block) for block in blocks[:-1]])
    tags[where] = (4, [int(start) for start in starts])
    entries = values = b""
    for number, (kind, value) in sorted(tags.items()):
        raw = pack(kind, value)
        entries += struct.pack("<HHI", number, kind, len(value))
        entries += struct.pack("<I", place + len(values)) if len(raw) > 4 else raw.ljust(4, b"\0")
        values += raw if len(raw) > 4 else b""
    with open(name, "wb") as f:
        f.write(b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0) + values + b"".join(blocks))


def tiff_tags(width, height, bits, photometric, samples, **more):
    return {256: (3, [width]), 257: (3, [height]), 258: (3, [bits] * samples), 259: (3, [1]), 262: (3, [photometric]), 277: (3, [samples]),
            **{int(name[1:]): value for name, value in more.items()}}


random = np.random.RandomState(3)
write_bmp("rgb555.bmp", 16, 0, 6, 4, random.bytes(48))
write_bmp("rgb565.bmp", 16, 3, 6, 4, random.bytes(48), masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
write_bmp("masks.bmp", 32, 3, 6, 4, random.bytes(96), masks=struct.pack("<IIII", 0xFF, 0xFF00, 0xFF0000, 0xFF000000), header=108)
write_bmp("top-down.bmp", 24, 0, 6, -4, random.bytes(80))
write_bmp("os2.bmp", 8, 0, 6, 4, random.bytes(32), palette=random.bytes(768), header=12)
write_bmp("4bit.bmp", 4, 0, 7, 3, random.bytes(12), palette=random.bytes(64))
write_bmp("rle8.bmp", 8, 1, 8, 4, bytes([3, 5, 0, 4, 1, 2, 3, 4, 0, 0, 0, 2, 2, 1, 2, 9, 0, 0, 8, 7, 0, 1]), palette=random.bytes(1024))
write_bmp("rle4.bmp", 4, 2, 8, 4, bytes([3, 0x51, 0, 5, 0x12, 0x34, 0x50, 0, 0, 0, 0, 2, 2, 1, 2, 0x93, 0, 0, 9, 0x71, 0, 1]), palette=random.bytes(64))
write_tiff("rgb16.tif", tiff_tags(7, 5, 16, 2, 3), [random.bytes(210)])
write_tiff("associated.tif", tiff_tags(7, 5, 8, 2, 4, t338=(3, [1])), [random.bytes(140)])
write_tiff("planes.tif", tiff_tags(7, 5, 8, 2, 3, t284=(3, [2])), [random.bytes(35) for _ in range(3)])
write_tiff("tiles.tif", tiff_tags(35, 21, 8, 2, 3, t322=(3, [16]), t323=(3, [16])), [random.bytes(768) for _ in range(6)])
write_tiff("white-is-0.tif", tiff_tags(7, 5, 4, 0, 1), [random.bytes(20)])
write_tiff("grey16.tif", tiff_tags(7, 5, 16, 1, 1), [deep[:, :, 0].astype("<u2").tobytes()])
for name, text in [("text.pbm", b"P1\n# bits\n3 2\n1 0 1\n010\n"), ("text.pgm", b"P2 3 2 7 0 1 2 3 4 7"), ("text.ppm", b"P3\n2 1\n255\n1 2 3 255 0 9\n"),
                   ("wide.ppm", b"P6 2 1 1023\n" + np.array([0, 1, 2, 1023, 512, 300], ">u2").tobytes())]:
    with open(name, "wb") as f:
        f.write(text)
with open("s2.jpg", "rb") as f:
    jpeg = f.read()
with open("extraneous.jpg", "wb") as f:  # rubbish before the last marker
    f.write(jpeg[:-2] + b"\x12\x34\x56" + jpeg[-2:])
keep("cmyk.jpg")
keep("extraneous.jpg")
for ending in ["webp", "tif", "gif", "bmp", "ppm", "pgm", "pbm"]:
    for name in sorted(glob.glob("*." + ending)):
        keep(name)
expected["grey16.tif"] = expected["grey16.png"]
np.savez_compressed("expected.npz", **expected)
np.savez_compressed("deflated.npz", arr_0=np.repeat(np.arange(40, dtype=np.uint8), 1024 * 1024).reshape(40, 1024, 1024))
