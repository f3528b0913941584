// Is every bad input refused in one clear sentence, with nothing left of the answer before?

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { demoCase, predict, scratch, shippedModel } from "./support/hielight.mjs";
import { fourDimensional, inMetres, read, rgb, truncatedVoxels } from "./support/nifti.mjs";
import { analyse, assertClean, choose, drop, loadDemo, number, outcome, shown } from "./support/page.mjs";
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
  ["a length of no head", t1w("length_T1w.nii.gz", inMetres(image))],
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
      // What is bad stands among good files of the reader's own, in slots that are empty.
      for (const slot of ["t1", "t2"]) await page.locator(`#${slot}-remove`).click();
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

  /** Waits for a sentence beside what is there. */
  const note = (words) => page.getByTestId("intake-note").filter({ hasText: words }).waitFor();

  test("a wrong drop beside an answer is refused by its name, and images and answer stay", async () => {
    const good = await loadDemo(page);
    const [image, hash] = [await page.locator("#t1-facts").innerText(), await page.locator("#provenance").innerText()];
    const letter = t1w("letter_T1w.nii", "This is a letter.\n".repeat(40)).t1w;
    for (const [files, named] of [
      [[{ name: "letter_T1w.nii", path: letter }], /letter_T1w\.nii.*given as T1w/],
      [[{ name: "gone_T2w.nii", path: null }], /gone_T2w\.nii/],
      // A pair of which one is none: neither takes its place.
      [[{ name: "letter_T1w.nii", path: letter }, { name: "own_T2w.nii.gz", path: demo.t2w }], /letter_T1w\.nii/],
      [[{ name: "notes.json", path: letter }], /notes\.json/],
      [["a", "b", "c"].map((name) => ({ name: `${name}.nii`, path: letter })), /3 files.*a\.nii, b\.nii, c\.nii/],
    ]) {
      await drop(page, files);
      await note(named);
      await page.waitForFunction((before) => document.querySelector("#t1-facts").innerText.startsWith(before), image);
      const now = await shown(page);
      assert.deepEqual([now.probability, now.logit, now.refusal], [good.probability, good.logit, ""], `${named}`);
      assert.equal(await page.locator("#provenance").innerText(), hash);
      assert.ok(await page.locator("#t2-remove").isVisible());
    }
    // Of more files the two that fit are used, and the others named.
    const files = [["notes.json", letter], ["own_T2w.nii.gz", demo.t2w], [".DS_Store", letter], ["own_T1w.nii.gz", demo.t1w]];
    await drop(page, files.map(([name, path]) => ({ name, path })));
    await note(/Not used: notes\.json, \.DS_Store\./);
    await page.locator("#t1-facts", { hasText: "own_T1w.nii.gz" }).waitFor();
    await page.locator("#t2-facts", { hasText: "own_T2w.nii.gz: " }).waitFor();
  });

  test("a removal and a swap are taken back with their answer, by the button and by Ctrl+Z where nothing is typed", async () => {
    // A field in which nothing was typed has nothing of its own to take back.
    const fresh = await open(browser, site.origin);
    const good = await loadDemo(fresh);
    const undo = fresh.getByTestId("undo");
    const back = async () => {
      const now = await number(fresh);
      assert.deepEqual([now.probability, now.logit, now.birthWeight], [good.probability, good.logit, good.birthWeight]);
      assert.ok(!(await undo.isVisible()), "there is nothing more to take back");
    };
    await fresh.locator("#t1-remove").click();
    assertNoNumber(await shown(fresh));
    await undo.click();
    await back();
    await fresh.getByTestId("swap").click();
    assertNoNumber(await shown(fresh));
    // A field's own Ctrl+Z is the field's.
    await fresh.getByTestId("birth-weight").focus();
    await fresh.keyboard.press("Control+z");
    assertNoNumber(await shown(fresh));
    await fresh.getByTestId("swap").focus();
    await fresh.keyboard.press("Control+z");
    await back();
    assertClean(fresh);
    await fresh.context().close();
  });

  test("all that is missing is marked at once, where it is, with the focus on the first", async () => {
    const fresh = await open(browser, site.origin);
    const hook = (name) => fresh.getByTestId(name);
    await fresh.locator("#analyse:enabled").waitFor();
    assert.ok(await hook("swap").isDisabled(), "there is nothing to swap");
    assert.doesNotMatch(await hook("analyse").getAttribute("class"), /primary/);
    await hook("analyse").click();
    const marked = () => fresh.locator('[aria-invalid="true"]').evaluateAll((all) => all.map((e) => e.id));
    assert.deepEqual(await marked(), ["t1-input", "t2-input", "birth-weight"]);
    assert.equal(await fresh.evaluate(() => document.activeElement.id), "t1-input");
    for (const id of ["t1-input", "t2-input", "birth-weight"]) {
      assertPlain(await hook(`${id}-lack`).innerText());
      assert.ok((await hook(id).getAttribute("aria-describedby")).split(" ").includes(`${id}-lack`));
    }
    // By keyboard: what is typed is no longer said to be missing, and what is asked again says what still is.
    await hook("birth-weight").focus();
    await fresh.keyboard.type("3200");
    assert.deepEqual(await marked(), []);
    await fresh.keyboard.press("Enter");
    assert.deepEqual(await marked(), ["t1-input", "t2-input"]);
    await choose(fresh, { t1w: demo.t1w, t2w: demo.t2w });
    assert.match(await hook("analyse").getAttribute("class"), /primary/);
    await hook("analyse").click();
    assert.match(await fresh.locator("#no-result").innerText(), /analysis runs/);
    await number(fresh);
    // The focus goes to the answer.
    assert.equal(await fresh.evaluate(() => document.activeElement.id), "result-title");
    assertClean(fresh);
    await fresh.context().close();
  });

  test("a weight that the model cannot answer for is refused with value, range and what to do, as on the command line", async () => {
    await choose(page, { t1w: demo.t1w, t2w: demo.t2w, birthWeight: 900 });
    const now = await analyse(page);
    assert.equal(now.kind, "refusal");
    assertNoNumber(now);
    const { abstained } = predict({ ...demo, birthWeight: 900 }).json;
    assert.deepEqual(abstained.map(({ code }) => code), ["outside_intended_use"]);
    assert.match(abstained[0].message, /900 g.*2000 g to \d+ g.*check it in the record.*without this model/);
    assert.ok(now.refusal.includes(abstained[0].message), now.refusal);
  });

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
