// Is every bad input refused in one clear sentence, with nothing left of the answer before?

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { demoCase, predict, scratch, shippedModel } from "./support/hielight.mjs";
import { fourDimensional, nanSlope, read, rgb, truncatedVoxels, wrongBitpix } from "./support/nifti.mjs";
import { analyse, assertClean, choose, loadDemo, outcome, shown } from "./support/page.mjs";
import { serveSite, sitePath } from "./support/site.mjs";

const demo = demoCase();
const folder = scratch();
const image = read(demo.t1w);
const compressed = readFileSync(demo.t1w);

/** A T1w file with these bytes. */
function t1w(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { t1w: path };
}

const BAD_INPUTS = [
  ["an empty file", t1w("empty_T1w.nii.gz", Buffer.alloc(0))],
  ["a text file", t1w("text_T1w.nii.gz", "This is a letter, not an image.\n".repeat(40))],
  ["a gzip stream that ends early", t1w("short_T1w.nii.gz", compressed.subarray(0, compressed.length >> 1))],
  ["voxels that end early", t1w("voxels_T1w.nii.gz", truncatedVoxels(image))],
  ["a bitpix that contradicts the datatype", t1w("bitpix_T1w.nii.gz", wrongBitpix(image))],
  ["a slope that is no number", t1w("slope_T1w.nii.gz", nanSlope(image))],
  ["a 4-D series", t1w("series_T1w.nii.gz", fourDimensional(image))],
  ["a colour image", t1w("colour_T1w.nii.gz", rgb(image))],
  ["the T1w image given twice", { t2w: demo.t1w }],
  ...["", "0", "-5", "3.2", "99999", "abc"].map((birthWeight) => [`a birth weight of "${birthWeight}"`, { birthWeight }]),
];

/** One or two plain sentences for a person, and nothing that only a programmer reads. */
function assertPlain(text) {
  assert.ok(text.length >= 20 && text.length <= 500, `a sentence, not ${text.length} characters: ${text}`);
  assert.match(text, /[.!?]$/, "a whole sentence");
  assert.doesNotMatch(text, /panicked|unwrap|undefined|\[object|RuntimeError|src\/|Some\(|Err\(|\{|\}/);
}

/** No number of an answer is left anywhere that shows one. */
function assertNoNumber(now) {
  assert.equal(now.probability, null, "a probability is left on the page");
  assert.equal(now.logit, null, "a logit is left on the page");
  assert.doesNotMatch(now.probabilityText, /\d\s*%/);
  assert.deepEqual(now.peaks, [], "peaks are left on the page");
}

describe("bad input", () => {
  let browser;
  let site;
  let page;

  before(async () => {
    [browser, site] = [await launch({ webgpu: false }), await serveSite()];
    page = await open(browser, site.origin);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  for (const [name, bad] of BAD_INPUTS) {
    test(`${name} is refused in one sentence, on the page and on the command line`, async () => {
      const good = await loadDemo(page);
      assert.notEqual(good.probability, null);
      // The demo leaves whole: what is bad stands among good files of the reader's own.
      await choose(page, { t1w: demo.t1w, t2w: demo.t2w, birthWeight: good.birthWeight, ...bad });
      const now = await analyse(page);
      assert.equal(now.kind, "refusal");
      assertPlain(now.refusal);
      assertNoNumber(now);

      const native = predict({ ...demo, birthWeight: good.birthWeight, ...bad });
      assert.equal(native.code, 2, native.stderr);
      assert.equal(native.stderr.split("\n").length, 1, `one line: ${native.stderr}`);
      assertPlain(native.stderr);
    });
  }

  test("after all that, a good case is still answered", async () => {
    await loadDemo(page);
    await picture(page, "after-refusals");
    assertClean(page);
  });
});

for (const [name, tamper] of [
  ["one bit of a weight changed", (bytes) => void (bytes[bytes.length - 9] ^= 0x40)],
  ["its end cut off", (bytes) => bytes.subarray(0, bytes.length - 1000)],
  ["text in its place", () => Buffer.from("not a bundle")],
]) {
  test(`a bundle with ${name} is refused, and no number is ever shown`, async () => {
    const copy = Buffer.from(readFileSync(shippedModel()));
    const tampered = tamper(copy) ?? copy;
    const site = await serveSite({ replace: new Map([[sitePath(shippedModel()), tampered]]) });
    const browser = await launch({ webgpu: false });
    try {
      const page = await open(browser, site.origin);
      const now = await outcome(page);
      assert.equal(now.kind, "refusal");
      assertPlain(now.refusal);
      assert.match(now.refusal, /model|bundle/i);
      for (const name of ["load-demo", "analyse"]) assert.ok(await page.getByTestId(name).isDisabled(), name);
      assertNoNumber(await shown(page));
      assert.deepEqual(page.faults.filter((fault) => fault.startsWith("uncaught")), []);
      await picture(page, "tampered-bundle");
    } finally {
      await browser.close();
      await site.close();
    }

    const path = join(folder, "tampered.safetensors");
    writeFileSync(path, tampered);
    const native = predict({ ...demo, model: path, birthWeight: 3300 });
    assert.equal(native.code, 2, native.stderr);
    assertPlain(native.stderr);
  });
}
