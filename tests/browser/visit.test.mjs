// What is remembered of a visit: the reader's choices, until they are forgotten, and the newborns, until the page is closed.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { demoCase } from "./support/hielight.mjs";
import { ANALYSIS_MS, analyse, assertClean, choose, loadDemo, number, shown } from "./support/page.mjs";
import { serveSite } from "./support/site.mjs";

let browser;
let site;

before(async () => {
  [browser, site] = [await launch({ webgpu: false }), await serveSite()];
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const hook = (page, name) => page.getByTestId(name);
const ready = (page) => page.locator("#analyse:enabled").waitFor({ timeout: ANALYSIS_MS });
const stored = (page) => page.evaluate(() => Object.fromEntries(Object.entries(localStorage)));
const theme = (page) => page.evaluate(() => document.documentElement.dataset.theme);
const choices = async (page) => ({
  theme: await theme(page),
  ...Object.fromEntries(await Promise.all(["convention", "layout", "drag", "prevalence-preset"].map(async (name) => [name, await hook(page, name).inputValue()]))),
});

describe("choices", () => {
  const usual = { theme: "dark", convention: "radiological", layout: "one", drag: "crosshair", "prevalence-preset": "training" };
  const own = { theme: "light", convention: "neurological", layout: "both", drag: "pan", "prevalence-preset": "2" };

  test("are remembered for the next visit without a word of the newborn, and forgotten at the press of a button", async () => {
    const page = await open(browser, site.origin);
    await loadDemo(page);
    await hook(page, "report-label").fill("Baby Seven");
    assert.deepEqual(await choices(page), usual);
    await hook(page, "theme").click();
    for (const [name, value] of Object.entries(own)) if (name !== "theme") await hook(page, name).selectOption(value);
    // To draw is for now, and not for the next visit.
    await hook(page, "drag").selectOption("ruler");
    await hook(page, "drag").selectOption("pan");
    await page.reload();
    await ready(page);
    assert.deepEqual(await choices(page), own);
    assert.equal(await page.locator("#show-t1").isChecked(), true, "what is none of these is as ever");
    const kept = await stored(page);
    const all = ["convention", "drag", "layout", "prevalence", "theme"].map((name) => `hielight-${name}`);
    assert.deepEqual(Object.keys(kept).sort(), all);
    assert.deepEqual(Object.values(kept).sort(), ["0.05", "both", "light", "neurological", "pan"]);
    await page.locator("#privacy").click();
    assert.match(await hook(page, "remembered").innerText(), /Remembered now: light or dark, convention, layout, what a drag does, prevalence\./);
    await hook(page, "forget-preferences").click();
    assert.match(await hook(page, "remembered").innerText(), /Nothing is remembered/);
    assert.deepEqual(await stored(page), {});
    await page.reload();
    await ready(page);
    assert.deepEqual(await choices(page), usual);
    assertClean(page);
    await page.context().close();
  });

  test("of light and dark follow the system until the reader chooses", async () => {
    const page = await open(browser, site.origin, { colorScheme: "light" });
    await ready(page);
    assert.equal(await theme(page), "light");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
    await hook(page, "theme").click();
    await page.emulateMedia({ colorScheme: "light" });
    await page.emulateMedia({ colorScheme: "dark" });
    assert.equal(await theme(page), "light", "what was chosen stays");
    await page.context().close();
  });

  test("are for this visit where the browser keeps nothing", async () => {
    const page = await open(browser, site.origin, { prepare: (page) => page.addInitScript(() => {
      Object.defineProperty(globalThis, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });
    }) });
    await loadDemo(page);
    await hook(page, "theme").click();
    await hook(page, "convention").selectOption("neurological");
    await hook(page, "prevalence-preset").selectOption("2");
    assert.deepEqual([await theme(page), await hook(page, "convention").inputValue()], ["light", "neurological"]);
    await page.locator("#privacy").click();
    await hook(page, "forget-preferences").click();
    assert.match(await hook(page, "remembered").innerText(), /Nothing is remembered/);
    assertClean(page);
    await page.context().close();
  });
});

describe("the newborns of a visit", () => {
  const rows = (page) => page.locator("#cohort-list tbody tr");
  const cells = (page) => rows(page).evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));

  test("are listed in words with a picture, attempts together, and open again with their own images and weight", async () => {
    const demo = demoCase();
    const page = await open(browser, site.origin);
    const first = await loadDemo(page);
    // A file of its own, not the demo.
    await choose(page, { t1w: demo.t1w, t2w: demo.t2w, birthWeight: 3000 });
    const own = await analyse(page);
    await hook(page, "report-label").fill("Seven");
    await choose(page, { birthWeight: 2500 });
    const second = await analyse(page);
    assert.notEqual(second.probability, own.probability);
    assert.equal(await hook(page, "report-label").inputValue(), "Seven", "the same images are the same newborn");
    // Each in the other's place: another newborn, refused in words.
    await choose(page, { t1w: demo.t2w, t2w: demo.t1w });
    assert.equal((await analyse(page)).kind, "refusal");
    await picture(page, "worklist");
    const listed = await cells(page);
    assert.equal(listed.length, 4);
    for (const [, time] of listed) assert.match(time, /^\d{1,2}:\d\d [AP]M$/);
    const refused = listed.filter(([, , outcome]) => outcome.startsWith("none"));
    assert.equal(refused.length, 1);
    assert.match(refused[0][2], /none: .+ .+ .+/, "a sentence");
    assert.doesNotMatch(refused[0][2], /^none: \w+$/, "and no code");
    assert.equal(listed.filter(([name]) => name === "the same images").length, 1);
    assert.equal(listed.filter(([name]) => /demo$/.test(name)).length, 1, "the demo is told");
    const pictures = await page.locator("#cohort-list img").evaluateAll((all) => all.map((it) => [it.complete && it.naturalWidth, it.src.slice(0, 22)]));
    assert.deepEqual(pictures, Array(3).fill([64, "data:image/png;base64,"]));
    // Back to the one before, by keyboard.
    const at = listed.findIndex(([name]) => name === "Seven");
    assert.equal(listed[at + 1][0], "the same images");
    await rows(page).nth(at).getByRole("button", { name: /^Open/ }).focus();
    await page.keyboard.press("Enter");
    assert.equal((await shown(page)).probability, null, "nothing of the other one stays");
    const again = await number(page);
    assert.deepEqual([again.logit, again.birthWeight], [own.logit, "3000"]);
    assert.equal(await hook(page, "report-label").inputValue(), "Seven");
    assert.equal((await cells(page)).length, 4, "it is no further attempt");
    // And the demo.
    await rows(page).filter({ hasText: "demo" }).getByRole("button", { name: /^Open/ }).click();
    assert.equal((await number(page)).logit, first.logit);
    // Words follow the language.
    await hook(page, "language").selectOption("zh-Hans");
    assert.ok((await cells(page)).every(([, time]) => !/[AP]M/.test(time)));
    assertClean(page);
    await page.context().close();
  });
});
