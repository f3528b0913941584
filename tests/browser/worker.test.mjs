// The service worker's own answers, with a cache that is full: no browser is needed to ask for them.

import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";

const SCOPE = "https://hielight.example/";
const BODY = "body {}";
const SOURCE = await readFile(new URL("../../www/sw.js", import.meta.url), "utf8");

/** What the worker answers for style.css when the network has `body` and the cache takes nothing. */
async function answerWithFullQuota(body) {
  const listeners = {};
  const full = { match: async () => undefined, put: async () => Promise.reject(new Error("QuotaExceededError")) };
  const self = {
    registration: { scope: SCOPE },
    addEventListener: (name, listener) => (listeners[name] = listener),
  };
  const site = { version: "1", files: { "style.css": createHash("sha256").update(BODY).digest("hex") } };
  const source = SOURCE.replace('const SITE = { version: "", files: {} };', `const SITE = ${JSON.stringify(site)};`);
  assert.notEqual(source, SOURCE, "the list of files was put in");
  const caches = { open: async () => full };
  const fetch = async () => new Response(body);
  runInContext(source, createContext({ self, caches, fetch, crypto: webcrypto, URL, Headers, Response, Uint8Array }));
  let answer;
  const request = { url: `${SCOPE}style.css`, method: "GET", mode: "no-cors" };
  listeners.fetch({ request, respondWith: (response) => (answer = response) });
  return answer;
}

test("does a full quota let a verified download through?", async () => {
  const answer = await answerWithFullQuota(BODY);
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), BODY);
});

test("is a file of another version still refused when the quota is full?", async () => {
  assert.equal((await answerWithFullQuota("body { color: red }")).status, 503);
});
