"""Writes tests/data/codecs: one small image in each encoding that DICOM's voxels come in. Needs numpy and imagecodecs.

Voxels are i * 7919 % 1201 in 12 bits (of the baseline JPEG, which has 8 and loses some: divided by 5), 16 by 12,
the right half of the image flat, so that every code has something to run along.
"""

from pathlib import Path

import imagecodecs
import numpy as np

FOLDER = Path(__file__).parent.parent / "data/codecs"
COLUMNS, ROWS = 16, 12


def rle(image):
    """PS3.5 annex G: the high bytes, then the low ones, each packed."""
    segments = []
    for shift in (8, 0):
        packed = imagecodecs.packbits_encode((image >> shift & 255).astype(np.uint8).ravel())
        segments.append(packed + b"\0" * (len(packed) % 2))
    header = np.zeros(16, "<u4")
    header[:3] = 2, 64, 64 + len(segments[0])
    return header.tobytes() + b"".join(segments)


image = (np.arange(ROWS * COLUMNS) * 7919 % 1201).astype(np.uint16).reshape(ROWS, COLUMNS)
image[:, COLUMNS // 2:] = 700
streams = {
    "voxels": image.astype("<u2").tobytes(),
    "rle": rle(image),
    "jpeg": imagecodecs.jpeg8_encode((image // 5).astype(np.uint8), level=90),
    "jpeg_lossless": imagecodecs.ljpeg_encode(image, bitspersample=12),
    "jpeg_ls": imagecodecs.jpegls_encode(image),
    "jpeg_2000": imagecodecs.jpeg2k_encode(image, level=0, reversible=True, codecformat="J2K", bitspersample=12),
}
FOLDER.mkdir(exist_ok=True)
for name, stream in streams.items():
    (FOLDER / name).write_bytes(stream)
    print(name, len(stream))
