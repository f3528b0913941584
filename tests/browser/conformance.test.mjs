// Does the engine in the browser read every file of the collection as the reference does, and as the command line does?

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open } from "./support/browser.mjs";
import { BINARY } from "./support/hielight.mjs";
import { REPOSITORY, serveSite } from "./support/site.mjs";

const CORPUS = join(REPOSITORY, "tests/data/corpus");
/** What nibabel says of each file; `tests/conformance.rs` holds the command line's code against the same. */
const reference = JSON.parse(readFileSync(join(REPOSITORY, "tests/reference/corpus.json"), "utf8"));
const names = Object.keys(reference).filter((name) => existsSync(join(CORPUS, name)));

/** The other half of a pair, where there is one, plain before compressed. */
function otherHalf(name) {
  const plain = name.replace(/\.gz$/, "");
  const other = { ".hdr": plain.replace(/hdr$/, "img"), ".img": plain.replace(/img$/, "hdr") }[plain.slice(-4)];
  return other ? [other, `${other}.gz`].find((name) => existsSync(join(CORPUS, name))) : null;
}

let browser;
let site;
let page;

before(async () => {
  const bare = new Map([["/bare.html", Buffer.from("<!doctype html><title>An engine without its page</title>")]]);
  [browser, site] = [await launch({ webgpu: false }), await serveSite({ replace: bare })];
  page = await open(browser, `${site.origin}/bare.html`);
  await page.evaluate(async () => {
    const text = async (name) => (await fetch(name)).text();
    const parts = [await text("engine.js"), await text("attempts.js"), await text("engine-boot.js")];
    const worker = new Worker(URL.createObjectURL(new Blob(parts.map((part) => `${part}\n`), { type: "text/javascript" })));
    const module = await WebAssembly.compileStreaming(fetch("engine_bg.wasm"));
    const heard = () => new Promise((resolve) => worker.addEventListener("message", ({ data }) => resolve(data), { once: true }));
    const listening = heard();
    worker.postMessage({ module });
    await listening;
    globalThis.inspect = async (name, files) => {
      const bytes = files.map((file) => Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0)));
      const buffer = await new Blob(bytes).arrayBuffer();
      const starts = bytes.length === 2 ? [bytes[0].length] : [];
      const answer = heard();
      worker.postMessage({ body: { job: 1, order: { Inspect: { name, starts } } }, buffer }, [buffer]);
      return (await answer).body.answer.Inspected.document;
    };
  });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** Numbers in a value, those of an object by its keys' order. */
function numbers(value) {
  if (Array.isArray(value)) return value.flatMap(numbers);
  if (value && typeof value === "object") return Object.keys(value).sort().flatMap((key) => numbers(value[key]));
  return typeof value === "number" ? [value] : [];
}

function check(name, ours, expected) {
  for (const key of ["nifti", "shape", "datatype", "endian", "sform_code", "qform_code", "axcodes"]) {
    if (expected[key] !== undefined) assert.deepEqual(ours[key], expected[key], `${name}: ${key}`);
  }
  // The reference rounds to six decimals; its statistics are sums in another order.
  for (const [key, tolerance] of [["zooms", 1e-5], ["affine", 1e-5], ["first_volume", 1e-6]]) {
    if (expected[key] === undefined) continue;
    const [own, theirs] = [numbers(ours[key]), numbers(expected[key])];
    assert.equal(own.length, theirs.length, `${name}: ${key}`);
    own.forEach((value, at) => {
      const most = tolerance * Math.max(1, Math.abs(theirs[at]));
      assert.ok(Math.abs(value - theirs[at]) <= most, `${name}: ${key}: ${value} for ${theirs[at]}`);
    });
  }
}

test("every file of the collection is read as the reference reads it, and to the last digit as on the command line", async () => {
  const paths = names.map((name) => join(CORPUS, name));
  // Files that are refused make its exit code 2.
  const native = JSON.parse(inspected(paths));
  let read = 0;
  for (const name of names) {
    const other = otherHalf(name);
    const halves = other && name.includes(".img") ? [other, name] : [name, ...(other ? [other] : [])];
    const files = halves.map((half) => readFileSync(join(CORPUS, half)).toString("base64"));
    const own = name.split("/").at(-1);
    const ours = JSON.parse(await page.evaluate(([name, files]) => globalThis.inspect(name, files), [own, files]));
    assert.deepEqual(ours, native[join(CORPUS, name)], name);
    const expected = reference[name];
    if (expected.rejected !== undefined || ours.rejected !== undefined || expected.shape.length < 3) continue;
    check(name, ours, expected);
    read += 1;
  }
  console.log(`${names.length} files, ${read} of them images`);
  // As many as in tests/conformance.rs.
  assert.ok(read > 45, `only ${read} files were read`);
});

function inspected(paths) {
  try {
    return execFileSync(BINARY, ["inspect", "--json", ...paths], { encoding: "utf8", maxBuffer: 1 << 28 });
  } catch (error) {
    assert.equal(error.status, 2, error.stderr);
    return error.stdout;
  }
}
