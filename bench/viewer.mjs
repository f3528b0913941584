// What a scroll step costs: three planes of 512 x 512 pixels through a 320 x 320 x 320 pair with an overlay,
// here and in NiiVue, in the same browser on the same machine, from the browser's own trace.
//
//     cargo xtask build && node bench/viewer.mjs
//
// The script installs NiiVue, which nothing else here uses. The pair is read where the collection of test
// images stands beside the repository.
//
// The cost of a step is how long a thread was busy between two wheel events: the page's main thread, and that
// together with the browser's GPU thread, which runs WebGL and puts canvases on the screen. Given as time on
// the clock and as time on the processor: the latter is what counts on a machine that does other work too.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, open } from "../tests/browser/support/browser.mjs";
import { FULL_SCALE, knownMap, withKnownMaps } from "../tests/browser/support/engine.mjs";
import { realNewborn } from "../tests/browser/support/hielight.mjs";
import { geometry, read } from "../tests/browser/support/nifti.mjs";
import { analyse, choose, loadDemo } from "../tests/browser/support/page.mjs";
import { serveSite } from "../tests/browser/support/site.mjs";

const STEPS = Number(process.env.STEPS ?? 120);
const PLANE = 512;

const pair = realNewborn();
if (!pair) {
  console.log("skipped: no collection of test images beside the repository");
  process.exit(0);
}

/** Main-thread and GPU-thread time of each step, ms. */
async function measure(page, [x, y]) {
  await page.evaluate(() => {
    // A step's begin, in the trace's own clock.
    globalThis.markStep ??= addEventListener("wheel", () => performance.mark("step"), { capture: true, passive: true }) ?? true;
  });
  const browser = page.context().browser();
  const client = await browser.newBrowserCDPSession();
  const events = [];
  client.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const done = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
  await client.send("Tracing.start", {
    traceConfig: { includedCategories: ["disabled-by-default-devtools.timeline", "devtools.timeline", "blink.user_timing"] },
    transferMode: "ReportEvents",
  });
  await page.mouse.move(x, y);
  for (let step = 0; step < STEPS; step += 1) {
    // There and back, so that no end is reached; two frames for each, so that every step is drawn.
    await page.mouse.wheel(0, Math.floor(step / 30) % 2 === 0 ? 100 : -100);
    await page.evaluate(() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))));
  }
  await client.send("Tracing.end");
  await done;
  const marks = events.filter((event) => event.name === "step" && event.cat.includes("user_timing"));
  const { pid, tid } = marks[0];
  const gpu = events.find((event) => event.name === "thread_name" && event.args.name === "CrGpuMain");
  const tasks = (own) =>
    events
      .filter((event) => own(event) && event.ph === "X" && event.name === "RunTask")
      .map(({ ts, dur, tdur }) => ({ ts, end: ts + dur, share: (tdur ?? dur) / Math.max(dur, 1) }));
  const busy = (tasks, from, to, isProcessor) =>
    tasks.reduce((sum, { ts, end, share }) => sum + Math.max(0, Math.min(end, to) - Math.max(ts, from)) * (isProcessor ? share : 1), 0) / 1000;
  const main = tasks((event) => event.pid === pid && event.tid === tid);
  const drawing = tasks((event) => gpu && event.pid === gpu.pid && event.tid === gpu.tid);
  const times = [...new Set(marks.map((mark) => mark.ts))].sort((a, b) => a - b);
  // The first steps warm caches and shaders.
  const steps = times.slice(0, -1).map((from, i) => [from, times[i + 1]]).slice(10);
  const cost = (isProcessor) => ({
    main: steps.map(([from, to]) => busy(main, from, to, isProcessor)),
    both: steps.map(([from, to]) => busy(main, from, to, isProcessor) + busy(drawing, from, to, isProcessor)),
  });
  return { clock: cost(false), processor: cost(true) };
}

function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);
  return `median ${at(0.5)} ms, 95th percentile ${at(0.95)} ms (${sorted.length} steps)`;
}

function report(name, { clock, processor }) {
  for (const [what, { main, both }] of [["clock", clock], ["processor", processor]]) {
    console.log(`${name}, ${what}, main thread: ${summary(main)}`);
    console.log(`${name}, ${what}, main and GPU thread: ${summary(both)}`);
  }
}

/** A map as a NIfTI file of `f32`. */
function nifti({ dims, affine, values }) {
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  [3, ...dims, 1, 1, 1, 1].forEach((n, i) => header.writeInt16LE(n, 40 + 2 * i));
  header.writeInt16LE(16, 70);
  header.writeInt16LE(32, 72);
  [1, 8, 8, 8, 1, 1, 1, 1].forEach((n, i) => header.writeFloatLE(n, 76 + 4 * i));
  header.writeFloatLE(352, 108);
  header.writeFloatLE(1, 112);
  header.writeInt16LE(1, 254);
  affine.forEach((row, r) => row.forEach((cell, c) => header.writeFloatLE(cell, 280 + 16 * r + 4 * c)));
  header.write("n+1\0", 344, "latin1");
  return Buffer.concat([header, Buffer.from(values.buffer)]);
}

async function ours() {
  const [browser, site] = [await launch({ webgpu: false }), await serveSite({ replace: withKnownMaps() })];
  const page = await open(browser, site.origin, { viewport: { width: 1800, height: 1300 } });
  await loadDemo(page);
  await choose(page, { ...pair, birthWeight: 3300 });
  await analyse(page);
  await page.evaluate((side) => {
    // Two columns of planes, with what stands round each in its figure.
    const { style } = document.getElementById("planes");
    const plane = document.getElementById("plane-axial");
    const column = side + plane.closest("figure").offsetWidth - plane.clientWidth;
    style.maxWidth = "none";
    style.gridTemplateColumns = `${column}px ${column}px`;
    dispatchEvent(new Event("resize"));
  }, PLANE);
  await page.getByTestId("show-t1").check();
  await page.waitForTimeout(500);
  const sizes = await page.evaluate(() => ["axial", "coronal", "sagittal"].map((plane) => document.getElementById(`plane-${plane}`).width));
  console.log(`HIELight: planes of ${sizes} pixels, ${await page.locator("#scale-text-t1").innerText()}`);
  for (const plane of ["axial", "sagittal"]) {
    const box = await page.getByTestId(`plane-${plane}`).boundingBox();
    report(`HIELight, ${plane} scroll`, await measure(page, [box.x + box.width / 2, box.y + box.height / 2]));
  }
  await browser.close();
  await site.close();
}

async function niivue() {
  const here = fileURLToPath(new URL(".", import.meta.url));
  const library = join(here, "node_modules/@niivue/niivue/dist/index.js");
  if (!existsSync(library)) execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: here, stdio: "inherit" });
  const folder = mkdtempSync(join(tmpdir(), "hielight-niivue-"));
  copyFileSync(library, join(folder, "niivue.js"));
  copyFileSync(pair.t1w, join(folder, "t1.nii.gz"));
  const { dims, rows } = geometry(read(pair.t1w));
  writeFileSync(join(folder, "map.nii"), nifti(knownMap({ dims, affine: rows })));
  writeFileSync(
    join(folder, "index.html"),
    `<!doctype html><body style="margin:0"><div style="width:${2 * PLANE}px;height:${2 * PLANE}px"><canvas id="gl"></canvas></div>
<script type="module">
import { Niivue } from "./niivue.js";
const viewer = new Niivue({ multiplanarForceRender: false });
await viewer.attachTo("gl");
await viewer.loadVolumes([
  { url: "t1.nii.gz" },
  { url: "map.nii", colormap: "inferno", opacity: 0.6, cal_min: ${0.25 * FULL_SCALE}, cal_max: ${FULL_SCALE} },
]);
viewer.setSliceType(viewer.sliceTypeMultiplanar);
viewer.setMultiplanarLayout(2);
viewer.opts.multiplanarShowRender = 0;
viewer.drawScene();
globalThis.viewer = viewer;
</script>`,
  );
  const [browser, site] = [await launch({ webgpu: false }), await serveSite({ folder })];
  const page = await open(browser, site.origin, { viewport: { width: 1800, height: 1300 } });
  await page.waitForFunction(() => globalThis.viewer?.volumes.length === 2, null, { timeout: 120_000 });
  await page.waitForTimeout(1000);
  if (page.faults.length > 0) console.log(`NiiVue: ${page.faults.join("\n")}`);
  const tiles = await page.evaluate(() => viewer.screenSlices.map((slice) => [slice.axCorSag, ...slice.leftTopWidthHeight.map(Math.round)]));
  const version = await page.evaluate(() => document.querySelector("canvas").width);
  console.log(`NiiVue: canvas ${version} pixels wide, planes (kind, left, top, width, height) ${JSON.stringify(tiles)}`);
  const [, left, top, width, height] = tiles.find(([kind]) => kind === 0);
  const before = await page.evaluate(() => [...viewer.scene.crosshairPos]);
  report("NiiVue, axial scroll", await measure(page, [left + width / 2, top + height / 2]));
  const after = await page.evaluate(() => [...viewer.scene.crosshairPos]);
  console.log(`NiiVue: crosshair ${before} to ${after}`);
  await page.screenshot({ path: join(folder, "niivue.png") });
  console.log(`NiiVue: picture ${join(folder, "niivue.png")}`);
  await browser.close();
  await site.close();
}

const which = process.argv[2];
if (which !== "niivue") await ours();
if (which !== "hielight") await niivue();
