// DICOM files made from a NIfTI image: explicit VR little endian, one slice each.

import { geometry } from "./nifti.mjs";

const LONG = new Set(["OB", "OW", "SQ", "UN", "UT"]);

function element(tag, vr, value) {
  let bytes = Buffer.isBuffer(value) ? value : Buffer.from(value, "utf8");
  if (bytes.length % 2) bytes = Buffer.concat([bytes, Buffer.from(vr === "UI" ? "\0" : " ")]);
  const head = Buffer.alloc(LONG.has(vr) ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, "latin1");
  if (LONG.has(vr)) head.writeUInt32LE(bytes.length, 8);
  else head.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

const short = (value) => Buffer.from(Uint16Array.of(value).buffer);
const decimals = (values) => values.map((value) => value.toFixed(7)).join("\\");

/** The slices of an image along its third axis. Needs 16-bit voxels and an sform, as `hielight phantom` writes them. */
export function slices(image, { number, description, repetition, echo, patient }) {
  const { dims, rows } = geometry(image);
  // RAS to LPS.
  const lps = rows.map((row, axis) => row.map((value) => (axis < 2 ? -value : value)));
  const step = (axis) => lps.map((row) => row[axis]);
  const length = (vector) => Math.hypot(...vector);
  const unit = (vector) => vector.map((value) => value / length(vector));
  const start = image.readFloatLE(108);
  const size = 2 * dims[0] * dims[1];
  return Array.from({ length: dims[2] }, (_, k) =>
    Buffer.concat([
      Buffer.alloc(128),
      Buffer.from("DICM"),
      element(0x00020010, "UI", "1.2.840.10008.1.2.1"),
      element(0x00080008, "CS", "ORIGINAL\\PRIMARY\\M"),
      element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4"),
      element(0x00080018, "UI", `1.2.3.${number}.${k}`),
      element(0x00080060, "CS", "MR"),
      element(0x0008103e, "LO", description),
      element(0x00100010, "PN", patient),
      element(0x00180020, "CS", "SE"),
      element(0x00180050, "DS", decimals([length(step(2))])),
      element(0x00180080, "DS", String(repetition)),
      element(0x00180081, "DS", String(echo)),
      element(0x0020000d, "UI", "1.2.3"),
      element(0x0020000e, "UI", `1.2.3.${number}`),
      element(0x00200011, "IS", String(number)),
      element(0x00200013, "IS", String(k + 1)),
      element(0x00200032, "DS", decimals(lps.map((row) => row[3] + k * row[2]))),
      element(0x00200037, "DS", decimals([...unit(step(0)), ...unit(step(1))])),
      element(0x00280002, "US", short(1)),
      element(0x00280004, "CS", "MONOCHROME2"),
      element(0x00280010, "US", short(dims[1])),
      element(0x00280011, "US", short(dims[0])),
      element(0x00280030, "DS", decimals([length(step(1)), length(step(0))])),
      element(0x00280100, "US", short(16)),
      element(0x00280101, "US", short(16)),
      element(0x00280102, "US", short(15)),
      element(0x00280103, "US", short(1)),
      element(0x7fe00010, "OW", image.subarray(start + k * size, start + (k + 1) * size)),
    ]),
  );
}
