#!/usr/bin/env python3
"""Writes synthetic newborns as DICOM, by a writer that shares nothing with HIELight's reader, and asks HIELight for the
probability of both forms.

    pip install pydicom numpy nibabel pylibjpeg pylibjpeg-openjpeg pyjpegls
    python3 phantom_dicom.py HIELIGHT MODEL COHORT OUT

COHORT is a folder of `hielight phantom`. Each newborn is written in another form: slices along each axis, a head that lies
oblique, files in any order and without names, multi-frame, every encoding that these writers have. The largest difference
of the log-odds is printed.
"""
import glob
import json
import math
import os
import random
import subprocess
import sys

import nibabel as nib
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
    generate_uid,
)

# Every form: the axis along which slices lie, how the head is turned (degrees), multi-frame, the encoding.
FORMS = [
    (axis, tilt, enhanced, syntax)
    for enhanced in (False, True)
    for axis, tilt in ((2, 0), (0, 0), (1, 0), (2, 20), (0, 12))
    for syntax in (
        (ExplicitVRLittleEndian, RLELossless) if enhanced else (ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)
    )
]
# The other encodings, in the place of some of those.
FORMS[1] = (2, 0, False, JPEG2000Lossless)
FORMS[3] = (0, 0, False, JPEGLSLossless)
FORMS[5] = (1, 0, False, ExplicitVRBigEndian)
FORMS[13] = (0, 0, True, JPEG2000Lossless)
FORMS[17] = (2, 20, True, JPEGLSLossless)

TIMING = {"T1w": (600, 12), "T2w": (5500, 140)}
PATIENT = "Testfamily^Madeup"


def turned(image, degrees):
    """The same voxels, lying turned about two axes."""
    if degrees == 0:
        return image
    a, b = math.radians(degrees), math.radians(degrees / 2)
    x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    z = np.array([[math.cos(b), -math.sin(b), 0], [math.sin(b), math.cos(b), 0], [0, 0, 1]])
    turn = np.eye(4)
    turn[:3, :3] = x @ z
    return nib.Nifti1Image(np.asarray(image.dataobj), turn @ image.affine)


def decimal(value):
    """A decimal string of at most 16 characters."""
    for digits in range(15, 3, -1):
        text = f"{value:.{digits}g}"
        if len(text) <= 16:
            return text
    raise ValueError(value)


def base(suffix, number, study, series, syntax, storage):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = storage
    ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax.is_compressed else syntax
    if syntax == DeflatedExplicitVRLittleEndian:
        ds.file_meta.TransferSyntaxUID = syntax
    ds.SOPClassUID, ds.SOPInstanceUID = storage, ds.file_meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SeriesNumber = study, series, number
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = PATIENT, "ID77770001", "20240131"
    ds.SeriesDescription = f"{suffix[:2]} TSE Testfamily"
    ds.Modality, ds.Manufacturer = "MR", "Made-up"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    return ds


def save(ds, syntax, path):
    if syntax in (RLELossless, JPEG2000Lossless, JPEGLSLossless):
        ds.compress(syntax, generate_instance_uid=False)
    ds.save_as(path, enforce_file_format=True)


def write(image, suffix, number, study, form, folder, rng):
    axis, _, enhanced, syntax = form
    voxels = np.asarray(image.dataobj)
    assert np.array_equal(voxels, np.round(voxels)), "phantoms are whole numbers"
    low = float(voxels.min())
    stored = (voxels - low).astype(np.uint16)
    # RAS to LPS.
    affine = np.diag([-1, -1, 1, 1]) @ image.affine
    inplane = [a for a in range(3) if a != axis]
    steps = [affine[:3, a] for a in inplane]
    spacing = [float(np.linalg.norm(s)) for s in steps]
    orientation = [decimal(v) for i in range(2) for v in steps[i] / spacing[i]]
    series = generate_uid()
    count = voxels.shape[axis]
    position = lambda k: [decimal(v) for v in affine[:3, 3] + k * affine[:3, axis]]
    picture = lambda k: np.ascontiguousarray(np.take(stored, k, axis=axis).T)
    repetition, echo = TIMING[suffix]
    thickness = decimal(float(np.linalg.norm(affine[:3, axis])))
    names = list(range(count))
    rng.shuffle(names)
    if not enhanced:
        for k in range(count):
            ds = base(suffix, number, study, series, syntax, MRImageStorage)
            # Interleaved: first the even slices, then the odd ones.
            ds.InstanceNumber = k // 2 + 1 if k % 2 == 0 else (count + 1) // 2 + k // 2 + 1
            ds.ImagePositionPatient, ds.ImageOrientationPatient = position(k), orientation
            ds.PixelSpacing = [decimal(spacing[1]), decimal(spacing[0])]
            ds.SliceThickness = thickness
            ds.RepetitionTime, ds.EchoTime, ds.ScanningSequence = repetition, echo, "SE"
            ds.RescaleSlope, ds.RescaleIntercept = "1", decimal(low)
            ds.Rows, ds.Columns = picture(k).shape
            ds.PixelData = picture(k).tobytes() if syntax != ExplicitVRBigEndian else picture(k).byteswap().tobytes()
            ds["PixelData"].VR = "OW"
            save(ds, syntax, os.path.join(folder, f"IM{number}{names[k]:05d}"))
        return
    ds = base(suffix, number, study, series, syntax, EnhancedMRImageStorage)
    item = lambda **values: Sequence([of(values)])

    def of(values):
        inner = Dataset()
        for name, value in values.items():
            setattr(inner, name, value)
        return inner

    shared = Dataset()
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=orientation)
    shared.PixelMeasuresSequence = item(
        PixelSpacing=[decimal(spacing[1]), decimal(spacing[0])], SliceThickness=thickness
    )
    shared.MRTimingAndRelatedParametersSequence = item(RepetitionTime=repetition)
    shared.MREchoSequence = item(EffectiveEchoTime=float(echo))
    shared.MRImageFrameTypeSequence = item(
        FrameType=["ORIGINAL", "PRIMARY", suffix[:2], "NONE"], ComplexImageComponent="MAGNITUDE"
    )
    shared.PixelValueTransformationSequence = item(
        RescaleSlope="1", RescaleIntercept=decimal(low), RescaleType="US"
    )
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    # Frames in any order.
    for k in names:
        frame = Dataset()
        frame.PlanePositionSequence = item(ImagePositionPatient=position(k))
        frame.FrameContentSequence = item(StackID="1", InStackPositionNumber=k + 1)
        frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    ds.NumberOfFrames = count
    ds.Rows, ds.Columns = picture(0).shape
    ds.EchoPulseSequence = "SPIN"
    ds.PixelData = b"".join(picture(k).tobytes() for k in names)
    ds["PixelData"].VR = "OW"
    save(ds, syntax, os.path.join(folder, f"IM{number}"))


def logit(hielight, arguments, model, out):
    command = [hielight, "predict", "--model", model, "--birth-weight-g", "3200", "--device", "cpu", "--json", out]
    run = subprocess.run(command + arguments, capture_output=True, text=True)
    if run.returncode != 0:
        return None, run.stderr.strip()
    answer = json.load(open(out))
    p = answer["probability"] if "probability" in answer else answer["assessment"]["probability"]
    return math.log(p / (1 - p)), ""


def main(hielight, model, cohort, out):
    rng = random.Random(7)
    worst = 0.0
    subjects = sorted(glob.glob(os.path.join(cohort, "sub-*")))[: len(FORMS)]
    compared = 0
    for subject, form in zip(subjects, FORMS):
        folder = os.path.join(out, os.path.basename(subject))
        os.makedirs(folder + "/dicom/a/b", exist_ok=True)
        study = generate_uid()
        nifti = {}
        for number, suffix in ((3, "T1w"), (5, "T2w")):
            path = glob.glob(os.path.join(subject, f"**/*_{suffix}.nii.gz"), recursive=True)[0]
            image = turned(nib.load(path), form[1])
            nifti[suffix] = os.path.join(folder, f"{suffix}.nii.gz")
            nib.save(image, nifti[suffix])
            write(image, suffix, number, study, form, folder + "/dicom/a/b", rng)
        answer = os.path.join(folder, "answer.json")
        a, why_a = logit(hielight, ["--t1w", nifti["T1w"], "--t2w", nifti["T2w"]], model, answer)
        b, why_b = logit(hielight, ["--dicom", folder + "/dicom"], model, answer)
        label = f"{os.path.basename(subject)} axis {form[0]} turned {form[1]} {'multi-frame' if form[2] else 'slices'} {form[3].name}"
        if a is None or b is None:
            print(f"{label}: NIfTI {a} {why_a} DICOM {b} {why_b}", flush=True)
            continue
        worst = max(worst, abs(a - b))
        compared += 1
        print(f"{label}: logit {a:.6f}, difference {abs(a - b):.2e}", flush=True)
    print(f"largest difference of {compared}: {worst:.2e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
