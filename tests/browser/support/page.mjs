// What a person does on the page and sees there, by the hooks that it offers to tests.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** SwiftShader computes the network on two cores beside the compiler of its shaders. */
export const ANALYSIS_MS = 240_000;

const hook = (page, name) => page.getByTestId(name);

/** Clicks "Load demo case" and waits for the number. */
export async function loadDemo(page) {
  await hook(page, "load-demo").click({ timeout: ANALYSIS_MS });
  return number(page);
}

/** Chooses files and a birth weight; `undefined` leaves a field as it is. */
export async function choose(page, { t1w, t2w, birthWeight }) {
  if (t1w !== undefined) await hook(page, "t1-input").setInputFiles(t1w);
  if (t2w !== undefined) await hook(page, "t2-input").setInputFiles(t2w);
  if (birthWeight !== undefined) await hook(page, "birth-weight").fill(String(birthWeight));
}

/** Analyses what is chosen; ends in a number, a refusal or an error. */
export async function analyse(page) {
  await hook(page, "analyse").click({ timeout: ANALYSIS_MS });
  return outcome(page);
}

/** Waits for the number and returns it with the facts beside it. */
export async function number(page) {
  const end = await outcome(page);
  assert.equal(end.kind, "probability", `expected a number, got: ${JSON.stringify(end)}`);
  return end;
}

/** Waits until the page has answered. */
export async function outcome(page) {
  const ends = '[data-testid="probability"][data-value], [data-testid="error"], [data-testid="abstain"]';
  const end = page.locator(ends).filter({ visible: true }).first();
  await end.waitFor({ timeout: ANALYSIS_MS }).catch(async () => {
    const { status } = await shown(page);
    throw new Error(`no answer after ${ANALYSIS_MS / 1000} s; status: ${status}; ${page.faults.join("\n")}`);
  });
  const now = await shown(page);
  return { kind: now.refusal ? "refusal" : "probability", ...now };
}

/** Drops files on an element; one without bytes is one that cannot be read. */
export async function drop(page, files, on = "body") {
  const given = files.map(({ name, path }) => ({ name, base64: path ? readFileSync(path).toString("base64") : null }));
  await page.locator(on).evaluate((target, given) => {
    const data = new DataTransfer();
    const unreadable = new Set(given.filter(({ base64 }) => base64 === null).map(({ name }) => name));
    // A file that comes out of a DataTransfer is another object than the one that went in.
    const read = File.prototype.arrayBuffer;
    File.prototype.arrayBuffer = function () {
      return unreadable.has(this.name) ? Promise.reject(new DOMException("gone", "NotFoundError")) : read.call(this);
    };
    for (const { name, base64 } of given) {
      data.items.add(new File([Uint8Array.from(atob(base64 ?? ""), (c) => c.charCodeAt(0))], name));
    }
    target.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
  }, given);
}

/** Drops a folder of the disk, as a person does from the desktop. */
export async function dropFolder(page, folder) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  }
}

/** The panel of the context that holds each chart. */
export const CHARTS = {
  "nomogram-chart": "nomogram", "contributions-chart": "nomogram", "reliability-chart": "calibration", "roc-chart": "calibration",
  "distribution-chart": "calibration", "decision-chart": "decision",
};

/** Shows a panel of the context. */
export async function tab(page, name) {
  await hook(page, `tab-${name}`).click();
}

/** Waits for a slot's line. */
export async function slot(page, which, words) {
  await page.locator(`#${which}-facts`, { hasText: words }).waitFor({ timeout: ANALYSIS_MS });
}

/** What stands on the page now: hidden things do not. */
export async function shown(page) {
  return page.evaluate(() => {
    const element = (name) => document.querySelector(`[data-testid="${name}"]`);
    const visible = (it) => it !== null && it.checkVisibility({ visibilityProperty: true });
    const text = (name) => (visible(element(name)) ? element(name).innerText.trim() : "");
    const data = (name, key) => {
      const value = visible(element(name)) ? element(name).dataset[key] : undefined;
      return value === undefined || value === "" ? null : Number(value);
    };
    const peaks = [...document.querySelectorAll('[data-testid="cam-peaks"] [data-ras]')].map((row) => ({
      ras: row.dataset.ras.split(",").map(Number),
      sequence: row.dataset.sequence,
      value: Number(row.dataset.value),
    }));
    return {
      probability: data("probability", "value"),
      logit: data("probability", "logit"),
      probabilityText: text("probability"),
      refusal: [text("error"), text("abstain")].filter(Boolean).join("\n"),
      status: text("status"),
      device: text("device"),
      warnings: text("warnings"),
      peaks,
      birthWeight: element("birth-weight")?.value ?? "",
    };
  });
}

/** Sets a slider as a person's drag does. */
export async function slide(page, name, value) {
  await hook(page, name).evaluate((input, wanted) => {
    input.value = wanted;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, String(value));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

export const PLANES = ["plane-axial", "plane-coronal", "plane-sagittal"];

/** The pixels of a plane, its layers composed: `{ width, height, rgba }`. */
export async function pixels(page, name) {
  const { width, height, base64 } = await hook(page, name).evaluate((element) => {
    const layers = element instanceof HTMLCanvasElement ? [element] : [...element.querySelectorAll("canvas")];
    const { width, height } = layers[0];
    const context = new OffscreenCanvas(width, height).getContext("2d");
    for (const layer of layers) context.drawImage(layer, 0, 0, width, height);
    const bytes = context.getImageData(0, 0, width, height).data;
    let binary = "";
    for (let at = 0; at < bytes.length; at += 32768) {
      binary += String.fromCharCode(...bytes.subarray(at, at + 32768));
    }
    return { width, height, base64: btoa(binary) };
  });
  return { width, height, rgba: Buffer.from(base64, "base64") };
}

/** How many pixels differ by more than a rounding of the blend. */
export function differing(a, b) {
  assert.deepEqual([a.width, a.height], [b.width, b.height], "the plane changed its size");
  let count = 0;
  for (let at = 0; at < a.rgba.length; at += 4) {
    if ([0, 1, 2].some((channel) => Math.abs(a.rgba[at + channel] - b.rgba[at + channel]) > 8)) count += 1;
  }
  return count;
}

/** Mean brightness, 0 to 255, of a pixel. */
export function brightness({ width, rgba }, x, y) {
  const at = 4 * (y * width + x);
  return (rgba[at] + rgba[at + 1] + rgba[at + 2]) / 3;
}

/** Whether a plane shows an image rather than one flat colour. */
export function isPainted(plane) {
  let dark = 0;
  let bright = 0;
  for (let y = 0; y < plane.height; y += 1) {
    for (let x = 0; x < plane.width; x += 1) {
      const value = brightness(plane, x, y);
      if (value < 40) dark += 1;
      if (value > 100) bright += 1;
    }
  }
  // A head fills far more than a hundredth of its plane, and so does the air around it.
  const least = 0.01 * plane.width * plane.height;
  return dark > least && bright > least;
}

/** Nothing may have gone wrong unseen. */
export function assertClean(page) {
  assert.deepEqual(page.faults, [], "errors on the page");
  assert.deepEqual(page.violations, [], "the page itself tried what its policy forbids");
}
