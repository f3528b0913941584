// What a drag costs: the main thread's time for each frame, from Chromium's own trace, while a nomogram's axis and
// the prevalence are dragged.
//
//     cargo xtask build && node bench/context.mjs

import { launch, open } from "../tests/browser/support/browser.mjs";
import { loadDemo } from "../tests/browser/support/page.mjs";
import { serveSite } from "../tests/browser/support/site.mjs";

const MOVES = 90;
const FRAME_MS = 1000 / 60;

const [browser, site] = [await launch({ webgpu: false }), await serveSite()];
const page = await open(browser, site.origin, { viewport: { width: 1920, height: 1080 } });
await loadDemo(page);

const frame = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Moves the pointer along a part of an element, a frame at a time. */
async function drag(selector, height) {
  const target = page.locator(selector);
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  const y = box.y + height(box);
  await page.mouse.move(box.x + 0.3 * box.width, y);
  await page.mouse.down();
  for (let move = 0; move < MOVES; move += 1) {
    await page.mouse.move(box.x + (0.3 + (0.4 * move) / MOVES) * box.width, y);
    await frame();
  }
  await page.mouse.up();
}

for (const { name, selector, height } of [
  { name: "nomogram axis", selector: "#nomogram-chart", height: () => 98 },
  { name: "prevalence slider", selector: "#prevalence-slider", height: (box) => box.height / 2 },
]) {
  await drag(selector, height);
  await browser.startTracing(page, { categories: ["devtools.timeline", "toplevel"] });
  await drag(selector, height);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString("utf8"));
  const renderer = traceEvents.find((event) => event.name === "FireAnimationFrame");
  if (!renderer) throw new Error("the trace holds no frame");
  const own = traceEvents.filter((event) => event.pid === renderer.pid && event.tid === renderer.tid && event.ph === "X");
  const spent = (names) => own.filter((event) => names.includes(event.name)).map((event) => event.dur / 1000);
  // The page's own callbacks within a frame; the trace holds those of this measurement too.
  const frames = own.filter((event) => event.name === "FireAnimationFrame");
  const redraws = own.filter(
    (event) =>
      event.name === "FunctionCall" &&
      event.args?.data?.url?.endsWith("/app.js") &&
      frames.some((frame) => frame.ts <= event.ts && event.ts < frame.ts + frame.dur),
  );
  const told = (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(2);
    return `median ${at(0.5)} ms, 95 % ${at(0.95)} ms, largest ${at(1)} ms of ${sorted.length}`;
  };
  const tasks = spent(["RunTask", "ThreadControllerImpl::RunTask"]);
  console.log(`${name}, ${MOVES} moves`);
  console.log(`  event handlers:            ${told(spent(["EventDispatch"]))}`);
  console.log(`  redraws in their frame:    ${told(redraws.map((event) => event.dur / 1000))}`);
  console.log(`  style, layout, paint:      ${told(spent(["UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "Commit"]))}`);
  console.log(`  tasks longer than a frame: ${tasks.filter((task) => task > FRAME_MS).length} of ${tasks.length}`);
}
await browser.close();
await site.close();
