// Chromium with and without WebGPU, and a page that remembers everything that went wrong on it.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { REPOSITORY } from "./site.mjs";

export const ARTIFACTS = join(REPOSITORY, "target/browser-artifacts");
mkdirSync(ARTIFACTS, { recursive: true });

const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];
// SwiftShader: a WebGPU adapter on the CPU, where there is no GPU.
const WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];

/** A headless Chromium; without `webgpu` it has no adapter. */
export async function launch({ webgpu }) {
  return chromium.launch({
    executablePath: process.env.HIELIGHT_CHROMIUM ?? "/usr/bin/chromium",
    args: webgpu ? [...QUIET, ...WEBGPU] : QUIET,
  });
}

/**
 * Opens the site in a page of its own. `page.faults` gets every uncaught error and every error on
 * the console, of the page and of its workers; a violation of the CSP is told apart. The offline copy
 * is made where a test asks for it: it takes a second, and is no part of what most tests ask.
 */
export async function open(browser, origin, options = {}) {
  const { viewport = { width: 1280, height: 800 }, locale = "en-US", serviceWorkers = "block", colorScheme = "dark", prepare } = options;
  const context = await browser.newContext({ viewport, locale, serviceWorkers, colorScheme });
  return openIn(context, origin, { prepare });
}

/** Opens another page in a context that there is. */
export async function openIn(context, origin, { prepare } = {}) {
  const page = await context.newPage();
  page.faults = [];
  page.violations = [];
  page.on("pageerror", (error) => page.faults.push(`uncaught: ${error.stack ?? error}`));
  page.on("crash", () => page.faults.push("the page crashed"));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    const text = message.text();
    (/content security policy/i.test(text) ? page.violations : page.faults).push(`console: ${text}`);
  });
  if (prepare) await prepare(page);
  await page.goto(origin, { waitUntil: "load" });
  return page;
}

/** Saves what the page shows under `target/browser-artifacts`. */
export async function picture(page, name) {
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage: true });
}
