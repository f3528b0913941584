// Does the browser itself keep the images in? Every way out is tried, from the page and from the
// engine's worker, and then again with the lock taken away, where the same attempts must succeed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { phantoms } from "./support/hielight.mjs";
import { analyse, choose, loadDemo, number, shown } from "./support/page.mjs";
import { probePage, probeWorker, withoutLock } from "./support/probes.mjs";
import { listenUdp, serveElsewhere, serveSite } from "./support/site.mjs";

let browser;
let site;
let elsewhere;
let stun;

before(async () => {
  // The lock is the browser's, not the device's: the CPU answers sooner than a GPU in software.
  browser = await launch({ webgpu: false });
  [site, elsewhere, stun] = [await serveSite(), await serveElsewhere(), await listenUdp()];
});
after(async () => {
  await browser?.close();
  await Promise.all([site?.close(), elsewhere?.close(), stun?.close()]);
});

/** Waits for what is still on its way, then returns what the servers got since `from`. */
async function arrived(page, from) {
  await page.waitForTimeout(1000);
  return [...site.requests.slice(from.site), ...elsewhere.requests.slice(from.elsewhere)];
}
const now = () => ({ site: site.requests.length, elsewhere: elsewhere.requests.length });
const targets = () => ({ site: site.origin, elsewhere: elsewhere.origin, stunPort: stun.port });

test("no request leaves during an analysis, from choosing the files to the painted result", async () => {
  let atLock = null;
  const page = await open(browser, site.origin, {
    prepare: (page) => void page.on("worker", () => (atLock ??= now())),
  });
  await loadDemo(page);
  assert.notEqual(atLock, null, "no engine worker was started");
  assert.deepEqual(await arrived(page, atLock), [], "requests after the engine had started");

  const [newborn] = phantoms(70_001);
  const before = now();
  await choose(page, newborn);
  await analyse(page);
  assert.deepEqual(await arrived(page, before), [], "requests during the analysis of chosen files");
  assert.ok(site.requests.every((request) => /^GET [^?]*$/.test(request)), `only plain downloads: ${site.requests}`);
  assert.deepEqual(page.faults, []);
  assert.deepEqual(page.violations, []);
  await page.context().close();
});

test("every channel is refused, from the page and from the engine's worker", async () => {
  const page = await open(browser, site.origin);
  await loadDemo(page);
  await picture(page, "lock");
  assert.match((await page.getByTestId("privacy").innerText()).trim(), /\S/, "the page says how it keeps data in");
  const before = now();
  const datagrams = stun.datagrams;

  const fromPage = await page.evaluate(probePage, targets());
  assert.ok(Object.keys(fromPage).length > 20, "the probes ran");
  for (const [channel, verdict] of Object.entries(fromPage)) assert.notEqual(verdict, "open", `page: ${channel}`);

  const workers = page.workers();
  assert.equal(workers.length, 1, "one engine");
  assert.match(workers[0].url(), /^blob:/, "only a blob: worker inherits the lock");
  const fromWorker = await workers[0].evaluate(probeWorker, targets());
  for (const [channel, verdict] of Object.entries(fromWorker)) {
    assert.equal(verdict, "refused", `worker: ${channel}`);
  }

  assert.deepEqual(await arrived(page, before), [], "requests that reached a server");
  // No policy of a page reaches WebRTC in Chromium 156: the page itself must take it away.
  assert.equal(stun.datagrams, datagrams, "WebRTC reached a STUN server");
  // The attempts are the test's own: only errors that no policy explains count.
  assert.ok(page.violations.length > 0, "the browser reported what it refused");
  await number(page);
  await page.context().close();
});

test("with the lock taken away the same attempts get through, so the lock is what refuses them", async () => {
  const page = await open(browser, site.origin, { prepare: (page) => page.addInitScript(withoutLock) });
  await page.waitForFunction(() => globalThis.lockWasRemoved === true, null, { timeout: 120_000 });
  const before = now();
  const fromPage = await page.evaluate(probePage, targets());
  assert.equal(fromPage["fetch, same origin"], "open");
  const requests = await arrived(page, before);
  for (const channel of ["fetch", "xhr", "beacon"]) {
    assert.ok(requests.includes(`POST /probe/${channel}`), `${channel} arrived: ${requests}`);
  }
  // A page that notices may refuse to work; it may not answer as if nothing had happened.
  for (const worker of page.workers()) {
    const fromWorker = await worker.evaluate(probeWorker, targets());
    assert.equal(fromWorker["fetch, same origin"], "open");
  }
  assert.equal((await shown(page)).probability, null);
  await page.context().close();
});
