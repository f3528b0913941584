// Does the page take images that it has never seen, and show them the right way round?

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { phantoms, predict, realNewborn, scratch } from "./support/hielight.mjs";
import { markedLeftFrontTop, read } from "./support/nifti.mjs";
import { PLANES, analyse, assertClean, brightness, choose, isPainted, pixels, slide } from "./support/page.mjs";
import { serveSite } from "./support/site.mjs";

/** Outside the seeds of the training cohort and the demo case. */
const SEED = 70_000;
/** As for the demo case. */
const LOGIT_TOLERANCE = 1e-4;

let browser;
let site;
let newborns;

before(async () => {
  [browser, site, newborns] = [await launch({ webgpu: false }), await serveSite(), phantoms(SEED)];
});
after(async () => {
  await browser?.close();
  await site?.close();
});

test("a freshly generated pair gets the command line's answer", async () => {
  for (const newborn of newborns) {
    const page = await open(browser, site.origin);
    await choose(page, newborn);
    const answer = await analyse(page);
    await picture(page, `phantom-${newborn.hie ? "hie" : "control"}`);
    const native = predict(newborn);
    if (answer.kind === "probability") {
      assert.equal(native.code, 0, native.stderr);
      assert.ok(Math.abs(answer.logit - native.json.logit) <= LOGIT_TOLERANCE, `${answer.logit}, ${native.json.logit}`);
    } else {
      assert.equal(native.code, 2, `the page refused (${answer.refusal}), the command line did not`);
    }
    assertClean(page);
    await page.context().close();
  }
});

test("a real newborn's pair ends in a number or in a reasoned refusal", async (context) => {
  const pair = realNewborn();
  if (!pair) return context.skip("skipped: no real newborn's images beside the repository");
  const page = await open(browser, site.origin);
  const start = performance.now();
  await choose(page, { ...pair, birthWeight: 3300 });
  const answer = await analyse(page);
  console.log(`real pair: ${((performance.now() - start) / 1000).toFixed(1)} s, ${answer.kind} ${answer.refusal}`);
  for (const plane of PLANES) assert.ok(isPainted(await pixels(page, plane)), `${plane} shows an image`);
  await picture(page, "real-newborn");
  assertClean(page);
  await page.context().close();
});

test("the planes stand upright, with the patient's left on the right-hand side", async () => {
  const [newborn] = newborns;
  const marked = join(scratch(), "sub-marked_T1w.nii.gz");
  writeFileSync(marked, markedLeftFrontTop(read(newborn.t1w)));
  const page = await open(browser, site.origin);
  await choose(page, { ...newborn, t1w: marked });
  await analyse(page);
  await slide(page, "overlay-opacity", 0);
  await picture(page, "marked");
  const [axial, coronal, sagittal] = await Promise.all(PLANES.map(async (plane) => edges(await pixels(page, plane))));
  for (const [name, plane] of [["axial", axial], ["coronal", coronal]]) {
    assert.ok(plane.right > BRIGHT && plane.left < DARK, `${name}: left on the right: ${JSON.stringify(plane)}`);
    const up = name === "axial" ? "front" : "top";
    assert.ok(plane.top > BRIGHT && plane.bottom < DARK, `${name}: ${up} is up: ${JSON.stringify(plane)}`);
  }
  assert.ok(sagittal.top > BRIGHT && sagittal.bottom < DARK, `sagittal: top is up: ${JSON.stringify(sagittal)}`);
  const sides = [sagittal.left, sagittal.right].sort((a, b) => a - b);
  assert.ok(sides[0] < DARK && sides[1] > BRIGHT, `sagittal: the front is one side: ${JSON.stringify(sagittal)}`);
  await page.context().close();
});

/** Share of bright pixels along an edge: a marked edge is all bright, an unmarked one is air. */
const BRIGHT = 0.8;
const DARK = 0.4;

/** The share of bright pixels in a strip inside each edge of the image, whatever frames it. */
function edges(plane) {
  const isBright = (x, y) => brightness(plane, x, y) > 200;
  const columns = [];
  const rows = [];
  for (let y = 0; y < plane.height; y += 1) {
    for (let x = 0; x < plane.width; x += 1) {
      if (!isBright(x, y)) continue;
      columns[x] = (columns[x] ?? 0) + 1;
      rows[y] = (rows[y] ?? 0) + 1;
    }
  }
  // Letters and lines over the image are thin: a bar is bright over a third of the canvas.
  const span = (counts, across) => {
    const most = Math.max(...counts.filter(Boolean), 1);
    const at = [...counts.keys()].filter((index) => (counts[index] ?? 0) > Math.min(0.02 * across, most));
    return [at[0] ?? 0, at.at(-1) ?? 0];
  };
  const [left, right] = span(columns, plane.height);
  const [top, bottom] = span(rows, plane.width);
  const share = (x0, x1, y0, y1) => {
    let bright = 0;
    let all = 0;
    for (let y = Math.round(y0); y < y1; y += 1) {
      for (let x = Math.round(x0); x < x1; x += 1) {
        bright += Number(isBright(x, y));
        all += 1;
      }
    }
    return bright / Math.max(all, 1);
  };
  const [width, height] = [right - left + 1, bottom - top + 1];
  // Half of a bar's width from the edge, away from the corners that two bars share.
  const [dx, dy] = [0.05 * width, 0.05 * height];
  return {
    left: share(left, left + dx, top + 0.2 * height, bottom - 0.2 * height),
    right: share(right - dx, right + 1, top + 0.2 * height, bottom - 0.2 * height),
    top: share(left + 0.2 * width, right - 0.2 * width, top, top + dy),
    bottom: share(left + 0.2 * width, right - 0.2 * width, bottom - dy, bottom + 1),
  };
}
