// What a visit costs: bytes of the first one, time from files to the painted result, wasm memory.
//
//     cargo xtask build && node bench/page.mjs
//
// The 320 x 320 x 320 pair is measured where the collection of test images stands beside the repository.

import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { launch, open } from "../tests/browser/support/browser.mjs";
import { demoCase, realNewborn } from "../tests/browser/support/hielight.mjs";
import { analyse, choose, shown } from "../tests/browser/support/page.mjs";
import { DIST, serveSite, siteFiles } from "../tests/browser/support/site.mjs";

const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;

/** The engine's start, with its memory left where it can be asked for. */
const boot = readFileSync(`${DIST}/engine-boot.js`, "utf8").replace("initSync(", "self.engineExports = initSync(");

/** The largest memory that any process of the page had, where the system says so. */
async function peak(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const of = ({ id }) => (existsSync(`/proc/${id}/status`) ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? NaN) : NaN);
  return 1024 * Math.max(...processInfo.filter(({ type }) => type === "renderer").map(of));
}

for (const { name, webgpu } of [
  { name: "CPU", webgpu: false },
  { name: "WebGPU (SwiftShader)", webgpu: true },
]) {
  for (const { what, pair } of [
    { what: "demo case", pair: { ...demoCase(), birthWeight: 3030 } },
    { what: "320³ pair", pair: realNewborn() && { ...realNewborn(), birthWeight: 3300 } },
  ]) {
    if (!pair) continue;
    const browser = await launch({ webgpu });
    const site = await serveSite({ replace: new Map([["/engine-boot.js", Buffer.from(boot)]]) });
    const start = performance.now();
    const page = await open(browser, site.origin);
    await page.waitForFunction(() => !document.querySelector('[data-testid="load-demo"]').disabled);
    await page.waitForFunction(() => !/not chosen/.test(document.querySelector('[data-testid="device"]').innerText), null, { timeout: 120_000 });
    const ready = seconds(start);
    const drop = performance.now();
    await choose(page, pair);
    const answer = await analyse(page);
    const total = seconds(drop);
    const second = performance.now();
    await analyse(page);
    const again = seconds(second);
    const memory = await page.workers()[0].evaluate(() => self.engineExports.memory.buffer.byteLength);
    console.log(`${what}, ${name}: ready after ${ready}, files to ${answer.kind} ${total}, again ${again}; engine memory ${megabytes(memory)}, the page's process at most ${megabytes(await peak(browser))}; ${(await shown(page)).device}`);
    await browser.close();
    await site.close();
  }
}

let [plain, gzip, brotli] = [0, 0, 0];
for (const path of siteFiles(() => true)) {
  const bytes = readFileSync(path);
  const [g, b] = [gzipSync(bytes, { level: 9 }), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } })];
  if (bytes.length > 100_000) console.log(`${relative(DIST, path)}: ${megabytes(bytes.length)}, gzip ${megabytes(g.length)}, brotli ${megabytes(b.length)}`);
  plain += bytes.length;
  gzip += g.length;
  brotli += b.length;
}
console.log(`first visit: ${megabytes(plain)}, gzip ${megabytes(gzip)}, brotli ${megabytes(brotli)}`);
