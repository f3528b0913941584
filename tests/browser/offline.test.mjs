// Does the page work without a network, does it never mix two versions, and does it notice damage?

import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { launch, open, openIn, picture } from "./support/browser.mjs";
import { copies, damage, kept, list, nextVersion, versions } from "./support/copy.mjs";
import { demoCase, predict } from "./support/hielight.mjs";
import { ANALYSIS_MS, assertClean, loadDemo, shown } from "./support/page.mjs";
import { DIST, REPOSITORY, serveSite, siteHeaders } from "./support/site.mjs";

/** As in demo.test.mjs: two devices, one network; in a trial WebGPU and the CPU differed by 2e-7 on the logit. */
const LOGIT_TOLERANCE = 1e-4;
const ONE_FILE = process.env.HIELIGHT_ONE_FILE ?? join(REPOSITORY, "dist-offline/hielight.html");
const ONE_FILE_LIMIT_BYTES = 8_000_000;

const demo = demoCase();
const answers = new Map();
/** The command line's logit for the demo case. */
function commandLine(birthWeight) {
  if (!answers.has(birthWeight)) {
    const { code, stderr, json } = predict({ ...demo, birthWeight });
    assert.equal(code, 0, stderr);
    answers.set(birthWeight, json.logit);
  }
  return answers.get(birthWeight);
}
function assertSameLogit(answer) {
  const logit = commandLine(answer.birthWeight);
  assert.ok(Math.abs(answer.logit - logit) <= LOGIT_TOLERANCE, `${answer.logit}, command line ${logit}`);
}

/** Waits until the page says that it can be used offline. */
async function isReady(page) {
  await page.getByTestId("offline").filter({ hasText: /^Ready for offline use/ }).waitFor({ timeout: ANALYSIS_MS });
}
/** Waits until the page has loaded all that it needs: nothing is downloaded after that. */
async function isLocked(page) {
  await page.locator("#privacy.locked").waitFor({ timeout: ANALYSIS_MS });
}

describe("the offline copy", () => {
  let browser;
  before(async () => void (browser = await launch({ webgpu: false })));
  after(() => browser?.close());

  /** A site and a page that is served from its copy. */
  async function installed() {
    const replace = new Map();
    const site = await serveSite({ replace, headers: siteHeaders() });
    const page = await open(browser, site.origin, { serviceWorkers: "allow" });
    await isReady(page);
    await isLocked(page);
    const end = async () => {
      await page.context().close();
      await site.close();
    };
    return { replace, site, page, end };
  }

  test("answers the demo case after the server has stopped", async () => {
    const { site, page, end } = await installed();
    const before = site.requests.length;
    await site.close();
    await page.reload();
    const answer = await loadDemo(page);
    assertSameLogit(answer);
    await isReady(page);
    assert.equal(site.requests.length, before, "the server is gone");
    await page.locator("#open-licences").click();
    assert.match(await page.getByTestId("licences").innerText(), /burn \d+\.\d+/, "the licences are in the copy");
    assert.deepEqual(page.violations, []);
    await picture(page, "offline-licences");
    await end().catch(() => {});
  });

  test("holds every file of the site and no other", async () => {
    const { page, end } = await installed();
    const paths = await page.evaluate(async () => {
      const [name] = await caches.keys();
      const requests = await (await caches.open(name)).keys();
      return requests.map((request) => new URL(request.url).pathname.slice(1) || "index.html").sort();
    });
    const { files, version } = list();
    assert.match(version, /^[0-9a-f]{16}$/);
    assert.deepEqual(paths, Object.keys(files).sort());
    for (const name of ["index.html", "app_bg.wasm", "engine_bg.wasm", "model.safetensors", "licences.txt"]) {
      assert.ok(paths.includes(name), name);
    }
    await end();
  });

  test("keeps an open page, and every page beside it, to one version until the user asks", async () => {
    const { replace, site, page, end } = await installed();
    await page.reload();
    await isLocked(page);
    for (const [path, bytes] of nextVersion(2)) replace.set(path, bytes);
    // A visit is when the browser asks for a new version; the visit itself still gets the old one.
    const beside = await openIn(page.context(), site.origin);
    assert.deepEqual(await versions(beside), { page: null, style: null });
    await page.getByTestId("update").waitFor({ timeout: ANALYSIS_MS });
    await isLocked(beside);
    assert.deepEqual(await versions(page), { page: null, style: null });

    await page.getByTestId("update").click();
    await page.locator("#update-note").filter({ hasText: "1 open" }).waitFor();
    await picture(page, "offline-update");
    assert.deepEqual(await versions(page), { page: null, style: null }, "another window is open");
    await beside.reload();
    assert.deepEqual(await versions(beside), { page: null, style: null }, "a reload beside it mixes nothing");

    await beside.close();
    await page.getByTestId("update").click();
    await page.locator("html[data-version='2']").waitFor({ state: "attached", timeout: ANALYSIS_MS });
    await isLocked(page);
    assert.deepEqual(await versions(page), { page: "2", style: "2" });
    const held = await copies(page);
    assert.equal(held.length, 1, `${held}`);
    assert.match(held[0], /test-2$/);
    assert.equal(await page.getByTestId("update").isVisible(), false);
    assertClean(page);
    await end();
  });

  test("refuses a version whose files do not fit each other", async () => {
    const { replace, site, page, end } = await installed();
    for (const [path, bytes] of nextVersion(3, { mixed: true })) replace.set(path, bytes);
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      globalThis.fate = new Promise((done) => {
        registration.addEventListener("updatefound", () => {
          const worker = registration.installing;
          worker.addEventListener("statechange", () => done(worker.state), { once: true });
        });
      });
    });
    const beside = await openIn(page.context(), site.origin);
    const state = await page.evaluate(() => globalThis.fate);
    assert.deepEqual(await versions(beside), { page: null, style: null });
    assert.equal(state, "redundant");
    assert.equal(await page.getByTestId("update").isVisible(), false);
    assert.equal((await copies(page)).length, 1, "nothing of the refused version stays");
    await page.reload();
    assert.deepEqual(await versions(page), { page: null, style: null });
    await end();
  });

  test("mends a damaged file from the network", async () => {
    const { page, end } = await installed();
    await damage(page, "model.safetensors");
    assert.notEqual(await kept(page, "model.safetensors"), list().files["model.safetensors"]);
    await page.reload();
    await isLocked(page);
    assert.equal(await kept(page, "model.safetensors"), list().files["model.safetensors"]);
    assertClean(page);
    await end();
  });

  test("serves a sound download that a full disk cannot keep", async () => {
    const { page, end } = await installed();
    const [worker] = page.context().serviceWorkers();
    await worker.evaluate(() => {
      Cache.prototype.put = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
    });
    await damage(page, "model.safetensors");
    await page.reload();
    await isLocked(page);
    assertClean(page);
    await end();
  });

  test("serves no damaged file where there is no network", async () => {
    const { site, page, end } = await installed();
    await site.close();
    await damage(page, "model.safetensors");
    await page.reload();
    await page.getByTestId("error").waitFor();
    const { refusal, probability } = await shown(page);
    assert.match(refusal, /model\.safetensors could not be loaded/i);
    assert.equal(probability, null);
    assert.equal(await page.getByTestId("analyse").isEnabled(), false);

    await damage(page, "./");
    const response = await page.reload();
    assert.equal(response.status(), 503);
    assert.match(await page.locator("body").innerText(), /index\.html is damaged.*Connect to the network and reload/s);
    await end().catch(() => {});
  });

  test("asks the user to install it when the browser offers that, and not before", async () => {
    const { page, end } = await installed();
    assert.equal(await page.getByTestId("install").count(), 0);
    await page.evaluate(() => {
      const offer = new Event("beforeinstallprompt", { cancelable: true });
      offer.prompt = () => (globalThis.asked = true);
      dispatchEvent(offer);
    });
    await page.getByTestId("install").click();
    assert.equal(await page.evaluate(() => globalThis.asked), true);
    assert.equal(await page.getByTestId("install").count(), 0, "an offer can be used once");
    await end();
  });

  test("gives the browser a manifest that it has nothing against", async () => {
    const site = await serveSite({ headers: siteHeaders() });
    let proceed;
    const asked = new Promise((done) => (proceed = done));
    // The browser reads the manifest before the lock or never: the engine waits for it here.
    const hold = (page) => page.route("**/engine_bg.wasm", async (route) => (await asked, route.continue()));
    const page = await open(browser, site.origin, { prepare: hold });
    const devtools = await page.context().newCDPSession(page);
    const { errors, data } = await devtools.send("Page.getAppManifest");
    assert.deepEqual(errors, []);
    const { display, icons } = JSON.parse(data);
    assert.equal(display, "standalone");
    for (const { src, sizes, type } of icons.filter((icon) => icon.type === "image/png")) {
      const side = readFileSync(join(DIST, src)).readUInt32BE(16);
      assert.equal(`${side}x${side} ${type}`, `${sizes} image/png`, src);
    }
    proceed();
    await isLocked(page);
    assertClean(page);
    await page.context().close();
    await site.close();
  });
});

for (const { name, webgpu, device } of [
  { name: "on the CPU", webgpu: false, device: /cpu/i },
  { name: "on WebGPU", webgpu: true, device: /webgpu/i },
]) {
  test(`the one file answers the demo case from file:// without a network, ${name}`, async () => {
    assert.ok(existsSync(ONE_FILE), `${ONE_FILE} is missing: run \`cargo xtask offline\``);
    const { size } = statSync(ONE_FILE);
    assert.ok(size < ONE_FILE_LIMIT_BYTES, `${size} bytes`);
    const browser = await launch({ webgpu });
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, offline: true });
    const requests = [];
    context.on("request", (request) => requests.push(request.url()));
    const page = await openIn(context, `${pathToFileURL(ONE_FILE).href}${webgpu ? "?device=gpu" : ""}`);
    const answer = await loadDemo(page);
    assertSameLogit(answer);
    assert.match(answer.device, device);
    assert.match(await page.getByTestId("offline").innerText(), /one file/i);
    assert.equal(await page.getByTestId("install").count(), 0);
    const others = requests.filter((url) => !/^(blob|data):/.test(url) && !/\/hielight\.html(\?device=gpu)?$/.test(url));
    assert.deepEqual(others, [], "it asks for nothing beside itself");
    const gap = Math.abs(answer.logit - commandLine(answer.birthWeight)).toExponential(1);
    console.log(`one file ${name}: ${(size / 1e6).toFixed(2)} MB, logit ${gap} from the command line's`);
    await page.getByTestId("privacy").click();
    await page.getByTestId("privacy-test").click();
    await page.locator("#privacy-verdict").filter({ hasText: /^All \d+ ways are closed/ }).waitFor();
    await picture(page, `one-file-${webgpu ? "webgpu" : "cpu"}`);
    assert.deepEqual(page.faults, []);
    await browser.close();
  });
}
