// Every state that a person can bring the page into, each from where the one before left it.

import { demoCase } from "./hielight.mjs";
import { ANALYSIS_MS, analyse, choose, loadDemo, outcome } from "./page.mjs";

const hook = (page, name) => page.getByTestId(name);
const demo = demoCase();

/** Opens a dialog, says so, and closes it again. */
function dialog(name, opener, closer, prepare) {
  return {
    name,
    enter: async (page) => {
      await opener(page).click();
      await prepare?.(page);
    },
    leave: (page) => closer(page).click(),
  };
}

/** `enter` brings the page into the state, `leave` out of what would cover the next one. */
export const STATES = [
  {
    name: "first visit",
    enter: (page) => page.locator("#analyse:enabled").waitFor({ timeout: ANALYSIS_MS }),
  },
  { name: "last step of the tour", enter: async (page) => {
    for (let step = 1; step < 5; step += 1) await hook(page, "tour-next").click();
  } },
  { name: "tour closed", enter: (page) => hook(page, "tour-close").click() },
  dialog("help", (page) => hook(page, "open-help"), (page) => hook(page, "close-help")),
  { name: "refused birth weight", enter: async (page) => {
    await choose(page, { ...demo, birthWeight: "heavy" });
    await analyse(page);
  } },
  { name: "refused file", enter: async (page) => {
    await choose(page, { t1w: { name: "letter_T1w.nii", mimeType: "", buffer: Buffer.from("a letter") } });
    await outcome(page);
  } },
  { name: "refused model", enter: async (page) => {
    await page.getByTestId("model-input").setInputFiles({ name: "own.safetensors", mimeType: "", buffer: Buffer.alloc(99) });
    await outcome(page);
  } },
  { name: "no probability", enter: async (page) => {
    await choose(page, { t1w: demo.t2w, t2w: demo.t1w, birthWeight: "3200" });
    await analyse(page);
  } },
  { name: "answer", enter: loadDemo },
  { name: "hypothetical values", enter: async (page) => {
    await page.locator("#what-if-terms input").first().focus();
    await page.keyboard.press("ArrowRight");
    for (const summary of await page.locator("details.words summary").filter({ visible: true }).all()) await summary.click();
    await page.locator(".toolbar .more summary").click();
  } },
  ...["prevalence", "calibration", "decision", "checks", "evidence"].map((name) => ({
    name: `tab ${name}`,
    enter: async (page) => {
      await hook(page, `tab-${name}`).click();
      for (const summary of await page.locator("details.words summary").filter({ visible: true }).all()) await summary.click();
    },
  })),
  { name: "typed report", enter: async (page) => {
    await hook(page, "report-label").fill("07");
    await hook(page, "export-report").click();
  }, leave: (page) => hook(page, "close-report").click() },
  dialog("lock tried", (page) => page.locator("#privacy"), (page) => page.locator("#close-privacy"), async (page) => {
    await hook(page, "privacy-test").click();
    await page.locator('[data-testid="privacy-test-result"]:not(:empty)').waitFor();
    // The attempts are the reader's own.
    await page.waitForFunction(() => !document.querySelector('[data-testid="privacy-test"]').disabled, null, { timeout: 90_000 });
    page.violations.length = 0;
  }),
  dialog("licences", (page) => page.locator("#open-licences"), (page) => page.locator("#close-licences")),
  dialog("model card", (page) => page.locator("#open-card"), (page) => page.locator("#close-card")),
  dialog("keys of the viewer", (page) => hook(page, "viewer-help-open"), (page) => hook(page, "viewer-help-close")),
  ...["both", "mosaic", "swipe"].map((layout) => ({
    name: `layout ${layout}`,
    enter: (page) => hook(page, "layout").selectOption(layout),
    leave: (page) => hook(page, "layout").selectOption("one"),
  })),
];
