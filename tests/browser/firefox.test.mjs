// Does the page, locked and with every documented header, answer in Firefox what the command line answers?

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openInFirefox, press, says, until } from "./support/firefox.mjs";
import { demoCase, phantoms, predict } from "./support/hielight.mjs";
import { serveSite, siteHeaders } from "./support/site.mjs";

/** The same network on the same kind of device, other instructions for exp and log. */
const LOGIT_TOLERANCE = 1e-4;

const answered = (page) =>
  until(page, () => {
    const shown = document.querySelector('[data-testid="probability"]');
    const error = document.getElementById("error");
    if (error.checkVisibility()) return { error: error.innerText };
    return shown?.checkVisibility() && shown.dataset.logit ? { logit: Number(shown.dataset.logit) } : null;
  });

/** The demo case is answered as the command line answers it. */
async function assertDemo(page) {
  await until(page, () => !document.querySelector('[data-testid="load-demo"]').disabled);
  await press(page, "load-demo");
  const { logit, error } = await answered(page);
  assert.equal(error, undefined);
  const native = predict({ ...demoCase(), birthWeight: await page.evaluate(() => document.getElementById("birth-weight").value) });
  assert.ok(Math.abs(logit - native.json.logit) <= LOGIT_TOLERANCE, `${logit}, ${native.json.logit}`);
}

describe("in Firefox", () => {
  let site;
  let page;
  let close;

  before(async () => {
    // As a host should send it: with every header.
    site = await serveSite({ headers: siteHeaders() });
    ({ page, close } = await openInFirefox(site.origin));
    await says(page, "privacy", /^Locked/);
  });
  after(async () => {
    await close?.();
    await site?.close();
  });

  test("is the demo case's number the command line's", async () => {
    await assertDemo(page);
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

  test("is every way found closed by the panel's own test, time and again", async () => {
    const before = site.requests.length;
    await press(page, "privacy");
    // What one attempt leaves behind must not stop the next: in a trial every second test hung.
    for (let round = 0; round < 6; round += 1) {
      await page.evaluate(() => document.getElementById("privacy-test").click());
      const verdict = await until(page, () => {
        const verdict = document.getElementById("privacy-verdict").innerText;
        return /closed/.test(verdict) ? verdict : null;
      });
      // Six ways to two addresses from the page, three to each from the engine, eight that are taken away.
      assert.equal(verdict, "All 26 ways are closed.");
    }
    assert.deepEqual(site.requests.slice(before), [], "nothing went out");
    await page.evaluate(() => document.getElementById("close-privacy").click());
  });

  test("is the demo case answered after the server has stopped", async () => {
    await says(page, "offline", /^Ready for offline use/);
    await site.close();
    await page.reload();
    assert.ok(await page.evaluate(() => navigator.serviceWorker.controller !== null), "the copy serves the page");
    await says(page, "privacy", /^Locked/);
    await assertDemo(page);
  });
});
