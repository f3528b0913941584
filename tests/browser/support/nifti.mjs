// NIfTI-1 files made from a good one: what the tests need to break or mark an image.

import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";

const OFFSET = { dim: 40, datatype: 70, bitpix: 72, pixdim: 76, voxels: 108, units: 123, affine: 280 };
const RGB24 = 128;

/** The bytes of an image, decompressed. */
export function read(path) {
  const bytes = readFileSync(path);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
}

/** A compressed copy with its bytes changed. */
export function changed(image, change) {
  const copy = Buffer.from(image);
  return gzipSync(change(copy) ?? copy);
}

/** Voxel sizes as they are, called metres: a head of a hundred metres. */
export const inMetres = (image) => changed(image, (copy) => void copy.writeUInt8(1, OFFSET.units));
export const truncatedVoxels = (image) => changed(image, (copy) => copy.subarray(0, Math.floor(copy.length * 0.6)));

/** Two time points: the voxels twice. */
export function fourDimensional(image) {
  return changed(image, (copy) => {
    copy.writeInt16LE(4, OFFSET.dim);
    copy.writeInt16LE(2, OFFSET.dim + 8);
    copy.writeFloatLE(1, OFFSET.pixdim + 16);
    return Buffer.concat([copy, copy.subarray(copy.readFloatLE(OFFSET.voxels))]);
  });
}

/** A colour image of the same size. */
export function rgb(image) {
  return changed(image, (copy) => {
    copy.writeInt16LE(RGB24, OFFSET.datatype);
    copy.writeInt16LE(24, OFFSET.bitpix);
    const start = copy.readFloatLE(OFFSET.voxels);
    const voxels = [1, 2, 3].reduce((product, axis) => product * copy.readInt16LE(OFFSET.dim + 2 * axis), 1);
    return Buffer.concat([copy.subarray(0, start), Buffer.alloc(3 * voxels, 90)]);
  });
}

/**
 * The image with its outermost tenth on the patient's left, front and top made as bright as its
 * brightest voxel. Needs 16-bit voxels and an sform, as `hielight phantom` writes them.
 */
export function markedLeftFrontTop(image) {
  if (image.readInt16LE(OFFSET.datatype) !== 4) throw new Error("expected 16-bit voxels");
  return changed(image, (copy) => {
    const dims = [1, 2, 3].map((axis) => copy.readInt16LE(OFFSET.dim + 2 * axis));
    const rows = [0, 1, 2].map((row) => [0, 1, 2, 3].map((column) => copy.readFloatLE(OFFSET.affine + 16 * row + 4 * column)));
    const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => dims.map((size, axis) => ((bits >> axis) & 1) * (size - 1)));
    const world = (voxel, row) => rows[row][3] + voxel.reduce((sum, index, axis) => sum + index * rows[row][axis], 0);
    const range = [0, 1, 2].map((row) => {
      const at = corners.map((corner) => world(corner, row));
      return [Math.min(...at), Math.max(...at)];
    });
    const edge = (row, share) => range[row][0] + share * (range[row][1] - range[row][0]);
    const [left, front, top] = [edge(0, 0.1), edge(1, 0.9), edge(2, 0.9)];
    const start = copy.readFloatLE(OFFSET.voxels);
    let brightest = -32768;
    for (let at = start; at + 1 < copy.length; at += 2) brightest = Math.max(brightest, copy.readInt16LE(at));
    let at = start;
    for (let k = 0; k < dims[2]; k += 1) {
      for (let j = 0; j < dims[1]; j += 1) {
        for (let i = 0; i < dims[0]; i += 1, at += 2) {
          const voxel = [i, j, k];
          if (world(voxel, 0) < left || world(voxel, 1) > front || world(voxel, 2) > top) copy.writeInt16LE(brightest, at);
        }
      }
    }
    return copy;
  });
}

/** Every second slice along the third axis, twice as thick: another grid over the same head. Needs 16-bit voxels and an sform. */
export function thinned(image) {
  if (image.readInt16LE(OFFSET.datatype) !== 4) throw new Error("expected 16-bit voxels");
  return changed(image, (copy) => {
    const [nx, ny, nz] = [1, 2, 3].map((axis) => copy.readInt16LE(OFFSET.dim + 2 * axis));
    const [start, slice] = [copy.readFloatLE(OFFSET.voxels), 2 * nx * ny];
    const kept = Array.from({ length: Math.ceil(nz / 2) }, (_, k) => copy.subarray(start + 2 * k * slice, start + (2 * k + 1) * slice));
    const header = Buffer.from(copy.subarray(0, start));
    header.writeInt16LE(kept.length, OFFSET.dim + 6);
    header.writeFloatLE(2 * header.readFloatLE(OFFSET.pixdim + 12), OFFSET.pixdim + 12);
    for (const row of [0, 1, 2]) {
      const at = OFFSET.affine + 16 * row + 8;
      header.writeFloatLE(2 * header.readFloatLE(at), at);
    }
    return Buffer.concat([header, ...kept]);
  });
}

/** Voxels along each axis and the rows of the affine, as the header has them. */
export function geometry(image) {
  return {
    dims: [1, 2, 3].map((axis) => image.readInt16LE(OFFSET.dim + 2 * axis)),
    rows: [0, 1, 2].map((row) => [0, 1, 2, 3].map((column) => image.readFloatLE(OFFSET.affine + 16 * row + 4 * column))),
  };
}

/** The image as a pair: `.hdr` and `.img`. */
export function pair(image) {
  const start = image.readFloatLE(OFFSET.voxels);
  const header = Buffer.from(image.subarray(0, 348));
  header.write("ni1\0", 344, "latin1");
  header.writeFloatLE(0, OFFSET.voxels);
  return { header, voxels: Buffer.from(image.subarray(start)) };
}
