// The offline copy, seen from outside: the site's next version, and damage to what a browser has kept.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DIST } from "./site.mjs";

const LIST = /\nconst SITE = (\{.*\});\n/;

/** The service worker's own list: `{ version, files }`. */
export function list() {
  return JSON.parse(LIST.exec(readFileSync(join(DIST, "sw.js"), "utf8"))[1]);
}

/**
 * For `serveSite({ replace })`: a next version, whose page and style sheet tell their number. With `mixed`, the
 * style sheet on the server is still the one before.
 */
export function nextVersion(number, { mixed = false } = {}) {
  const changed = {
    "index.html": readFileSync(join(DIST, "index.html"), "utf8").replace("<html ", `<html data-version="${number}" `),
    "style.css": `${readFileSync(join(DIST, "style.css"), "utf8")}\n:root { --version: ${number}; }\n`,
  };
  const site = list();
  for (const [name, text] of Object.entries(changed)) {
    site.files[name] = createHash("sha256").update(text).digest("hex");
  }
  site.version = `test-${number}`;
  const worker = readFileSync(join(DIST, "sw.js"), "utf8").replace(LIST, `\nconst SITE = ${JSON.stringify(site)};\n`);
  const replace = new Map([
    ["/", Buffer.from(changed["index.html"])],
    ["/index.html", Buffer.from(changed["index.html"])],
    ["/sw.js", Buffer.from(worker)],
  ]);
  if (!mixed) replace.set("/style.css", Buffer.from(changed["style.css"]));
  return replace;
}

/** The versions that a page and its style sheet say they are of; the built site's have none. */
export async function versions(page) {
  return page.evaluate(() => ({
    page: document.documentElement.dataset.version ?? null,
    style: getComputedStyle(document.documentElement).getPropertyValue("--version").trim() || null,
  }));
}

/** Names of the copies that the browser holds. */
export async function copies(page) {
  return page.evaluate(async () => (await caches.keys()).sort());
}

/** Changes one byte of a file in the browser's copy. */
export async function damage(page, path) {
  await page.evaluate(async (path) => {
    const [name] = await caches.keys();
    const cache = await caches.open(name);
    const address = new URL(path, location.href).href;
    const kept = await cache.match(address);
    const bytes = new Uint8Array(await kept.arrayBuffer());
    bytes[bytes.length >> 1] ^= 1;
    await cache.put(address, new Response(bytes, { headers: kept.headers }));
  }, path);
}

/** SHA-256 of a file in the browser's copy. */
export async function kept(page, path) {
  return page.evaluate(async (path) => {
    const response = await caches.match(new URL(path, location.href).href);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.arrayBuffer()));
    return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }, path);
}
