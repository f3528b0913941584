// PNG in and out, for baselines: 8-bit RGB or RGBA without interlacing, nothing else.

import { deflateSync, inflateSync } from "node:zlib";

/** `{ width, height, rgba }` of a PNG's bytes. */
export function decodePng(bytes) {
  let at = 8;
  let header = null;
  const parts = [];
  while (at < bytes.length) {
    const length = bytes.readUInt32BE(at);
    const kind = bytes.toString("latin1", at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (kind === "IHDR") header = { width: data.readUInt32BE(0), height: data.readUInt32BE(4), depth: data[8], type: data[9], interlace: data[12] };
    if (kind === "IDAT") parts.push(data);
    at += 12 + length;
  }
  const channels = { 2: 3, 6: 4 }[header.type];
  if (header.depth !== 8 || !channels || header.interlace !== 0) throw new Error("not an 8-bit RGB or RGBA picture");
  const { width, height } = header;
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const rgba = Buffer.alloc(4 * width * height, 255);
  let before = Buffer.alloc(stride);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)];
    const line = Buffer.from(raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let i = 0; i < stride; i += 1) {
      const [left, up, corner] = [i >= channels ? line[i - channels] : 0, before[i], i >= channels ? before[i - channels] : 0];
      const paeth = () => {
        const p = left + up - corner;
        const [a, b, c] = [Math.abs(p - left), Math.abs(p - up), Math.abs(p - corner)];
        return a <= b && a <= c ? left : b <= c ? up : corner;
      };
      line[i] += [0, left, up, (left + up) >> 1, filter === 4 ? paeth() : 0][filter];
    }
    for (let x = 0; x < width; x += 1) line.copy(rgba, 4 * (y * width + x), x * channels, (x + 1) * channels);
    before = line;
  }
  return { width, height, rgba };
}

/** A PNG's bytes of `{ width, height, rgba }`, without its alpha. */
export function encodePng({ width, height, rgba }) {
  const raw = Buffer.alloc(height * (3 * width + 1));
  for (let y = 0; y < height; y += 1) {
    // Differences to the pixel on the left compress well.
    raw[y * (3 * width + 1)] = 1;
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < 3; c += 1) {
        const at = 4 * (y * width + x) + c;
        raw[y * (3 * width + 1) + 1 + 3 * x + c] = rgba[at] - (x > 0 ? rgba[at - 4] : 0);
      }
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunks = [["IHDR", header], ["IDAT", deflateSync(raw, { level: 9 })], ["IEND", Buffer.alloc(0)]];
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), ...chunks.map(([kind, data]) => chunk(kind, data))]);
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc(body), body.length + 4);
  return whole;
}

function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}
