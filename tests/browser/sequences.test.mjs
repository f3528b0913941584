// Is an answer shown only with what it was made from, whatever a person does in whatever order, and whatever stops?

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";
import { launch, open } from "./support/browser.mjs";
import { demoCase, scratch } from "./support/hielight.mjs";
import { pair, read } from "./support/nifti.mjs";
import { ANALYSIS_MS, analyse, assertClean, choose, drop, loadDemo, number, outcome, shown, slot } from "./support/page.mjs";
import { serveSite } from "./support/site.mjs";

const demo = demoCase();
const own = { t1w: demo.t1w, t2w: demo.t2w, birthWeight: 3200 };
const hook = (page, name) => page.getByTestId(name);

let browser;
let site;
let page;

/** Runs before the page: remembers its engines and what they are asked for. */
function watchEngines() {
  globalThis.engines = [];
  globalThis.Worker = class extends globalThis.Worker {
    asked = [];
    constructor(...given) {
      super(...given);
      globalThis.engines.push(this);
    }
    postMessage(message, ...rest) {
      const order = message?.body?.order;
      if (order) this.asked.push(typeof order === "string" ? order : Object.keys(order)[0]);
      super.postMessage(message, ...rest);
    }
  };
}

const engines = () => page.evaluate(() => globalThis.engines.map(({ asked }) => asked));
const ready = () => page.locator("#analyse:enabled").waitFor({ timeout: ANALYSIS_MS });
/** What the engine cannot understand, it stops at. */
const kill = () => page.evaluate(() => globalThis.engines.at(-1).postMessage({ body: "nothing that is a request" }));

before(async () => void ([browser, site] = [await launch({ webgpu: false }), await serveSite()]));
after(async () => {
  await browser?.close();
  await site?.close();
});
beforeEach(async () => {
  page = await open(browser, site.origin, { prepare: (it) => it.addInitScript(watchEngines) });
  await ready();
});
afterEach(async () => {
  assertClean(page);
  await page.context().close();
});

test("a pair that cannot be read destroys nothing, and into empty slots it is never answered with the images before", async () => {
  await choose(page, own);
  const before = await analyse(page);
  assert.equal(before.kind, "probability");
  await drop(page, [{ name: "b_T1w.nii.gz" }, { name: "b_T2w.nii.gz" }]);
  await hook(page, "intake-note").filter({ hasText: "b_T1w.nii.gz could not be read" }).waitFor();
  assert.equal((await shown(page)).probability, before.probability);
  for (const which of ["t1", "t2"]) await page.locator(`#${which}-remove`).click();
  await drop(page, [{ name: "b_T1w.nii.gz" }, { name: "b_T2w.nii.gz" }]);
  assert.equal((await outcome(page)).kind, "refusal");
  await choose(page, { birthWeight: 2500 });
  assert.match((await shown(page)).refusal, /could not be read/);
  const end = await analyse(page);
  assert.equal(end.kind, "refusal", JSON.stringify(end));
  assert.match(end.refusal, /b_T1w\.nii\.gz could not be read/);
  for (const name of ["export-report", "export-json", "export-cam"]) assert.ok(await hook(page, name).isDisabled(), name);
});

test("the demo leaves whole when an image of one's own comes", async () => {
  await loadDemo(page);
  await drop(page, [{ name: "mine_T2w.nii.gz", path: demo.t2w }]);
  await slot(page, "t2", /mine_T2w\.nii\.gz: .*voxels/);
  assert.equal(await hook(page, "birth-weight").inputValue(), "", "the demo's weight stays");
  await slot(page, "t1", "Choose or drop a file.");
  const end = await analyse(page);
  assert.match(end.refusal, /T1w image is missing/);
});

test("what does not fit destroys nothing, and names sort what does", async () => {
  await choose(page, own);
  const before = await analyse(page);
  const three = [1, 2, 3].map((n) => ({ name: `${n}.nii.gz`, path: demo.t1w }));
  await drop(page, three);
  await hook(page, "intake-note").filter({ hasText: "3 files were dropped" }).waitFor();
  const still = await shown(page);
  assert.deepEqual([still.probability, still.status], [before.probability, "Done"]);
  // Dropped in the wrong order, sorted by their names.
  await drop(page, [{ name: "p-T2.nii.gz", path: demo.t2w }, { name: "p-T1.nii.gz", path: demo.t1w }]);
  await slot(page, "t1", /p-T1\.nii\.gz: .*voxels/);
  await slot(page, "t2", /p-T2\.nii\.gz: .*voxels/);
  assert.equal((await shown(page)).probability, null);
  assert.equal(await hook(page, "intake-note").innerText(), "");
  // By no means does patient1 say T1w.
  await drop(page, [{ name: "patient2.nii.gz", path: demo.t2w }, { name: "patient1.nii.gz", path: demo.t1w }]);
  await hook(page, "intake-note").filter({ hasText: "do not say which image is which" }).waitFor();
  await slot(page, "t1", /patient2\.nii\.gz: .*voxels/);
  await hook(page, "swap").click();
  await slot(page, "t1", /patient1\.nii\.gz: .*voxels/);
  // Onto a slot, whatever the name says.
  await drop(page, [{ name: "scan.nii.gz", path: demo.t2w }], "#t2-slot");
  await slot(page, "t2", /scan\.nii\.gz: .*voxels/);
  assert.equal((await analyse(page)).probability, before.probability);
});

test("two pairs dropped at once fill both slots, and a half waits for its other half", async () => {
  await choose(page, own);
  const before = await analyse(page);
  const folder = scratch();
  const halves = Object.fromEntries(
    ["T1w", "T2w"].flatMap((name) => {
      const { header, voxels } = pair(read(name === "T1w" ? demo.t1w : demo.t2w));
      return [[`p_${name}.hdr`, header], [`p_${name}.img.gz`, gzipSync(voxels)]];
    }),
  );
  for (const [name, bytes] of Object.entries(halves)) writeFileSync(join(folder, name), bytes);
  const given = (...names) => names.map((name) => ({ name, path: join(folder, name) }));
  await drop(page, given("p_T2w.img.gz", "p_T1w.img.gz", "p_T1w.hdr", "p_T2w.hdr"));
  await slot(page, "t1", /p_T1w\.hdr \+ p_T1w\.img\.gz: .*voxels/);
  await slot(page, "t2", /p_T2w\.hdr \+ p_T2w\.img\.gz: .*voxels/);
  assert.equal((await analyse(page)).probability, before.probability);
  await drop(page, given("p_T1w.hdr"));
  await slot(page, "t1", "p_T1w.img is missing");
  assert.equal((await shown(page)).probability, before.probability, "a half destroys nothing");
  await hook(page, "t1-input").setInputFiles(join(folder, "p_T1w.img.gz"));
  await slot(page, "t1", /p_T1w\.hdr \+ p_T1w\.img\.gz: .*voxels/);
  assert.equal((await analyse(page)).probability, before.probability);
});

test("a swap keeps the demo's images, and a swap back gives its answer again", async () => {
  const answer = await loadDemo(page);
  await hook(page, "swap").click();
  assert.equal((await shown(page)).probability, null);
  await slot(page, "t1", "demo_T2w.nii.gz");
  assert.equal((await analyse(page)).kind, "refusal", "swapped images are refused");
  await hook(page, "swap").click();
  assert.equal((await analyse(page)).probability, answer.probability);
});

test("an answer that arrives after a change is not shown, and ten clicks are one analysis", async () => {
  await choose(page, own);
  await hook(page, "analyse").click();
  await page.locator("#status", { hasText: "Running the network" }).waitFor();
  await choose(page, { birthWeight: 3900 });
  for (let click = 0; click < 10; click += 1) await hook(page, "analyse").dispatchEvent("click");
  const late = await number(page);
  const [asked] = await engines();
  assert.equal(asked.filter((order) => order === "Analyse").length, 2, "the overtaken one and one more");
  const fresh = await analyse(page);
  assert.equal(late.probability, fresh.probability);
  assert.equal(fresh.birthWeight, "3900");
});

test("a fresh engine takes over from one that stopped, with everything that was there", async () => {
  await choose(page, own);
  const before = await analyse(page);
  await kill();
  await page.waitForFunction(() => globalThis.engines.length === 2);
  await ready();
  assert.equal((await shown(page)).probability, before.probability, "what was answered stays true");
  assert.equal((await analyse(page)).probability, before.probability);
  // Killed in mid-analysis: said, and the inputs are still there.
  await hook(page, "analyse").click();
  await kill();
  await page.waitForFunction(() => globalThis.engines.length === 3);
  const end = await outcome(page);
  if (end.kind === "refusal") assert.match(end.refusal, /engine stopped/);
  await ready();
  assert.equal((await analyse(page)).probability, before.probability);
  assert.equal(await page.locator("#cohort-list tbody tr").count(), 1, "the list of the visit is whole");
});

test("a worker that is gone without a word is noticed, and can be left", async () => {
  await choose(page, own);
  await slot(page, "t1", "voxels");
  await slot(page, "t2", "voxels");
  await page.evaluate(() => globalThis.engines[0].terminate());
  await hook(page, "analyse").click();
  await page.locator("#status", { hasText: "silent for a while" }).waitFor();
  await hook(page, "cancel").click();
  await ready();
  assert.equal((await analyse(page)).kind, "probability");
  await hook(page, "cancel").and(page.locator(":disabled")).waitFor();
});

test("a demo case that is missing takes nothing else away", async () => {
  const bare = await serveSite({ replace: new Map([["/demo/demo.json", Buffer.from("{}")]]) });
  const other = await open(browser, bare.origin);
  await other.locator("#analyse:enabled").waitFor({ timeout: ANALYSIS_MS });
  assert.ok(await hook(other, "load-demo").isDisabled());
  await choose(other, own);
  assert.equal((await analyse(other)).kind, "probability");
  await other.context().close();
  await bare.close();
});

test("a page that does not arrive whole says so", async () => {
  const whole = Buffer.alloc(400, 7);
  const broken = await serveSite({ replace: new Map([["/app_bg.wasm", whole]]) });
  const other = await open(browser, broken.origin);
  await other.locator("#incomplete.now").waitFor();
  assert.ok(await other.locator("#unsupported").isHidden(), "the browser is not to blame");
  await other.context().close();
  await broken.close();
});
