// Firefox by WebDriver BiDi: Playwright drives only a build of its own.

import puppeteer from "puppeteer-core";
import { PROTOCOL_MS } from "./limits.mjs";

/** A page of a new Firefox at the site, and what ends both. */
export async function openInFirefox(origin) {
  const executablePath = process.env.HIELIGHT_FIREFOX ?? "/usr/bin/firefox-esr";
  const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true, protocolTimeout: PROTOCOL_MS });
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 800 });
  await page.goto(origin);
  return { page, close: () => browser.close() };
}

/** Waits until `read` (run in the page, with `argument`) gives something; returns it. The policy forbids puppeteer's own. */
export async function until(page, read, argument) {
  const deadline = Date.now() + PROTOCOL_MS;
  for (;;) {
    const found = await page.evaluate(read, argument);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`Firefox: still nothing from ${read}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** Text of the element with that test id, if it is shown and matches. */
export const says = (page, name, pattern) =>
  until(
    page,
    ([name, source]) => {
      const element = document.querySelector(`[data-testid="${name}"]`);
      const text = element?.checkVisibility({ visibilityProperty: true }) ? element.innerText.trim() : "";
      return new RegExp(source, "s").test(text) ? text : null;
    },
    [name, pattern.source],
  );

/** Clicks by the element's own method: dialogs and canvases do not move under it. */
export const press = (page, name) =>
  page.evaluate((name) => document.querySelector(`[data-testid="${name}"]`).click(), name);
