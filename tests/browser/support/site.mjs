// A static server on 127.0.0.1 that remembers every request, and a second origin that serves nothing.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));
export const DIST = process.env.HIELIGHT_DIST ?? join(REPOSITORY, "dist");

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
};

/** Every file under the site's folder whose path passes `test`. */
export function siteFiles(test, folder = DIST) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && test(path))
    .sort();
}

/** The headers that a host should send with every file, as the site itself states them. */
export function siteHeaders(folder = DIST) {
  const lines = readFileSync(join(folder, "_headers"), "utf8").split("\n").filter((line) => line.startsWith("  "));
  return Object.fromEntries(lines.map((line) => /^ {2}([^:]+): (.*)$/.exec(line).slice(1)));
}

/** Sent where a test asks for nothing else: where the lock is off, everything must let the probes through. */
const OPEN = { "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*" };

/**
 * Serves the built site. `requests` grows with every request that arrives, of whatever method;
 * `replace` maps a path on the site to other bytes.
 */
export async function serveSite({ folder = DIST, replace = new Map(), headers = OPEN } = {}) {
  if (!existsSync(join(folder, "index.html"))) {
    throw new Error(`${folder} holds no site: run \`cargo xtask build\` first`);
  }
  return listen((request, response) => {
    const { pathname } = new URL(request.url, "http://site");
    const path = normalize(join(folder, decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname)));
    const inside = path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
    const bytes = replace.get(pathname) ?? (inside && existsSync(path) && statSync(path).isFile() ? readFileSync(path) : null);
    response.writeHead(bytes ? 200 : 404, {
      "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
      ...headers,
    });
    response.end(request.method === "HEAD" ? undefined : bytes);
  });
}

/** Another origin: answers everything, so that only the browser can be what refuses. */
export async function serveElsewhere() {
  return listen((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/javascript", "Access-Control-Allow-Origin": "*" });
    response.end("/* elsewhere */");
  });
}

/** The path on the site of a file in its folder. */
export function sitePath(file, folder = DIST) {
  return `/${relative(folder, file).split(sep).join("/")}`;
}

async function listen(answer) {
  const requests = [];
  const note = (request) => requests.push(`${request.method} ${request.url}`);
  const server = createServer((request, response) => {
    note(request);
    answer(request, response);
  });
  server.on("upgrade", (request, socket) => {
    note(request);
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  return {
    origin: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A UDP port that counts the datagrams it gets: what a STUN server would see. */
export async function listenUdp() {
  const socket = createSocket("udp4");
  let datagrams = 0;
  socket.on("message", () => (datagrams += 1));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    get datagrams() {
      return datagrams;
    },
    close: () => new Promise((done) => socket.close(done)),
  };
}
