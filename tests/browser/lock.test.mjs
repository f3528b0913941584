// Does the browser itself keep the images in? Every way out is tried, from the page and from the
// engine's worker, and then again with the lock taken away, where the same attempts must succeed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { phantoms } from "./support/hielight.mjs";
import { ANALYSIS_MS, analyse, choose, loadDemo, number, shown } from "./support/page.mjs";
import { keepCreate, probePage, probeRealms, probeWorker, withoutLock } from "./support/probes.mjs";
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

/** What no page of ours asks for. */
const LAST = "/icon.svg?last";

/**
 * What the servers got since `from`, once the page has nothing left to do and what the same browser asks both for
 * after that has arrived. After a visit the browser itself asks whether the service worker has changed: that one
 * bare request is none of the page's.
 */
async function arrived(page, from) {
  await page.evaluate(() => new Promise((done) => requestIdleCallback(done)));
  const last = await browser.newContext({ serviceWorkers: "block" });
  for (const { origin } of [site, elsewhere]) {
    const blank = await last.newPage();
    await blank.goto(`${origin}${LAST}`);
  }
  await last.close();
  const own = [...site.requests.slice(from.site), ...elsewhere.requests.slice(from.elsewhere)];
  const lasts = own.filter((request) => request === `GET ${LAST}`);
  assert.equal(lasts.length, 2, "the last requests of all have arrived");
  return own.filter((request) => ![`GET ${LAST}`, "GET /favicon.ico", "GET /sw.js"].includes(request));
}

/** Opens the site as at a second visit: from the copy that the service worker keeps. */
async function openFromCopy() {
  const prepare = (page) => page.addInitScript(keepCreate);
  const page = await open(browser, site.origin, { serviceWorkers: "allow", prepare });
  await page.getByTestId("offline").filter({ hasText: /^Ready for offline use/ }).waitFor({ timeout: ANALYSIS_MS });
  await page.locator("#privacy.locked").waitFor({ timeout: ANALYSIS_MS });
  await page.reload();
  assert.ok(await page.evaluate(() => navigator.serviceWorker.controller !== null), "the copy serves the page");
  return page;
}
const now = () => ({ site: site.requests.length, elsewhere: elsewhere.requests.length });
const targets = () => ({ site: site.origin, elsewhere: elsewhere.origin, stunPort: stun.port });

test("no request leaves during an analysis, from choosing the files to the painted result", async () => {
  let atLock = null;
  const page = await open(browser, site.origin, {
    serviceWorkers: "allow",
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
  const plain = (request) => /^GET [^?]*$/.test(request) || request === `GET ${LAST}`;
  assert.ok(site.requests.every(plain), `only plain downloads: ${site.requests}`);
  assert.deepEqual(page.faults, []);
  assert.deepEqual(page.violations, []);
  await page.context().close();
});

test("every channel is refused, from the page and from the engine's worker, beside a service worker", async () => {
  const page = await openFromCopy();
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

test("the service worker is no way out: it fetches nothing that a page names", async () => {
  const page = await openFromCopy();
  await page.locator("#privacy.locked").waitFor({ timeout: ANALYSIS_MS });
  const before = now();
  const answers = await page.evaluate(async ({ site, elsewhere }) => {
    const answers = [];
    navigator.serviceWorker.addEventListener("message", ({ data }) => answers.push(data));
    const worker = navigator.serviceWorker.controller;
    for (const address of [`${site}/worker-way?secret`, `${elsewhere}/worker-way?secret`]) {
      const shapes = [address, { fetch: address }, { url: address }, { type: "fetch", url: address, body: "secret" }];
      for (const message of [...shapes, ["fetch", address], { download: address }]) worker.postMessage(message);
      // What its own message does, with an address for the rest.
      worker.postMessage({ "take over": address });
      // A file of the list, with a secret in its address.
      await fetch(`${site}/style.css?secret`).catch(() => {});
      await caches.open("x").then((cache) => cache.add(address)).catch(() => {});
    }
    return answers;
  }, targets());
  assert.deepEqual(await arrived(page, before), []);
  assert.deepEqual(answers, [], "it has nothing to say to them");
  await page.context().close();
});

test("the panel lists every request, and its own test finds every way closed", async () => {
  const page = await open(browser, site.origin);
  await page.locator("#privacy.locked").waitFor({ timeout: ANALYSIS_MS });
  const before = now();
  await page.getByTestId("privacy").click();
  const panel = page.getByTestId("privacy-panel");
  await panel.getByRole("heading", { name: "What can leave this page" }).waitFor();
  const listed = await page.getByTestId("privacy-requests").locator("tbody tr td:first-child").allInnerTexts();
  // What the server saw of this page is what the page says: the icon is the browser's own affair.
  const got = new Set(site.requests.slice(-listed.length - 2).map((request) => request.replace(/^GET \//, "")));
  for (const name of ["engine.js", "engine_bg.wasm", "model.safetensors", "demo/demo_T1w.nii.gz", "style.css", "licences.txt"]) {
    assert.ok(listed.includes(name), `${name} in ${listed}`);
    assert.ok(got.has(name), `${name} in ${[...got]}`);
  }
  assert.match(await panel.innerText(), /all before the lock; 0 attempts refused/);

  await page.getByTestId("privacy-test").click();
  await page.locator("#privacy-verdict").filter({ hasText: /ways/ }).waitFor({ timeout: ANALYSIS_MS });
  await picture(page, "lock-panel");
  const lines = await page.getByTestId("privacy-test-result").locator("li").allInnerTexts();
  for (const who of ["Page", "Engine"]) {
    for (const way of ["fetch", "XMLHttpRequest", "WebSocket", ...(who === "Page" ? ["EventSource"] : [])]) {
      for (const place of [site.host, "example.invalid"]) {
        const found = lines.filter((line) => line.startsWith(`${who}: ${way} → `) && line.includes(place));
        assert.deepEqual(found.map((line) => line.split(": ").at(-1)), ["refused by the browser"], `${who} ${way} ${place}`);
      }
    }
  }
  for (const way of ["beacon", "image"]) assert.equal(lines.filter((line) => line.startsWith(`Page: ${way} → `)).length, 2);
  assert.equal(lines.filter((line) => line.endsWith(": taken away by the page")).length, 8, "what no policy closes");
  assert.match(await page.locator("#privacy-verdict").innerText(), new RegExp(`^All ${lines.length} ways are closed`));
  assert.match(await panel.innerText(), /all before the lock; [1-9]\d* attempts refused/);
  assert.deepEqual(await arrived(page, before), []);
  await page.context().close();
});

test("the panel's own test tells when a way is open", async () => {
  const page = await open(browser, site.origin, { prepare: (page) => page.addInitScript(withoutLock) });
  await page.waitForFunction(() => globalThis.lockWasRemoved === true, null, { timeout: ANALYSIS_MS });
  await page.getByTestId("privacy").click();
  await page.getByTestId("privacy-test").click();
  await page.locator("#privacy-verdict").filter({ hasText: /ways/ }).waitFor({ timeout: ANALYSIS_MS });
  const lines = await page.getByTestId("privacy-test-result").locator("li.open").allInnerTexts();
  assert.ok(lines.some((line) => /^Page: fetch → http.*: WENT OUT$/.test(line)), `${lines}`);
  assert.match(await page.locator("#privacy-verdict").innerText(), /are not closed: do not use this page/);
  await page.context().close();
});

test("no fresh window or frame brings WebRTC back, and its attempts reach no server", async () => {
  const page = await open(browser, site.origin);
  await page.locator("#privacy.locked").waitFor({ timeout: ANALYSIS_MS });
  const before = now();
  assert.deepEqual(await page.evaluate(probeRealms), []);
  assert.equal(page.context().pages().length, 1, "no window was opened");
  assert.deepEqual(await arrived(page, before), []);
  await page.context().close();
});

test("where nothing is taken away the same ways do bring WebRTC back", async () => {
  const page = await open(browser, site.origin, { prepare: (page) => page.addInitScript(withoutLock) });
  await page.waitForFunction(() => globalThis.lockWasRemoved === true, null, { timeout: ANALYSIS_MS });
  const reached = await page.evaluate(probeRealms);
  for (const way of ["own", "createElement", "prefixed", "other document"]) assert.ok(reached.includes(way), `${way}: ${reached}`);
  await page.context().close();
});

test("text becomes code nowhere: Trusted Types are on from the start, and no policy can be added", async () => {
  // The page makes no script element any more: this one is made by what was kept.
  const page = await open(browser, site.origin, { prepare: (page) => page.addInitScript(keepCreate) });
  await page.locator("#privacy.locked").waitFor({ timeout: ANALYSIS_MS });
  const tried = await page.evaluate(() => {
    const outcome = (work) => {
      try {
        work();
        return "taken";
      } catch (error) {
        return error.name;
      }
    };
    const blob = URL.createObjectURL(new Blob(["postMessage(1)"], { type: "text/javascript" }));
    return {
      markup: outcome(() => (document.createElement("p").innerHTML = "<b>x</b>")),
      script: outcome(() => (keptCreate("script").text = "1")),
      worker: outcome(() => new Worker(blob)),
      policy: outcome(() => trustedTypes.createPolicy("another", {})),
      twin: outcome(() => trustedTypes.createPolicy("hielight", { createScriptURL: (url) => url })),
    };
  });
  assert.deepEqual(new Set(Object.values(tried)), new Set(["TypeError"]), JSON.stringify(tried));
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
