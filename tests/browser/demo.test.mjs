// Is the page's answer the command line's, on WebGPU and without it?

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { bundleManifest, demoCase, predict } from "./support/hielight.mjs";
import { ANALYSIS_MS, PLANES, assertClean, differing, isPainted, loadDemo, pixels, shown, slide } from "./support/page.mjs";
import { serveSite } from "./support/site.mjs";

/** Two devices, one network: in a trial WebGPU and the CPU differed by 2e-7 on the logit. */
const LOGIT_TOLERANCE = 1e-4;
/** One voxel of the model's grid. */
const GRID_VOXEL_MM = 2;

const distance = (a, b) => Math.hypot(...a.map((value, axis) => value - b[axis]));
const strongest = (peaks, sequence) =>
  peaks.filter((peak) => peak.sequence === sequence).sort((a, b) => b.value - a.value)[0];

for (const { name, webgpu, device } of [
  { name: "on WebGPU", webgpu: true, device: /webgpu/i },
  { name: "without a WebGPU adapter", webgpu: false, device: /cpu/i },
]) {
  describe(`the demo case ${name}`, () => {
    const demo = demoCase();
    let browser;
    let site;
    let page;
    let answer;
    let native;

    before(async () => {
      [browser, site] = [await launch({ webgpu }), await serveSite()];
      const start = performance.now();
      // An adapter in software is used only when it is chosen.
      page = await open(browser, `${site.origin}${webgpu ? "/?device=gpu" : ""}`);
      await page.locator("#analyse:enabled").waitFor({ timeout: ANALYSIS_MS });
      const ready = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`ready ${name}: ${ready} s`);
      answer = await loadDemo(page);
      const seconds = ((performance.now() - start) / 1000 - ready).toFixed(1);
      native = predict({ ...demo, birthWeight: answer.birthWeight });
      const apart = Math.abs(answer.logit - native.json?.logit).toExponential(1);
      console.log(`demo case ${name}: ${seconds} s, logit ${apart} from the command line's, ${answer.device}`);
    });
    after(async () => {
      await browser?.close();
      await site?.close();
    });

    test("gives the command line's number", () => {
      assert.equal(native.code, 0, native.stderr);
      assert.ok(Math.abs(answer.logit - native.json.logit) <= LOGIT_TOLERANCE, `${answer.logit}, ${native.json.logit}`);
      const probability = 1 / (1 + Math.exp(-answer.logit));
      assert.ok(Math.abs(answer.probability - probability) < 1e-9, "the number is that of the logit");
    });

    test("names the device that computed it", () => {
      assert.match(answer.device, device);
    });

    test("shows the number with what it is worth", async () => {
      const text = await page.locator("body").innerText();
      assert.match(text, /research use only/i);
      assert.match(text, /synthetic/i);
    });

    test("says what became of the validation newborns with a probability near to it", async () => {
      const cohorts = bundleManifest().cohorts.filter((cohort) => cohort.name !== "training");
      const subjects = cohorts.flatMap(({ outcome, probability }) => outcome.map((event, at) => ({ event, p: probability[at] })));
      const near = subjects.filter(({ p }) => Math.abs(p - native.json.probability) <= 0.05);
      const text = await page.getByTestId("neighbours").innerText();
      const facts = near.length < 10 ? [`Only ${near.length} `, "too few to say"] : [`Of ${near.length} `, ` ${near.filter(({ event }) => event).length} had HIE`];
      for (const fact of facts) assert.ok(text.includes(fact), `"${text}" lacks "${fact}"`);
    });

    test("finds its peaks where the command line finds them", () => {
      const natives = native.json.cam_peaks.map((peak) => ({ ...peak, ras: peak.ras_mm }));
      assert.ok(natives.length > 0, "something speaks for HIE");
      for (const sequence of new Set(natives.map((peak) => peak.sequence))) {
        const [here, there] = [strongest(answer.peaks, sequence), strongest(natives, sequence)];
        assert.ok(here, `the page lists no ${sequence} peak`);
        assert.ok(distance(here.ras, there.ras) <= GRID_VOXEL_MM, `${sequence}: ${here.ras}, ${there.ras}`);
      }
    });

    test("paints three planes, and the overlay on them", async () => {
      const planes = async () => Promise.all(PLANES.map((plane) => pixels(page, plane)));
      await slide(page, "overlay-opacity", await page.getByTestId("overlay-opacity").getAttribute("max"));
      const painted = await planes();
      await picture(page, `demo-${webgpu ? "webgpu" : "cpu"}-1280`);
      await slide(page, "overlay-opacity", 0);
      const bare = await planes();
      for (const [at, plane] of PLANES.entries()) assert.ok(isPainted(bare[at]), `${plane} shows an image`);
      const most = Math.max(...PLANES.map((_, at) => differing(painted[at], bare[at])));
      // One feature cell of 4 mm is a hundred of pixels on any screen.
      assert.ok(most > 100, `the overlay changes ${most} pixels`);
    });

    test("leaves no error behind, and reads on a phone", async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await picture(page, `demo-${webgpu ? "webgpu" : "cpu"}-390`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
      assert.equal((await shown(page)).probability, answer.probability);
      assertClean(page);
    });
  });
}
