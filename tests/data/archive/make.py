"""Writes the archives of this folder: python make.py (numpy 2.3.5, Python 3.11)."""
import io
import zipfile

import numpy as np

DATE = (1980, 1, 1, 0, 0, 0)


def add(archive, name, data, method=zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name, DATE)
    info.compress_type = method
    archive.writestr(info, data)


with zipfile.ZipFile("mixed.zip", "w") as z:
    add(z, "b.txt", b"second letter")
    add(z, "folder/", b"")
    add(z, "folder/zeros.bin", bytes(200_000))
    add(z, "folder/stored.bin", bytes(range(256)) * 4, zipfile.ZIP_STORED)
    add(z, "a.txt", b"")

with zipfile.ZipFile("bzip2.zip", "w") as z:
    add(z, "a.txt", b"packed by bzip2", zipfile.ZIP_BZIP2)

with zipfile.ZipFile("python-zip64.zip", "w") as z:
    with z.open(zipfile.ZipInfo("big.txt", DATE), "w", force_zip64=True) as f:
        f.write(b"the sizes lie in the zip64 extra field")


def save(file, array, version=None):
    with open(file, "wb") as f:
        np.lib.format.write_array(f, array, version=version)


count = np.arange(6).reshape(2, 3)
for dtype in ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "|i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8",
              "|u1", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8"]:
    save(f"count.{dtype.replace('<', 'le-').replace('>', 'be-').replace('|', '')}.npy", count.astype(dtype))
save("dims.npy", np.zeros([1] * 16))
save("flags.npy", np.array([True, False, True]))
save("scalar.npy", np.array(2.5))
save("empty.npy", np.zeros([0, 3], np.float32))
save("fortran.npy", np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4)))
save("version2.npy", count.astype(np.float64), version=(2, 0))
save("halves.npy", np.array([0.1, -2, 65504, np.inf, -np.inf, np.nan, 2.0**-24, -(2.0**-14), 0.0, -0.0], np.float16))
np.save("object.npy", np.array([{}, None], dtype=object), allow_pickle=True)
np.save("complex.npy", np.array([1j]))
np.save("structured.npy", np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f4")]))

rows = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
for name, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
    with zipfile.ZipFile(f"{name}.npz", "w") as z:
        for member, array in [("mu", np.linspace(0, 1, 4)), ("rows", rows), ("f", np.asfortranarray(rows)),
                              ("objects", np.array([None], dtype=object))]:
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array)
            add(z, member + ".npy", buffer.getvalue(), method)
