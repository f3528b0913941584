"""Does nibabel find a map on the voxels of its image, with its peak at the stated place?

    overlay.py IMAGE MAP RIGHT FRONT TOP        the stated peak in RAS mm, negative numbers as they are
"""

import sys

import nibabel
import numpy as np

image, overlay = nibabel.load(sys.argv[1]), nibabel.load(sys.argv[2])
peak = np.array([float(mm) for mm in sys.argv[3:6]])

assert overlay.shape == image.shape, (overlay.shape, image.shape)
# Both headers hold the same fields: not a bit may differ.
assert np.array_equal(overlay.affine, image.affine), (overlay.affine, image.affine)
for name in ["qform_code", "sform_code"]:
    assert overlay.header[name] == image.header[name], name
assert overlay.get_data_dtype() == np.float32
assert overlay.header.get_xyzt_units()[0] == "mm"

values = overlay.get_fdata()
assert np.isfinite(values).all() and values.any()
highest = np.unravel_index(np.argmax(values), values.shape)[:3]
stated = np.linalg.inv(image.affine) @ np.append(peak, 1)
# Interpolated values fall off from the stated place with another slope to each side: one voxel along each axis.
apart = np.abs(stated[:3] - highest).max()
assert apart < 1 + 1e-4, f"highest voxel {highest}, stated {stated[:3]}"

low, high = overlay.header["cal_min"], overlay.header["cal_max"]
assert low == -high and high > 0, (low, high)
words = b" ".join(e.get_content() for e in overlay.header.extensions)
assert b"Research use only" in words and b"synthetic" in words, words
print("ok", overlay.shape, "peak", highest, "stated", np.round(stated[:3], 2).tolist())
