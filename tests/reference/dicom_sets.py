#!/usr/bin/env python3
"""Makes tests/data/dicom from sets of others, small enough for a repository, with a reference converter's answers.

    pip install pydicom numpy nibabel dcm2niix
    python3 dicom_sets.py SETS ../data/dicom

SETS holds dcm_qa_ts, dcm_qa_12bit, dcm_qa_enh (neurolabusc, BSD-2-Clause) and dicom2nifti (icometrix, tests/data, MIT).
Files are kept as they are, or cut to the middle of their pictures; all are compressed. expected.json: what dcm2niix makes
of each folder, in closest RAS order: shape, affine (mm), statistics of the scaled voxels
and their centre (mean voxel index, weighted by magnitude), which tells a mirrored image.
"""
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile

import dcm2niix
import nibabel as nib
import numpy as np
import pydicom

# Folder here: folder there, and columns and rows to keep (None: all, unchanged).
SETS = {
    "syntaxes": ("dcm_qa_ts/In", None),
    "unused_bits": ("dcm_qa_12bit/In", None),
    "philips_two_kinds": ("dcm_qa_enh/In/Philips", None),
    "siemens_enhanced_series": ("dcm_qa_enh/In/Siemens/XA10", None),
    "siemens": ("dicom2nifti/siemens/anatomical/001", 48),
    "philips": ("dicom2nifti/philips/anatomical/001", 48),
    "philips_enhanced": ("dicom2nifti/philips_enhanced/anatomical/001", 48),
    "hyperfine": ("dicom2nifti/hyperfine/anatomical/001", 48),
    "hitachi": ("dicom2nifti/hitachi/anatomical/001", None),
    "scaled_slice_by_slice": ("dicom2nifti/generic/anatomical/002_non_isotropic", None),
    "one_slice": ("dicom2nifti/ge/anatomical/001_single_slice", 48),
    "colour": ("dicom2nifti/generic/rgb/001", None),
    "two_slices": ("dicom2nifti/failing/slicecount/001", 48),
    "uneven": ("dicom2nifti/failing/sliceincrement/001", 48),
    "two_orientations": ("dicom2nifti/failing/sliceorientation/001", 48),
    "one_place": ("dicom2nifti/failing/notavolume/001", 48),
    "tilted": ("dicom2nifti/failing/gantrytilting/001", 48),
}
# Left out, so that the repository stays small: the same as another but for what it is named after.
LEFT = {"unused_bits": ["12bitUnsigned.dcm"]}


def crop(ds, size):
    """Cuts to the middle of the picture; the first voxel's place moves with it."""
    rows, columns = ds.Rows, ds.Columns
    top, left = (rows - size) // 2, (columns - size) // 2
    pixels = ds.pixel_array[..., top : top + size, left : left + size]

    def move(position, orientation, spacing):
        row, column = np.array(orientation[:3], float), np.array(orientation[3:], float)
        moved = np.array(position, float) + left * float(spacing[1]) * row + top * float(spacing[0]) * column
        return [f"{v:.10g}"[:16] for v in moved]

    if "PerFrameFunctionalGroupsSequence" in ds:
        shared = ds.SharedFunctionalGroupsSequence[0]
        for frame in ds.PerFrameFunctionalGroupsSequence:
            of = lambda name: (frame if name in frame else shared)[name][0]
            plane = frame.PlanePositionSequence[0]
            plane.ImagePositionPatient = move(
                plane.ImagePositionPatient,
                of("PlaneOrientationSequence").ImageOrientationPatient,
                of("PixelMeasuresSequence").PixelSpacing,
            )
    if "ImagePositionPatient" in ds:
        ds.ImagePositionPatient = move(ds.ImagePositionPatient, ds.ImageOrientationPatient, ds.PixelSpacing)
    ds.Rows = ds.Columns = size
    ds.PixelData = np.ascontiguousarray(pixels).tobytes()


def main(sets, out):
    expected = {}
    for name, (source, size) in SETS.items():
        folder = os.path.join(out, name)
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as written:
            for path in sorted(glob.glob(os.path.join(sets, source, "*.dcm"))):
                base = os.path.basename(path)
                if base in LEFT.get(name, []):
                    continue
                data = open(path, "rb").read()
                copy = os.path.join(plain, base)
                if size is None:
                    open(copy, "wb").write(data)
                else:
                    ds = pydicom.dcmread(path)
                    crop(ds, size)
                    ds.save_as(copy)
                with open(os.path.join(folder, base + ".gz"), "wb") as f:
                    f.write(gzip.compress(open(copy, "rb").read(), 9, mtime=0))
            subprocess.run([dcm2niix.bin, "-z", "n", "-f", "%s_%d", "-o", written, plain], capture_output=True)
            volumes = []
            for path in sorted(glob.glob(written + "/*.nii")):
                image = nib.as_closest_canonical(nib.load(path))
                voxels = np.asarray(image.dataobj)
                if voxels.dtype.names:
                    continue
                voxels = voxels.astype(np.float64)
                weight = np.abs(voxels) / np.abs(voxels).sum()
                centre = [float((weight * index).sum()) for index in np.indices(voxels.shape)[:3]]
                volumes.append(
                    dict(
                        series=int(os.path.basename(path).split("_")[0]),
                        shape=list(image.shape),
                        affine=np.round(image.affine, 6).tolist(),
                        min=voxels.min(),
                        max=voxels.max(),
                        mean=voxels.mean(),
                        std=voxels.std(),
                        centre=centre,
                    )
                )
            expected[name] = volumes
    with open(os.path.join(out, "expected.json"), "w") as f:
        f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in expected.items()) + "\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
