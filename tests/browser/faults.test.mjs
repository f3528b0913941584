// What becomes of a visit when what it runs on fails: graphics adapter, memory, messages, files on disk.

import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { launch, open } from "./support/browser.mjs";
import { demoCase, predict, scratch } from "./support/hielight.mjs";
import { geometry, read } from "./support/nifti.mjs";
import { ANALYSIS_MS, analyse, choose, outcome, shown, slot } from "./support/page.mjs";
import { DIST, serveSite } from "./support/site.mjs";

const demo = demoCase();
const own = { t1w: demo.t1w, t2w: demo.t2w, birthWeight: 3200 };
/** Two devices, one network: as in demo.test.mjs. */
const LOGIT_TOLERANCE = 1e-4;
const hook = (page, name) => page.getByTestId(name);
const ready = (page) => page.locator("#analyse:enabled").waitFor({ timeout: ANALYSIS_MS });

const opened = [];
after(async () => {
  for (const it of opened) await it.close();
});

async function visit({ webgpu = false, replace, query = "", prepare } = {}) {
  const [browser, site] = [await launch({ webgpu }), await serveSite({ replace })];
  opened.push(browser, site);
  const page = await open(browser, `${site.origin}/${query}`, { prepare });
  await ready(page);
  return page;
}

/** What the reader gave is still there, and a fresh engine's number is the command line's. */
async function goesOn(page) {
  await ready(page);
  assert.equal((await shown(page)).birthWeight, "3200");
  await slot(page, "t1", "voxels");
  await slot(page, "t2", "voxels");
  const answer = await analyse(page);
  assert.equal(answer.kind, "probability", JSON.stringify(answer));
  const native = predict(own).json.logit;
  assert.ok(Math.abs(answer.logit - native) <= LOGIT_TOLERANCE, `${answer.logit}, ${native}`);
  assert.match(answer.device, /^CPU/);
  return answer;
}

/** Runs in the worker: its graphics device is destroyed as soon as the network runs. */
function destroyInMidRun() {
  const devices = [];
  const request = self.GPUAdapter?.prototype.requestDevice;
  if (!request) return;
  self.GPUAdapter.prototype.requestDevice = async function (...given) {
    const device = await request.apply(this, given);
    devices.push(device);
    return device;
  };
  const post = self.postMessage.bind(self);
  self.postMessage = (message, transfer) => {
    post(message, transfer ?? []);
    const stage = message?.body?.answer?.Stage;
    if (JSON.stringify(stage ?? "").includes("Running the network")) {
      devices.splice(0).forEach((device) => device.destroy());
    }
  };
}

test("a graphics device that is destroyed in mid-run gives no number, and the CPU gives it", async () => {
  const boot = readFileSync(join(DIST, "engine-boot.js"), "utf8");
  const replace = new Map([["/engine-boot.js", Buffer.from(`(${destroyInMidRun})();\n${boot}`)]]);
  const page = await visit({ webgpu: true, replace, query: "?device=gpu" });
  await choose(page, own);
  await page.locator("#device", { hasText: /webgpu/i }).waitFor({ timeout: ANALYSIS_MS });
  await page.locator("#device", { hasText: "being tested" }).waitFor({ state: "detached", timeout: ANALYSIS_MS });
  const end = await analyse(page);
  // Said, or done again at once: never computed by what is gone.
  if (end.kind === "refusal") assert.match(end.refusal, /engine stopped during the analysis/);
  else assert.match(end.device, /^CPU/);
  await page.locator("#device", { hasText: "The CPU answers instead" }).waitFor({ timeout: ANALYSIS_MS });
  const answer = await goesOn(page);
  if (end.kind === "probability") assert.equal(end.probability, answer.probability);
  assert.equal(await page.locator("#cohort-list tbody tr").count(), 1, "the newborn is listed once");
});

/** The engine's module with room for so many bytes beyond those that it starts with. */
function withLittleMemory(module, bytes) {
  const leb = (value) => {
    const out = [];
    for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
    return [...out, value];
  };
  const number = (at) => {
    let [value, scale] = [0, 1];
    for (; ; at += 1, scale *= 128) {
      value += (module[at] & 127) * scale;
      if (module[at] < 128) return [value, at + 1];
    }
  };
  for (let at = 8; at < module.length; ) {
    const [size, start] = number(at + 1);
    if (module[at] === 5) {
      // One memory: flags, and its least pages of 64 KiB.
      assert.equal(module[start], 1);
      const [least] = number(start + 2);
      const limits = [1, 1, ...leb(least), ...leb(least + Math.ceil(bytes / 65536))];
      const section = Buffer.from([5, ...leb(limits.length), ...limits]);
      return Buffer.concat([module.subarray(0, at), section, module.subarray(start + size)]);
    }
    at = start + size;
  }
  throw new Error("the engine has no memory of its own");
}

describe("on the CPU", () => {
  test("an image beyond the memory is named, and everything else goes on", async () => {
    // A newborn needs a third of this; 480³ voxels in float32 alone are 422 MiB.
    const module = withLittleMemory(readFileSync(join(DIST, "engine_bg.wasm")), 400 << 20);
    const page = await visit({ replace: new Map([["/engine_bg.wasm", module]]) });
    await choose(page, own);
    const before = await analyse(page);
    const header = Buffer.from(read(demo.t1w).subarray(0, 352));
    for (let axis = 0; axis < 3; axis += 1) header.writeInt16LE(480, 42 + 2 * axis);
    // Bytes, on a grid that spans a head.
    header.writeInt16LE(2, 70);
    header.writeInt16LE(8, 72);
    const { rows } = geometry(read(demo.t1w));
    rows.forEach((row, r) => row.slice(0, 3).forEach((_, c) => header.writeFloatLE(r === c ? 0.4 : 0, 280 + 16 * r + 4 * c)));
    for (let axis = 0; axis < 3; axis += 1) header.writeFloatLE(0.4, 80 + 4 * axis);
    const large = join(scratch(), "large_T1w.nii.gz");
    writeFileSync(large, gzipSync(Buffer.concat([header, Buffer.alloc(480 ** 3)]), { level: 1 }));
    await choose(page, { t1w: large });
    await slot(page, "t1", "refused");
    assert.match(await page.locator("#t1-facts").innerText(), /engine stopped while it read the T1w image/);
    // What is refused stands beside the image that is there, and the answer is that one's.
    assert.equal((await shown(page)).probability, before.probability, "the answer to what is there is gone");
    await choose(page, { t1w: own.t1w });
    assert.equal((await goesOn(page)).probability, before.probability);
  });

  test("a message that cannot be understood ends that engine, and the next one has everything", async () => {
    const prepare = (page) =>
      page.addInitScript(() => {
        globalThis.engines = [];
        globalThis.Worker = class extends globalThis.Worker {
          constructor(...given) {
            super(...given);
            globalThis.engines.push(this);
          }
        };
      });
    const page = await visit({ prepare });
    await choose(page, own);
    await slot(page, "t2", "voxels");
    await hook(page, "analyse").click();
    await page.evaluate(() => {
      const data = { body: { job: 4, answer: { Probably: 0.9 } } };
      globalThis.engines[0].dispatchEvent(new MessageEvent("message", { data }));
    });
    await page.waitForFunction(() => globalThis.engines.length === 2);
    const end = await outcome(page);
    if (end.kind === "refusal") assert.match(end.refusal, /engine stopped/);
    await goesOn(page);
  });

  test("a file that changed on disk is never answered as the one before", async () => {
    const copy = join(scratch(), "copy_T1w.nii.gz");
    copyFileSync(own.t1w, copy);
    const page = await visit();
    await choose(page, { ...own, t1w: copy });
    const before = await analyse(page);
    writeFileSync(copy, "another file by now");
    // The engine holds what was read when it was chosen, which is what is shown.
    assert.equal((await analyse(page)).probability, before.probability);
    // Given to the other slot it is read anew, and the browser refuses what is not the file that was chosen.
    await hook(page, "swap").click();
    await slot(page, "t2", /refused\. .*could not be read/i);
    assert.equal((await shown(page)).probability, null);
    assert.match((await shown(page)).refusal, /Choose it again/);
  });
});
