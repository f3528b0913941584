// Does the page hold in Firefox what it holds in Chromium: the lock, the demo case, a pass with own files, offline use?

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openInFirefox, press, says, until } from "./support/firefox.mjs";
import { demoCase, phantoms, predict } from "./support/hielight.mjs";
import { listenUdp, serveElsewhere, serveSite, siteHeaders } from "./support/site.mjs";
import { keepCreate, probePage, probeRealms } from "./support/probes.mjs";

/** The same network on the same kind of device, other instructions for exp and log. */
const LOGIT_TOLERANCE = 1e-4;

const answered = (page) =>
  until(page, () => {
    const shown = document.querySelector('[data-testid="probability"]');
    const error = document.getElementById("error");
    if (error.checkVisibility()) return { error: error.innerText };
    return shown?.checkVisibility() && shown.dataset.logit ? { logit: Number(shown.dataset.logit) } : null;
  });

describe("in Firefox", () => {
  let site;
  let elsewhere;
  let stun;
  let page;
  let close;

  before(async () => {
    // As a host should send it: with every header.
    [site, elsewhere, stun] = [await serveSite({ headers: siteHeaders() }), await serveElsewhere(), await listenUdp()];
    ({ page, close } = await openInFirefox(site.origin));
    await says(page, "privacy", /^Locked/);
  });
  after(async () => {
    await close?.();
    await Promise.all([site?.close(), elsewhere?.close(), stun?.close()]);
  });

  test("is the demo case's number the command line's", async () => {
    await until(page, () => !document.querySelector('[data-testid="load-demo"]').disabled);
    await press(page, "load-demo");
    const { logit, error } = await answered(page);
    assert.equal(error, undefined);
    const native = predict({ ...demoCase(), birthWeight: await page.evaluate(() => document.getElementById("birth-weight").value) });
    assert.ok(Math.abs(logit - native.json.logit) <= LOGIT_TOLERANCE, `${logit}, ${native.json.logit}`);
  });

  test("is an own pair answered, and the answer gone with the next keystroke", async () => {
    const [newborn] = phantoms(70_001);
    for (const [name, file] of [["t1-input", newborn.t1w], ["t2-input", newborn.t2w]]) {
      const input = await page.$(`[data-testid="${name}"]`);
      await input.uploadFile(file);
    }
    await says(page, "status", /^Ready/);
    await page.evaluate(() => {
      const field = document.getElementById("birth-weight");
      field.value = "3200";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await press(page, "analyse");
    const { logit, error } = await answered(page);
    const native = predict({ ...newborn, birthWeight: 3200 });
    assert.equal(error, undefined);
    assert.ok(Math.abs(logit - native.json.logit) <= LOGIT_TOLERANCE, `${logit}, ${native.json.logit}`);
    await page.evaluate(() => {
      const field = document.getElementById("birth-weight");
      field.value = "3300";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const left = await page.evaluate(() => document.querySelector('[data-testid="probability"]').checkVisibility());
    assert.equal(left, false, "an old number stays beside another weight");
  });

  test("does the panel's own test find every way closed", async () => {
    await press(page, "privacy");
    await press(page, "privacy-test");
    const verdict = await until(page, () => {
      const text = document.getElementById("privacy-verdict").textContent;
      return /ways/.test(text) ? text : null;
    });
    const open = await page.evaluate(() => [...document.querySelectorAll("#privacy-test-result .open")].map((e) => e.textContent));
    assert.deepEqual(open, []);
    assert.match(verdict, /^All \d+ ways are closed/);
    await page.evaluate(() => document.getElementById("close-privacy").click());
  });

  test("does no probe of page or fresh window reach a server", async () => {
    const before = [site.requests.length, elsewhere.requests.length, stun.datagrams];
    await page.evaluate(`(${keepCreate})()`).catch(() => {});
    const verdicts = await page.evaluate(probePage, { site: site.origin, elsewhere: elsewhere.origin, stunPort: stun.port });
    assert.ok(Object.keys(verdicts).length > 20, "the probes ran");
    for (const [channel, verdict] of Object.entries(verdicts)) assert.notEqual(verdict, "open", channel);
    assert.deepEqual(await page.evaluate(probeRealms), []);
    const own = site.requests.slice(before[0]).filter((request) => request !== "GET /sw.js");
    assert.deepEqual([...own, ...elsewhere.requests.slice(before[1])], []);
    assert.equal(stun.datagrams, before[2], "WebRTC reached a STUN server");
  });

  test("does the offline copy serve the page when the server is gone", async () => {
    await says(page, "offline", /^Ready for offline use/);
    await site.close();
    await page.reload();
    await says(page, "privacy", /^Locked/);
    await until(page, () => !document.querySelector('[data-testid="load-demo"]').disabled);
    await press(page, "load-demo");
    assert.equal((await answered(page)).error, undefined);
  });
});
