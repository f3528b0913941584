// Does the page work like a reading room: planes, answer, population and caution in view at once, and one number everywhere?

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { bundleManifest, demoCase } from "./support/hielight.mjs";
import { PLANES, analyse, assertClean, choose, loadDemo } from "./support/page.mjs";
import { serveSite } from "./support/site.mjs";

const WINDOWS = [
  [1280, 720],
  [1366, 768],
  [1920, 1080],
  [2560, 1440],
];
/** The same arithmetic in Rust and here. */
const EXACT = 1e-9;

const hook = (page, name) => page.getByTestId(name);
const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

describe("the page of an answered newborn", () => {
  let browser;
  let site;
  let page;
  let answer;

  before(async () => {
    [browser, site] = [await launch({ webgpu: false }), await serveSite()];
    page = await open(browser, site.origin);
    await hook(page, "tour-close").click();
    answer = await loadDemo(page);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  for (const language of ["en", "zh-Hans"]) {
    for (const [width, height] of WINDOWS) {
      test(`fits a window of ${width} x ${height} without scrolling, in ${language}`, async () => {
        await page.setViewportSize({ width, height });
        await hook(page, "language").selectOption(language);
        await frames(page);
        const wanted = [...PLANES.map((plane) => `#${plane}`), "#probability", "#population", ".banner"];
        const boxes = await page.evaluate((selectors) => {
          window.scrollTo(0, 0);
          return selectors.map((selector) => {
            const { left, top, right, bottom } = document.querySelector(selector).getBoundingClientRect();
            return { selector, left, top, right, bottom };
          });
        }, wanted);
        for (const box of boxes) {
          const { selector, left, top, right, bottom } = box;
          assert.ok(right > left && bottom > top, `${selector} is shown`);
          assert.ok(left >= 0 && top >= 0 && right <= width && bottom <= height, `${selector}: ${JSON.stringify(box)}`);
        }
        const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
        for (const [at, a] of boxes.entries()) {
          for (const b of boxes.slice(at + 1)) assert.ok(!overlap(a, b), `${a.selector} over ${b.selector}`);
        }
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "no scrolling sideways");
        await picture(page, `layout-${width}-${language}`);
      });
    }
  }

  test("on a tablet the answer comes before the planes, and both before the inputs", async () => {
    await page.setViewportSize({ width: 820, height: 1180 });
    await hook(page, "language").selectOption("en");
    await frames(page);
    const top = async (name) => (await hook(page, name).boundingBox()).y;
    const tops = [await top("probability"), await top("plane-axial"), await top("t1-input")];
    assert.ok(tops[0] < tops[1] && tops[1] < tops[2], `${tops}`);
    for (const [width, height] of [[820, 1180], [390, 844]]) {
      await page.setViewportSize({ width, height });
      await frames(page);
      // What a finger presses is as large as a finger; of boxes and buttons in a row the whole label counts.
      const small = await page.evaluate(() =>
        [...document.querySelectorAll("button, select, summary, input")].filter((element) => {
          if (!element.checkVisibility()) return false;
          const pressed = element.matches("[type=checkbox], [type=radio]") ? element.closest("label") : element;
          const { width, height } = pressed.getBoundingClientRect();
          return height < 43.5 || (element.matches("button") && width < 43.5);
        }).map((element) => element.id || element.outerHTML.slice(0, 60)),
      );
      assert.deepEqual(small, [], `${width}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "no scrolling sideways");
    }
    // The bar holds number, population and caution while the page is scrolled, and says what the answer says.
    await hook(page, "t1-input").scrollIntoViewIfNeeded();
    await frames(page);
    const bar = await page.locator("#answer-bar").innerText();
    assert.ok(bar.includes(await hook(page, "probability").innerText()), bar);
    assert.match(bar, /where \d+ % have HIE[^]*not valid on patients/);
    await page.evaluate(() => scrollTo(0, 0));
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test("headline, context, report and JSON agree on probability and population", async () => {
    const { training_share: training } = bundleManifest();
    const odds = (p) => p / (1 - p);
    const text = (name) => hook(page, name).innerText();
    assert.match(await text("population"), /as in training/);
    const original = await text("probability");
    await hook(page, "prevalence-preset").selectOption({ index: 3 });
    await frames(page);
    const context = await hook(page, "prevalence").evaluate((panel) => ({ ...panel.dataset }));
    const shifted = (odds(answer.probability) * odds(0.05)) / odds(training);
    assert.ok(Math.abs(Number(context.adjusted) - shifted / (1 + shifted)) < EXACT, context.adjusted);
    const headline = await text("probability");
    assert.notEqual(headline, original);
    assert.equal(await page.locator("#bar-probability").textContent(), headline, "the bar says the same");
    assert.match(await page.locator("#bar-population").textContent(), /5(\.0)? %/);
    assert.ok((await page.locator("#prevalence-pair").innerText()).includes(headline), "the context says the same");
    const population = await text("population");
    assert.ok(population.includes("5 %") && population.includes(original), population);
    await hook(page, "export-report").click();
    assert.equal(await page.locator(".r-number").evaluate((number) => number.firstChild.textContent), headline);
    assert.equal(await page.locator(".r-population").innerText(), population);
    await hook(page, "close-report").click();
    const waiting = page.waitForEvent("download");
    await hook(page, "export-json").click();
    const json = JSON.parse(readFileSync(await (await waiting).path(), "utf8"));
    assert.equal(json.probability, answer.probability, "the file's number is the training share's, as its schema says");
    // What is typed and is no share leaves no shifted number.
    await hook(page, "tab-prevalence").click();
    await hook(page, "prevalence-entry").fill("none");
    await frames(page);
    assert.equal(await text("probability"), original);
    await hook(page, "prevalence-preset").selectOption({ index: 0 });
    await frames(page);
    assert.equal(await text("probability"), original);
    assertClean(page);
  });
});

test("swapped images are refused with the button that mends it, and only then", async () => {
  const [browser, site] = [await launch({ webgpu: false }), await serveSite()];
  try {
    const demo = demoCase();
    const page = await open(browser, site.origin);
    await choose(page, { t1w: demo.t1w, t2w: demo.t2w, birthWeight: demo.facts.birth_weight_g });
    const right = await analyse(page);
    assert.equal(right.kind, "probability");
    assert.ok(!(await hook(page, "swap-analyse").isVisible()));
    await hook(page, "swap").click();
    assert.equal((await analyse(page)).kind, "refusal");
    await hook(page, "swap-analyse").click();
    await page.locator('[data-testid="probability"][data-value]').waitFor();
    assert.equal(Number(await hook(page, "probability").getAttribute("data-value")), right.probability);
    assert.ok(!(await hook(page, "swap-analyse").isVisible()));
    // One image twice: no swap would help.
    await choose(page, { t1w: demo.t1w, t2w: demo.t1w });
    assert.equal((await analyse(page)).kind, "refusal");
    assert.ok(!(await hook(page, "swap-analyse").isVisible()));
    assertClean(page);
  } finally {
    await browser.close();
    await site.close();
  }
});
