// Keeps one complete, verified copy of the site and answers with it. It knows the files of its own version and
// nothing else: it takes no address from anybody, and whatever is not in its list goes to the network as if it
// were not there, past the page's policy.

// The build writes the version and each file's SHA-256 here: a changed file makes another worker.
const SITE = { version: "", files: {} };

const SCOPE = self.registration.scope;
const OURS = `hielight ${SCOPE} `;
const CACHE = OURS + SITE.version;

/** Where a file is downloaded from. Some hosts redirect index.html to its folder. */
const address = (name) => new URL(name === "index.html" ? "./" : name, SCOPE).href;

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The file's bytes with the headers they came with; `null` if they are not those of this version. */
async function verified(name, response) {
  const bytes = await response.arrayBuffer();
  if ((await sha256(bytes)) !== SITE.files[name]) return null;
  const headers = new Headers(response.headers);
  // The body is decoded already.
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  return new Response(bytes, { headers });
}

async function download(name) {
  const response = await fetch(address(name), { cache: "reload", credentials: "same-origin" });
  const file = response.ok ? await verified(name, response) : null;
  if (file === null) throw new Error(`${name} is not the file of this version`);
  return file;
}

/** All files or none: a copy of two versions must not exist. */
async function install() {
  if (SITE.version === "") throw new Error("this site was built without its list of files");
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(Object.keys(SITE.files).map(async (name) => cache.put(address(name), await download(name))));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

/** Copies of other versions go. This runs when no page of an older version is open any more (see `takeOver`). */
async function removeOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
}

/** The user asked a page for the new version: granted if that page, which reloads then, is the only one. */
async function takeOver(page) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const others = windows.filter(({ id, url }) => id !== page.id && url.startsWith(SCOPE)).length;
  if (others > 0) page.postMessage({ others });
  else await self.skipWaiting();
}

/** The file of the list that a request asks for, or `null`. */
function wanted(request) {
  const url = new URL(request.url);
  if (request.method !== "GET" || !url.href.startsWith(SCOPE)) return null;
  const path = url.pathname.slice(new URL(SCOPE).pathname.length);
  if (request.mode === "navigate" && (path === "" || path === "index.html")) return "index.html";
  return url.search === "" && Object.hasOwn(SITE.files, path) ? path : null;
}

/** The file from this version's copy; a damaged or missing one is downloaded anew, or refused. */
async function answer(name) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(address(name));
  const file = kept && (await verified(name, kept));
  if (file) return file;
  let fresh;
  try {
    fresh = await download(name);
  } catch {
    return refusal(name);
  }
  // A full disk keeps it from being kept, not from being used.
  await cache.put(address(name), fresh.clone()).catch(() => {});
  return fresh;
}

function refusal(name) {
  const text = `HIELight: the offline copy of ${name} is damaged, and the network has no sound one.\n
Connect to the network and reload. If this stays, delete this site's data in the browser's settings and open it again.\n
HIELight：${name} 的离线副本已损坏，网络上也没有完好的文件。请连接网络后重新加载；如仍如此，请在浏览器设置中清除本站数据后重新打开。\n`;
  const headers = { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" };
  return new Response(text, { status: 503, statusText: "Offline copy damaged", headers });
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(removeOthers()));
self.addEventListener("message", (event) => {
  if (event.data === "take over" && event.source) event.waitUntil(takeOver(event.source));
});
self.addEventListener("fetch", (event) => {
  const name = wanted(event.request);
  if (name !== null) event.respondWith(answer(name));
});
