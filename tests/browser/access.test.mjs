// Can everybody use the page: by keyboard alone, by ear, in either language and theme, enlarged?

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ARTIFACTS, launch, open } from "./support/browser.mjs";
import { demoCase, predict } from "./support/hielight.mjs";
import { ANALYSIS_MS, assertClean, loadDemo, number, shown } from "./support/page.mjs";
import { serveSite } from "./support/site.mjs";
import { STATES } from "./support/states.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2 up to AA, and axe's own advice on landmarks, headings and the like. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let browser;
let site;

before(async () => {
  [browser, site] = [await launch({ webgpu: false }), await serveSite()];
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** Waits until nothing fades any more and the next frame is drawn; what turns without end is left. */
async function atRest() {
  const ends = document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ends.map((animation) => animation.finished));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

async function violations(page) {
  const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), RULES);
  return violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((n) => `    ${n.target} ${n.any?.[0]?.message ?? ""}`).join("\n")}`);
}

/** Latin words that stand in a Chinese page too: names, units, file types, keys. */
const NAMES = new Set(
  `HIELight HIE MRI T1w T2w NIfTI nii gz safetensors DLCRN DICOM PACS dcm2niix BIDS RAS ROC AUC PPV NPV CI AIC LASSO IBSI
   log odds SHA JSON CSV PNG SVG HTML PDF GPU WebGPU CPU SIMD WebAssembly Service Worker Chrome Edge Firefox Safari HTTPS HTTP
   Grad CAM Brier Hosmer Lemeshow Youden Wilson lowess Platt logit ICI MIT Apache GB MB KB ml mm kg Ctrl Shift Tab Esc Escape Page Up Down
   Debray Wald AdamW EventSource Trusted Types WebRTC Chromium Windows LAS LPS RPI inferno viridis cividis wasm IP DNS CSP WebSocket XHR XMLHttpRequest fetch beacon ISO UTC GMT UTF`.split(/\s+/),
);

/** What a reader of Chinese would meet in English: words that are no names. */
async function english(page) {
  const texts = await page.evaluate(() => {
    const found = [];
    const kept = (element) => element.closest('[translate="no"], script, style, noscript, select#language');
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      if (kept(element)) continue;
      if (node.nodeType === Node.TEXT_NODE) found.push(node.textContent.trim());
      else for (const name of ["aria-label", "title", "placeholder", "alt", "aria-valuetext"]) found.push(element.getAttribute(name) ?? "");
    }
    return found.filter(Boolean);
  });
  // Hashes, files and addresses have more than letters in them.
  const plain = (word) => word.replace(/[.,;:!?]+$/, "");
  const words = (text) =>
    text.split(/[\s，。：；（）、“”"()|]+/u).map(plain).filter((word) => /^[A-Za-z]{3,}$/.test(word) && !NAMES.has(word));
  const isChinese = (text) => /\p{Script=Han}/u.test(text);
  // A Chinese sentence may hold a name; three English words in a row are a sentence of their own.
  const strange = (text) => words(text).length > (isChinese(text) ? 2 : 0);
  return texts.filter(strange).map((text) => text.slice(0, 200));
}

/** Elements whose text is wider than they are, or that leave the window to the right. */
function cut() {
  const out = [];
  for (const element of document.querySelectorAll("body *")) {
    if (!element.checkVisibility() || element.closest("canvas, svg, select, option")) continue;
    const own = [...element.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim());
    if (!own || element.matches("caption, [hidden]")) continue;
    const style = getComputedStyle(element);
    const clips = style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1;
    const { right, width } = element.getBoundingClientRect();
    if (width > 0 && (clips || right > innerWidth + 1)) out.push(`${element.tagName} ${element.id}: ${element.textContent.trim().slice(0, 60)}`);
  }
  return out;
}

for (const locale of ["en-US", "zh-CN"]) {
  for (const theme of ["dark", "light"]) {
    test(`every state is without fault for axe, whole and in one language: ${locale}, ${theme}`, async () => {
      const page = await open(browser, site.origin, { locale });
      await page.locator("#analyse:enabled").waitFor({ timeout: ANALYSIS_MS });
      assert.equal(await page.evaluate(() => document.documentElement.lang), locale === "zh-CN" ? "zh-Hans" : "en");
      if (theme === "light") await page.getByTestId("theme").click();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme ?? "dark"), theme);
      await page.evaluate(AXE);
      const faults = [];
      for (const { name, enter, leave } of STATES) {
        await enter(page);
        await page.evaluate(atRest);
        await page.screenshot({ path: join(ARTIFACTS, `access-${locale}-${theme}-${name.replaceAll(" ", "-")}.png`), fullPage: true });
        for (const fault of await violations(page)) faults.push(`${name}: ${fault}`);
        for (const text of await page.evaluate(cut)) faults.push(`${name}: cut off: ${text}`);
        if (locale === "zh-CN") for (const text of await english(page)) faults.push(`${name}: English: ${text}`);
        await leave?.(page);
      }
      assert.deepEqual([...new Set(faults)], []);
      assertClean(page);
      await page.context().close();
    });
  }
}

describe("by keyboard alone", () => {
  /** Presses Tab until the element with that hook has the focus. */
  async function tabTo(page, hook, most = 150) {
    for (let pressed = 0; pressed < most; pressed += 1) {
      const at = await page.evaluate(() => document.activeElement?.dataset?.testid);
      if (at === hook) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`${hook} is not reached by Tab`);
  }

  test("a newborn is read from choosing the files to the peak of the map", async () => {
    const demo = demoCase();
    const page = await open(browser, site.origin);
    await page.locator("#analyse:enabled").waitFor({ timeout: ANALYSIS_MS });
    await page.locator("body").press("Tab");
    await tabTo(page, "tour-close");
    await page.keyboard.press("Enter");
    for (const [input, file] of [["t1-input", demo.t1w], ["t2-input", demo.t2w]]) {
      await tabTo(page, input);
      const chooser = page.waitForEvent("filechooser");
      await page.keyboard.press("Space");
      await (await chooser).setFiles(file);
    }
    await tabTo(page, "birth-weight");
    await page.keyboard.type("3210");
    await page.keyboard.press("Enter");
    const answer = await number(page);
    const native = predict({ ...demo, birthWeight: 3210 });
    // As in demo.test.mjs: two devices, one network.
    assert.ok(Math.abs(answer.logit - native.json.logit) <= 1e-4, `${answer.logit}, ${native.json.logit}`);
    await tabTo(page, "plane-axial");
    const before = await page.getByTestId("position").getAttribute("data-ras");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction((old) => document.querySelector("#position").dataset.ras !== old, before);
    await page.keyboard.press("?");
    assert.ok(await page.getByTestId("viewer-help").isVisible());
    await page.keyboard.press("Escape");
    await tabTo(page, "tab-nomogram", 300);
    await page.keyboard.press("ArrowRight");
    await tabTo(page, "prevalence-entry", 300);
    await page.keyboard.press("Control+A");
    await page.keyboard.type("0.2");
    assert.ok(Number(await page.getByTestId("prevalence").getAttribute("data-adjusted")) < answer.probability);
    assertClean(page);
    await page.context().close();
  });

  test("the focus is seen, in the order of the page, and never caught", async () => {
    const page = await open(browser, site.origin);
    await loadDemo(page);
    await page.evaluate(() => document.activeElement?.blur());
    const seen = new Map();
    let round = false;
    for (let pressed = 0; pressed < 400 && !round; pressed += 1) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const style = getComputedStyle(element);
        return {
          key: `${[...document.querySelectorAll("*")].indexOf(element)} ${element.id || element.outerHTML.slice(0, 80)}`,
          visible: element.checkVisibility() && (parseFloat(style.outlineWidth) > 0 || element.matches("input[type=file]")),
        };
      });
      // Between the last control and the first one lies the browser's own part.
      if (at === null) continue;
      round = seen.has(at.key);
      seen.set(at.key, at.visible);
    }
    assert.ok(round, "Tab comes round");
    const expected = await page.evaluate(() => {
      const all = [...document.querySelectorAll("*")];
      const takes = "a[href], button:enabled, input:enabled, select:enabled, textarea, summary, [tabindex='0']";
      return all
        // Of radio buttons and of tabs one is reached; arrows lead to the others.
        .filter((e) => e.matches(takes) && !e.matches("[tabindex='-1']") && e.checkVisibility({ visibilityProperty: true }) && !e.matches("input[type=radio]:not(:checked)"))
        .map((e) => `${all.indexOf(e)} ${e.id || e.outerHTML.slice(0, 80)}`);
    });
    assert.deepEqual([...seen.keys()].sort(), expected.sort(), "every control takes the focus, and nothing else");
    assert.deepEqual([...seen].filter(([, visible]) => !visible).map(([key]) => key), [], "focus that is not seen");
    await page.context().close();
  });
});

describe("for eyes and ears", () => {
  test("stages and results are announced, and each canvas says in words what it shows", async () => {
    const page = await open(browser, site.origin);
    await loadDemo(page);
    const live = await page.evaluate(() =>
      ["status", "probability", "error", "abstain"].map((id) => {
        const element = document.getElementById(id);
        return element.ariaLive ?? element.getAttribute("role");
      }),
    );
    assert.deepEqual(live, ["polite", "polite", "alert", "alert"]);
    const silent = await page.evaluate(() =>
      [...document.querySelectorAll("canvas")].filter((canvas) => {
        if (!canvas.checkVisibility()) return false;
        const words = document.getElementById(canvas.getAttribute("aria-describedby") ?? "")?.textContent ?? "";
        const label = canvas.getAttribute("aria-label") ?? "";
        return !label || (!words.trim() && !canvas.closest(".planes"));
      }).map((canvas) => canvas.id),
    );
    assert.deepEqual(silent, []);
    await page.context().close();
  });

  test("what the browser lacks is said at the start, and in the help what it is for", async () => {
    const page = await open(browser, site.origin, { prepare: (page) => page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, "gpu", { value: undefined });
      Object.defineProperty(Navigator.prototype, "deviceMemory", { value: 2 });
    }) });
    await page.locator("#analyse:enabled").waitFor({ timeout: ANALYSIS_MS });
    assert.match(await page.getByTestId("lacks").innerText(), /WebGPU: missing .*\n.*: 2.0 GB or little more/);
    await page.getByTestId("open-help").click();
    assert.equal(await page.locator('#requirements tr[data-state="missing"]').count(), 2);
    await page.context().close();
  });

  test("at 200 % and at 320 px nothing leaves the window, and it is all there", async () => {
    // 1280 by 800 at 200 % is 640 by 400; 320 px is what WCAG 1.4.10 asks for.
    for (const viewport of [{ width: 640, height: 400 }, { width: 320, height: 640 }]) {
      const page = await open(browser, site.origin, { viewport });
      await loadDemo(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= viewport.width, `${wide} px at a window of ${viewport.width}`);
      assert.deepEqual(await page.evaluate(cut), []);
      await page.screenshot({ path: join(ARTIFACTS, `access-${viewport.width}.png`), fullPage: true });
      await page.context().close();
    }
  });

  test("forced colours and reduced motion are respected", async () => {
    const page = await open(browser, site.origin, { prepare: (page) => page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" }) });
    await loadDemo(page);
    const moving = await page.evaluate(() =>
      [...document.querySelectorAll("*")].filter((e) => {
        const style = getComputedStyle(e);
        return parseFloat(style.transitionDuration) > 0.001 || parseFloat(style.animationDuration) > 0.001;
      }).length,
    );
    assert.equal(moving, 0);
    // A switch that flashes does so on demand only.
    assert.equal(await page.getByTestId("flicker").getAttribute("aria-pressed"), "false");
    await page.screenshot({ path: join(ARTIFACTS, "access-forced-colours.png"), fullPage: true });
    assert.notEqual((await shown(page)).probability, null);
    await page.context().close();
  });

  test("a change of language changes every text at once, and the answer stays", async () => {
    const page = await open(browser, site.origin);
    const answer = await loadDemo(page);
    const before = await page.locator("body").innerText();
    await page.getByTestId("language").selectOption("zh-Hans");
    assert.deepEqual(await english(page), []);
    assert.equal((await shown(page)).logit, answer.logit);
    await page.getByTestId("language").selectOption("en");
    assert.equal(await page.locator("body").innerText(), before);
    await page.getByTestId("language").selectOption("zh-Hans");
    await page.reload();
    // The browser's language is English: the choice is remembered.
    await page.waitForFunction(() => document.documentElement.lang === "zh-Hans");
    await page.context().close();
  });
});
