"""Makes the two label maps of this folder from their sources (see README.md).

    python3 convert.py SOURCES OUT     needs numpy, scipy, nibabel

SOURCES holds dhcp/ICL_{Tissue,GM,WM}.nii.gz, dhcp/AAL.nii.gz, bobs/1mo_aseg_acpc_nnUnet_sub-198549.nii.gz and
bobs/1mo_{T1w,T2w}_brain.nii.gz. The codes are those of src/model/region.rs: kind + 64 (left) or 128 (right).
"""

import gzip
import sys

import nibabel
import numpy as np
from scipy import ndimage

CSF, VENTRICLE = 1, 2
CORTEX = dict(frontal=10, parietal=11, temporal=12, occipital=13, insula=14, cingulate=15, perirolandic=16)
WHITE = dict(frontal=20, parietal=21, temporal=22, occipital=23, insula=24, cingulate=25)
POSTERIOR_LIMB, ANTERIOR_LIMB, CENTRAL, CALLOSUM = 26, 27, 28, 29
THALAMUS, LENTIFORM, CAUDATE, HIPPOCAMPUS, AMYGDALA, BRAINSTEM, CEREBELLUM, BASAL_FOREBRAIN = range(30, 38)
LEFT, RIGHT = 64, 128
STEP = 0.5
# dHCP 40 weeks in its own millimetres: the box that holds it (low corner), and where its midline is.
LOW, DIMS = np.array([-46.5, -66.0, -50.0]), (188, 232, 196)
MIDLINE_X = 0.4


def lobe_of_gm(k):
    """Lobe of a number of ICL_GM.txt, or None for a nucleus."""
    if k in (1, 2): return "frontal"
    if k in (3, 4): return "insula"
    if k in (5, 6): return "parietal"
    if 7 <= k <= 26: return "temporal"
    if k in (27, 28): return "occipital"
    if 29 <= k <= 32: return "cingulate"
    return None


def lobe_of_wm(k):
    """Lobe of a number of ICL_WM.txt."""
    if k in (1, 2): return "frontal"
    if k in (3, 4): return "insula"
    if k in (5, 6): return "parietal"
    if 8 <= k <= 27: return "temporal"
    if k in (28, 29): return "occipital"
    if 30 <= k <= 33: return "cingulate"
    return None


def ras(path):
    image = nibabel.as_closest_canonical(nibabel.load(path))
    return np.asarray(image.dataobj), image.affine


def nearest(values, wanted):
    """Fills 0 inside `wanted` with the nearest value."""
    index = ndimage.distance_transform_edt(values == 0, return_distances=False, return_indices=True)
    return np.where(wanted & (values == 0), values[tuple(index)], values)


def distance(mask, step):
    return ndimage.distance_transform_edt(~mask, sampling=step)


def capsule_and_radiation(out, deep_rest, white, step, x, z_mm):
    """Limbs of the internal capsule between the nuclei, the rest of the deep grey matter, and the central
    radiation from the posterior limb to the perirolandic cortex."""
    kind = out & 63
    for sign, side in ((-1, LEFT), (1, RIGHT)):
        here = np.sign(x) == sign
        to = {k: distance((kind == k) & here, step) for k in (THALAMUS, LENTIFORM, CAUDATE)}
        rest = (deep_rest | (white & (to[LENTIFORM] < 4) & ((to[THALAMUS] < 4) | (to[CAUDATE] < 4)))) & here
        posterior = rest & (to[LENTIFORM] + to[THALAMUS] < 6.5) & (to[THALAMUS] < to[CAUDATE]) & (z_mm > -10)
        anterior = rest & ~posterior & (to[LENTIFORM] + to[CAUDATE] < 7)
        out[posterior] = POSTERIOR_LIMB + side
        out[anterior] = ANTERIOR_LIMB + side
        out[deep_rest & here & ~posterior & ~anterior] = BASAL_FOREBRAIN + side
        cortex = ((out & 63) == CORTEX["perirolandic"]) & here
        z = np.arange(out.shape[2])[None, None, :]
        top = posterior & (z >= np.percentile(np.argwhere(posterior)[:, 2], 80))
        way = distance(top, step) + distance(cortex, step)
        inner = white & here & ~posterior & ~anterior
        out[inner & (way < way[inner].min() + 3.0)] = CENTRAL + side


def dhcp(folder):
    tissue, gm, wm, aal = (ras(f"{folder}/{n}.nii.gz") for n in ("ICL_Tissue", "ICL_GM", "ICL_WM", "AAL"))
    affine = tissue[1]
    start = np.round((LOW - affine[:3, 3]) / STEP).astype(int)

    def cut(a):
        padded = np.pad(a, [(max(0, -s), max(0, s + d - n)) for s, d, n in zip(start, DIMS, a.shape)])
        s = np.maximum(start, 0)
        return padded[s[0]:s[0] + DIMS[0], s[1]:s[1] + DIMS[1], s[2]:s[2] + DIMS[2]].astype(np.uint8)

    tissue, gm, wm, aal = (cut(a[0]) for a in (tissue, gm, wm, aal))
    low = affine[:3, 3] + start * STEP
    x = np.broadcast_to((low[0] - MIDLINE_X + STEP * np.arange(DIMS[0]))[:, None, None], DIMS)
    x = np.where(x == 0, 1e-6, x)
    side = np.where(x < 0, LEFT, RIGHT).astype(np.uint8)
    out = np.zeros(DIMS, np.uint8)

    filled = ndimage.binary_fill_holes(ndimage.binary_closing(tissue > 0, iterations=2))
    out[filled] = CSF
    out[(tissue == 7)] = VENTRICLE + LEFT
    out[(tissue == 8)] = VENTRICLE + RIGHT
    out[tissue == 4] = BRAINSTEM
    out[tissue == 5] = CEREBELLUM + LEFT
    out[tissue == 6] = CEREBELLUM + RIGHT
    # Third and fourth ventricle are CSF in the source: what is enclosed by deep grey matter, by brainstem and
    # cerebellum.
    low_y, low_z = low[1] + STEP * np.arange(DIMS[1])[None, :, None], low[2] + STEP * np.arange(DIMS[2])[None, None, :]
    deep = (tissue == 2) | (tissue == 4)
    third = (tissue == 9) & (np.abs(x) < 3) & ndimage.binary_closing(deep, iterations=8) & (low_z < 6) & (low_y > -18)
    fourth = (tissue == 9) & (np.abs(x) < 7) & ndimage.binary_closing((tissue >= 4) & (tissue <= 6), iterations=10)
    out[(third | fourth) & (low_z > -40)] = VENTRICLE

    cortex = tissue == 1
    # Odd numbers of ICL_GM are left.
    code = np.zeros(47, np.uint8)
    for k in range(1, 47):
        lobe = lobe_of_gm(k)
        if lobe:
            code[k] = CORTEX[lobe] + (LEFT if k % 2 else RIGHT)
    lobes = nearest(np.where(cortex, code[gm], 0), cortex)
    central = cortex & np.isin(aal, (1, 2, 57, 58, 69, 70)) & np.isin(lobes & 63, (10, 11, 15))
    lobes = np.where(central, CORTEX["perirolandic"] + (lobes & 192), lobes)
    out = np.where(cortex, lobes, out)

    white = tissue == 3
    code = np.zeros(34, np.uint8)
    for k in range(1, 34):
        lobe = lobe_of_wm(k)
        code[k] = WHITE[lobe] if lobe else CALLOSUM
    lobes = nearest(np.where(white, code[wm], 0), white)
    out = np.where(white, np.where(lobes == CALLOSUM, CALLOSUM, lobes + side), out)

    for numbers, kind in (((41, 42, 43, 44, 45, 46), THALAMUS), ((39, 40), LENTIFORM), ((35, 36), CAUDATE),
                          ((37, 38), HIPPOCAMPUS), ((33, 34), AMYGDALA)):
        mask = (tissue == 2) & np.isin(gm, numbers)
        out[mask] = (kind + side)[mask]
    rest = (tissue == 2) & ~np.isin(gm, range(33, 47))
    capsule_and_radiation(out, rest, white, STEP, x, low_z)
    return out, low - [MIDLINE_X, 0, 0]


FREESURFER = {10: THALAMUS + LEFT, 49: THALAMUS + RIGHT, 11: CAUDATE + LEFT, 50: CAUDATE + RIGHT,
              12: LENTIFORM + LEFT, 51: LENTIFORM + RIGHT, 13: LENTIFORM + LEFT, 52: LENTIFORM + RIGHT,
              17: HIPPOCAMPUS + LEFT, 53: HIPPOCAMPUS + RIGHT, 18: AMYGDALA + LEFT, 54: AMYGDALA + RIGHT,
              26: BASAL_FOREBRAIN + LEFT, 58: BASAL_FOREBRAIN + RIGHT,
              28: BRAINSTEM, 60: BRAINSTEM,
              8: CEREBELLUM + LEFT, 47: CEREBELLUM + RIGHT, 172: CEREBELLUM, 16: BRAINSTEM,
              4: VENTRICLE + LEFT, 43: VENTRICLE + RIGHT, 14: VENTRICLE, 15: VENTRICLE}


def landmarks(codes, world):
    """Centroids of the structures and the extent of the cerebrum, one point each."""
    points = []
    for kind in (THALAMUS, LENTIFORM, CAUDATE, HIPPOCAMPUS, VENTRICLE, CEREBELLUM):
        for side in (LEFT, RIGHT):
            points.append((codes == kind + side))
    points = [world(np.argwhere(m).mean(0)) for m in points]
    cerebrum = world(np.argwhere(((codes & 63) >= 10) & ((codes & 63) < 30)))
    for axis in range(3):
        for q in (0.02, 0.98):
            edge = np.quantile(cerebrum[:, axis], q)
            points.append(cerebrum[np.abs(cerebrum[:, axis] - edge) < 2].mean(0))
    return np.array(points)


def individual(folder, atlas, atlas_low):
    labels, affine = ras(f"{folder}/1mo_aseg_acpc_nnUnet_sub-198549.nii.gz")
    t1, t2 = (ras(f"{folder}/1mo_{s}_brain.nii.gz")[0] for s in ("T1w", "T2w"))
    brain = ndimage.binary_fill_holes(ndimage.binary_closing((t1 > 0) & (t2 > 0), iterations=2))
    labels = np.where(brain, labels, 0).astype(int)
    codes = np.zeros(labels.shape, np.uint8)
    for k, code in FREESURFER.items():
        codes[labels == k] = code
    codes[np.isin(labels, (3, 42))] = CORTEX["frontal"]
    codes[np.isin(labels, (2, 41))] = WHITE["frontal"]
    codes[brain & (codes == 0)] = CSF

    world = lambda v: np.asarray(v) @ affine[:3, :3].T + affine[:3, 3]
    atlas_world = lambda v: np.asarray(v) * STEP + atlas_low
    theirs, ours = landmarks(codes, world), landmarks(atlas, atlas_world)
    # atlas mm -> mm of the individual
    solution = np.linalg.lstsq(np.c_[ours, np.ones(len(ours))], theirs, rcond=None)[0].T
    print("affine\n", solution.round(3), "\nresidual mm",
          np.abs(ours @ solution[:, :3].T + solution[:, 3] - theirs).mean().round(2), file=sys.stderr)
    to_voxel = np.linalg.inv(affine) @ np.r_[solution, [[0, 0, 0, 1]]]
    to_voxel = to_voxel @ np.r_[np.c_[np.eye(3) * STEP, atlas_low], [[0, 0, 0, 1]]]

    # Each label's share, resampled linearly; the largest wins: smooth borders on the finer grid.
    best, out = np.full(DIMS, 0.0, np.float32), np.zeros(DIMS, np.uint8)
    for code in np.unique(codes):
        share = ndimage.gaussian_filter((codes == code).astype(np.float32), 0.35)
        share = ndimage.affine_transform(share, to_voxel[:3, :3], to_voxel[:3, 3], DIMS, order=1)
        out = np.where(share > best, code, out)
        best = np.maximum(share, best)
    x = np.broadcast_to((atlas_low[0] + STEP * np.arange(DIMS[0]))[:, None, None], DIMS)
    # Lobes of the nearest cortex and white matter of the atlas.
    cortex, white = out == CORTEX["frontal"], out == WHITE["frontal"]
    kind = atlas & 63
    for mask, first, last in ((cortex, 10, 16), (white, 20, 25)):
        source = np.where((kind >= first) & (kind <= last), atlas, 0)
        out = np.where(mask, nearest(source, mask), out)
    callosum = white & (np.abs(x) < 7) & (kind == CALLOSUM)
    out[callosum] = CALLOSUM
    white &= ~callosum
    z_mm = atlas_low[2] + STEP * np.arange(DIMS[2])[None, None, :]
    capsule_and_radiation(out, np.zeros(DIMS, bool), white, STEP, x, z_mm)
    return out


def write(path, codes, low):
    affine = np.diag([STEP, STEP, STEP, 1.0])
    affine[:3, 3] = low
    image = nibabel.Nifti1Image(codes, affine)
    image.header.set_xyzt_units("mm")
    with open(path, "wb") as file:
        # No name and no time in the header: the same bytes again.
        with gzip.GzipFile("", "wb", 9, file, 0) as packed:
            packed.write(image.to_bytes())


def main():
    sources, out = sys.argv[1:]
    atlas, low = dhcp(f"{sources}/dhcp")
    write(f"{out}/dhcp-40w.nii.gz", atlas, low)
    write(f"{out}/bobs-1mo.nii.gz", individual(f"{sources}/bobs", atlas, low), low)


if __name__ == "__main__":
    main()
