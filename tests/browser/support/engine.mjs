// The engine with known maps: everything else it says stays its own, so that what the viewer should show of
// the maps is known whatever the model.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DIST } from "./site.mjs";

/** End of the known maps' colour scale, log-odds per ml. */
export const FULL_SCALE = 0.1;

/** For `serveSite({ replace })`: the engine's start with its answers' maps replaced. */
export function withKnownMaps() {
  const boot = readFileSync(join(DIST, "engine-boot.js"), "utf8");
  return new Map([["/engine-boot.js", Buffer.from(`(${replaceMaps})(${knownMap}, ${FULL_SCALE});\n${boot}`)]]);
}

/**
 * Two hills on cells of 8 mm along an image's axes: one that speaks for HIE in the patient's left front, one
 * against it in the right back.
 */
export function knownMap({ dims, affine }) {
  const spacing = [0, 1, 2].map((axis) => Math.hypot(...affine.map((row) => row[axis])));
  const size = dims.map((n, axis) => Math.max(1, Math.floor((n * spacing[axis]) / 8)));
  const rows = affine.map((row) => [...[0, 1, 2].map((axis) => (row[axis] / spacing[axis]) * 8), row[3]]);
  const values = new Float32Array(size[0] * size[1] * size[2]);
  const far = (cell, share) => cell.reduce((sum, c, axis) => sum + (c - share[axis] * (size[axis] - 1)) ** 2, 0);
  const top = [0.38, 0.58, 0.55].map((share, axis) => Math.round(share * (size[axis] - 1)));
  let [sum, at] = [0, 0];
  for (let z = 0; z < size[2]; z += 1) {
    for (let y = 0; y < size[1]; y += 1) {
      for (let x = 0; x < size[0]; x += 1, at += 1) {
        const hill = top.reduce((total, c, axis) => total + (c - [x, y, z][axis]) ** 2, 0);
        values[at] = 0.12 * Math.exp(-hill / 3) - 0.08 * Math.exp(-far([x, y, z], [0.6, 0.4, 0.45]) / 3);
        sum += values[at];
      }
    }
  }
  const ras = rows.map((row) => top.reduce((total, c, axis) => total + row[axis] * c, row[3]));
  const value = values[top[0] + size[0] * (top[1] + size[1] * top[2])];
  return {
    values,
    dims: size,
    affine: rows,
    contribution: sum * 0.512,
    peak: { ras_mm: ras, value },
  };
}

/**
 * Runs in the worker. A refusal is answered with the maps too, once there was an answer before: to measure
 * images that the model was not made for.
 */
function replaceMaps(knownMap, fullScale) {
  const post = self.postMessage.bind(self);
  const images = {};
  let template = null;

  self.postMessage = (message, transfer) => {
    const answer = message?.body?.answer;
    if (answer?.Opened) images[answer.Opened.sequence] = answer.Opened;
    if (answer?.Assessed) template ??= JSON.parse(JSON.stringify(answer));
    const refused = answer?.Abstained && template ? structuredClone(template).Assessed : null;
    // The page holds it against the images that it shows.
    if (refused) refused.record = answer.Abstained.record;
    const assessed = answer?.Assessed ?? refused;
    if (!assessed || !images.T1w || !images.T2w) return post(message, transfer ?? []);
    const maps = ["T1w", "T2w"].map((sequence) => knownMap(images[sequence]));
    const all = new Float32Array(maps.reduce((n, map) => n + map.values.length, 0));
    maps.reduce((at, map) => (all.set(map.values, at), at + map.values.length), 0);
    // What else the answer says of its maps stays.
    assessed.maps = maps.map(({ dims, affine, contribution }, i) => {
      return { ...assessed.maps[i], dims, affine, contribution, full_scale: fullScale };
    });
    assessed.assessment.cam_peaks = maps.map(({ peak }, i) => ({ sequence: assessed.maps[i].sequence, ...peak }));
    post({ body: { job: message.body.job, answer: { Assessed: assessed } }, buffer: all.buffer }, [all.buffer]);
  };
}
