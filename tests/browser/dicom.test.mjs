// Does a folder as the PACS exports it become the newborn that its NIfTI files are, by keyboard alone, without a word of who it is?

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { slices } from "./support/dicom.mjs";
import { demoCase, scratch } from "./support/hielight.mjs";
import { read } from "./support/nifti.mjs";
import { ANALYSIS_MS, analyse, assertClean, choose, slot } from "./support/page.mjs";
import { serveSite } from "./support/site.mjs";

const demo = demoCase();
const hook = (page, name) => page.getByTestId(name);
const patient = "Testfamily^Madeup";

let browser;
let site;

before(async () => void ([browser, site] = [await launch({ webgpu: false }), await serveSite()]));
after(async () => {
  await browser?.close();
  await site?.close();
});

/** Series in folders, files in no order and without endings, a viewer's program beside them. */
function exported(series) {
  const folder = scratch();
  series.flat().forEach((bytes, k) => {
    const inner = join(folder, "DATA", `S${k % 4}`);
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, `I${(k * 7919) % 100003}`), bytes);
  });
  writeFileSync(join(folder, "VIEWER.EXE"), "MZ of a viewer");
  return folder;
}

async function ready() {
  const page = await open(browser, site.origin);
  await page.locator("#analyse:enabled").waitFor({ timeout: ANALYSIS_MS });
  return page;
}

const t1 = (number) =>
  slices(read(demo.t1w), { number, description: "T1 TSE Testfamily", repetition: 600, echo: 12, patient });
const t2 = (number) =>
  slices(read(demo.t2w), { number, description: "T2 TSE tra", repetition: 5500, echo: 140, patient });

test("a folder of DICOM files is the newborn of its NIfTI files, chosen by keyboard", async () => {
  const folder = exported([t1(3), t2(5), t2(7).slice(40, 42)]);
  const page = await ready();
  await choose(page, { t1w: demo.t1w, t2w: demo.t2w, birthWeight: 3200 });
  const nifti = await analyse(page);
  await hook(page, "dicom-input").setInputFiles(folder);
  await hook(page, "series").waitFor({ timeout: ANALYSIS_MS });
  assert.equal(await page.locator("#series-list tr").count(), 3);
  assert.match(await page.locator("#series-list").innerText(), /Series 7[^]*too few slices \(2\)/);
  const marked = () => page.locator("#series-list input:checked").evaluateAll((all) => all.map((it) => it.ariaLabel));
  assert.deepEqual(await marked(), ["Series 3: T1 TSE as T1w", "Series 5: T2 TSE tra as T2w"]);
  // A picture of each series, too of the one that is refused: grey levels, wider than high or higher than wide as it is.
  await page.waitForFunction(() => [...document.querySelectorAll("#series-list canvas")].every((it) => it.width > 1));
  const pictures = await page.locator("#series-list canvas").evaluateAll((all) =>
    all.map((it) => {
      const { data } = it.getContext("2d").getImageData(0, 0, it.width, it.height);
      return { longer: Math.max(it.width, it.height), levels: new Set(data.filter((_, at) => at % 4 === 0)).size };
    }),
  );
  assert.ok(pictures.every(({ longer, levels }) => longer === 96 && levels > 30), JSON.stringify(pictures));
  await picture(page, "series");
  // The list has the focus; the next stops are the list's scrolling box, a choice for each slot, and the button.
  assert.equal(await page.evaluate(() => document.activeElement.id), "series");
  for (let stop = 0; stop < 4; stop += 1) await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "use-series");
  await page.keyboard.press("Enter");
  await slot(page, "t1", "Series 3");
  await slot(page, "t1", "voxels");
  await slot(page, "t2", "voxels");
  assert.ok(await hook(page, "series").isHidden());
  const dicom = await analyse(page);
  assert.equal(dicom.kind, "probability", JSON.stringify(dicom));
  // Positions have seven digits in the one and float32 in the other.
  assert.ok(Math.abs(dicom.logit - nifti.logit) < 1e-3, `${dicom.logit} and ${nifti.logit}`);
  const everything = await page.evaluate(() => document.documentElement.outerHTML.toLowerCase());
  assert.ok(!everything.includes("testfamily") && !everything.includes("madeup"), "the page says who it is");
  assertClean(page);
  await page.context().close();
});

test("a choice against the proposal is taken, and a list that is closed changes nothing", async () => {
  const page = await ready();
  await hook(page, "dicom-input").setInputFiles(exported([t1(3), t2(5), t2(7)]));
  await hook(page, "series").waitFor({ timeout: ANALYSIS_MS });
  // Two could be T2w: none is marked.
  assert.equal(await page.locator("#series-list input:checked").count(), 1);
  await page.getByLabel("Series 7: T2 TSE tra as T2w").check();
  await hook(page, "use-series").click();
  await slot(page, "t2", "Series 7");
  await slot(page, "t2", "voxels");
  await hook(page, "dicom-input").setInputFiles(exported([t1(8)]));
  await hook(page, "series").waitFor({ timeout: ANALYSIS_MS });
  await hook(page, "dismiss-series").click();
  assert.ok(await hook(page, "series").isHidden());
  await slot(page, "t1", "Series 3");
  assertClean(page);
  await page.context().close();
});
