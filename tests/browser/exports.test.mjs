// Do exports hold exactly what is shown, in forms that other programs read, and does the report fit its page?

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { after, before, describe, test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import { ARTIFACTS, launch, open } from "./support/browser.mjs";
import { bundleManifest, demoCase, predict, scratch } from "./support/hielight.mjs";
import { changed, geometry, read } from "./support/nifti.mjs";
import { CHARTS, analyse, assertClean, choose, loadDemo, tab } from "./support/page.mjs";
import { REPOSITORY, serveSite } from "./support/site.mjs";

/** Two builds of one network on a processor: in a trial they differed by 2e-7 on the logit. */
const TOLERANCE = 1e-4;

const hook = (page, name) => page.getByTestId(name);
const schema = JSON.parse(readFileSync(join(REPOSITORY, "docs/predict.schema.json"), "utf8"));
const validate = new Ajv2020({ allErrors: true }).compile(schema);
const demo = demoCase();

/** Clicks and gives the files that the browser saved: `{ name, bytes, path }`. */
async function saved(page, name, count = 1) {
  const files = [];
  const all = new Promise((done) => {
    const heard = (download) => {
      files.push(download);
      if (files.length === count) {
        page.off("download", heard);
        done();
      }
    };
    page.on("download", heard);
  });
  await hook(page, name).click();
  await all;
  return Promise.all(
    files.map(async (download) => {
      const path = join(scratch(), download.suggestedFilename());
      await download.saveAs(path);
      return { name: download.suggestedFilename(), path, bytes: readFileSync(path) };
    }),
  );
}

/** The same keys in the same order, the same words, and numbers within the tolerance. */
function assertAlike(here, there, path = "") {
  if (typeof here === "number" && typeof there === "number") {
    assert.ok(Math.abs(here - there) <= TOLERANCE * Math.max(1, Math.abs(there)), `${path}: ${here}, ${there}`);
  } else if (here !== null && there !== null && typeof here === "object" && typeof there === "object") {
    assert.deepEqual(Object.keys(here), Object.keys(there), `keys of ${path || "the document"}`);
    for (const key of Object.keys(here)) assertAlike(here[key], there[key], `${path}/${key}`);
  } else {
    assert.equal(here, there, path);
  }
}

/** Another reader of NIfTI, where there is one. */
const python = ["python3", "/usr/bin/python3"].find((name) => spawnSync(name, ["-c", "import nibabel"]).status === 0);

/** An image whose stored axes run to the left, back and top: the first two backwards. Needs 16-bit voxels and an sform. */
function backwards(image) {
  return changed(image, (copy) => {
    const { dims: [nx, ny, nz], rows } = geometry(copy);
    const start = copy.readFloatLE(108);
    const voxels = Buffer.from(copy.subarray(start));
    for (let k = 0; k < nz; k += 1) {
      for (let j = 0; j < ny; j += 1) {
        for (let i = 0; i < nx; i += 1) {
          const from = 2 * (nx - 1 - i + nx * (ny - 1 - j + ny * k));
          copy.writeInt16LE(voxels.readInt16LE(from), start + 2 * (i + nx * (j + ny * k)));
        }
      }
    }
    copy.writeInt16LE(0, 252);
    rows.forEach((row, at) => {
      const own = [-row[0], -row[1], row[2], row[3] + (nx - 1) * row[0] + (ny - 1) * row[1]];
      own.forEach((value, column) => copy.writeFloatLE(value, 280 + 16 * at + 4 * column));
    });
  });
}

const rowsOf = (csv) =>
  csv.toString("utf8").replace(/^\ufeff/, "").trim().split("\r\n")
    .map((line) => [...line.matchAll(/"((?:[^"]|"")*)"|([^,]+)|(?<=,)(?=,|$)/g)].map((m) => (m[1] ?? m[2] ?? "").replaceAll('""', '"')));

describe("exports", () => {
  let browser;
  let site;
  let page;
  let answer;
  let native;

  before(async () => {
    [browser, site] = [await launch({ webgpu: false }), await serveSite()];
    page = await open(browser, site.origin);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  const EXPORTS = [
    "export-report", "export-json", "export-cam", "report-label", "report-comment", "report-names", "scan-date", "scan-age",
  ];

  test("wait for something to export", async () => {
    for (const name of [...EXPORTS, "export-csv"]) assert.ok(await hook(page, name).isDisabled(), name);
    answer = await loadDemo(page);
    native = predict({ ...demo, birthWeight: answer.birthWeight }).json;
    for (const name of [...EXPORTS, "export-csv"]) assert.ok(await hook(page, name).isEnabled(), name);
  });

  test("the JSON is the command line's document, and valid by its schema", async () => {
    await hook(page, "report-label").fill("Baby 7/../=x");
    const [file] = await saved(page, "export-json");
    assert.match(file.name, /^hielight-Baby-7-x-\d{8}-\d{4}\.json$/);
    const document = JSON.parse(file.bytes);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assert.equal(document.device.kind, "cpu");
    // The device's own name is what may differ.
    assertAlike({ ...document, device: 0 }, { ...native, device: 0 });
    assert.equal(String(document.logit), String(answer.logit));
    assert.ok(document.warnings.some(({ code }) => code === "synthetic_model"));
  });

  test("its schema refuses what lacks a key or has one of another kind", () => {
    assert.ok(validate(native), JSON.stringify(validate.errors));
    for (const key of Object.keys(native)) {
      const { [key]: _, ...without } = native;
      assert.ok(!validate(without), `valid without ${key}`);
      assert.ok(!validate({ ...native, [key]: true }), `valid with ${key}: true`);
    }
    const wrong = (change) => {
      const copy = structuredClone(native);
      change(copy);
      return copy;
    };
    for (const change of [
      (d) => void (d.probability = 1.5),
      (d) => void d.interval95.pop(),
      (d) => void (d.signatures.T2w = null),
      (d) => void (d.points.terms[0].points = "3"),
      (d) => void (d.device.kind = "abacus"),
      (d) => void (d.warnings[0].code = "Not A Code"),
      (d) => void (d.checks[0].verdict = "fine"),
      (d) => void (d.model.sha256 = "abc"),
      (d) => void d.cam_peaks[0].ras_mm.pop(),
      (d) => void delete d.provenance.inputs.T1w.sha256,
      (d) => void (d.abstained = [{ code: "contrast", message: "No." }]),
    ]) {
      assert.ok(!validate(wrong(change)), `valid: ${change}`);
    }
  });

  test("the maps lie on the voxels of their images, as the command line writes them", async () => {
    const files = await saved(page, "export-cam", 2);
    for (const [at, suffix] of ["T1w", "T2w"].entries()) {
      const file = files.find(({ name }) => name.endsWith(`-${suffix}_cam.nii.gz`));
      assert.ok(file, `${suffix} among ${files.map(({ name }) => name)}`);
      const [map, image] = [gunzipSync(file.bytes), read([demo.t1w, demo.t2w][at])];
      // Fields that place voxels in the world: copied bit for bit.
      for (const [from, to] of [[40, 56], [76, 108], [252, 328]]) {
        assert.deepEqual(map.subarray(from, to), image.subarray(from, to), `${suffix}, header bytes ${from} to ${to}`);
      }
      checkWithNibabel([demo.t1w, demo.t2w][at], file.path, suffix, native);
    }
  });

  function checkWithNibabel(image, map, suffix, document) {
    if (!python) return console.log("skipped: no Python with nibabel");
    const peak = document.cam_peaks.find(({ sequence }) => sequence === suffix).ras_mm;
    const script = join(REPOSITORY, "tests/reference/overlay.py");
    console.log(execFileSync(python, [script, image, map, ...peak.map(String)], { encoding: "utf8" }).trim());
  }

  test("so do those of images that are stored otherwise", async () => {
    const [t1w, t2w] = [demo.t1w, demo.t2w].map((path, at) => {
      const copy = join(scratch(), `sub-other_${["T1w", "T2w"][at]}.nii.gz`);
      writeFileSync(copy, backwards(read(path)));
      return copy;
    });
    await choose(page, { t1w, t2w, birthWeight: 3200 });
    assert.ok(await hook(page, "export-json").isDisabled(), "nothing is exported of what is gone");
    assert.equal(await hook(page, "report-label").inputValue(), "", "the label was another newborn's");
    await analyse(page);
    const document = predict({ t1w, t2w, birthWeight: 3200 }).json;
    for (const { name, path } of await saved(page, "export-cam", 2)) {
      const suffix = name.includes("T1w") ? "T1w" : "T2w";
      checkWithNibabel(suffix === "T1w" ? t1w : t2w, path, suffix, document);
    }
    await hook(page, "report-label").fill("=HYPERLINK(\"http://x\")");
  });

  test("a refusal is exported as one, without a number and without maps", async () => {
    await choose(page, { t1w: demo.t2w, t2w: demo.t1w });
    const refused = await analyse(page);
    assert.equal(refused.kind, "refusal");
    assert.ok(await hook(page, "export-cam").isDisabled());
    const [file] = await saved(page, "export-json");
    const document = JSON.parse(file.bytes);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assertAlike({ ...document, device: 0 }, { ...predict({ t1w: demo.t2w, t2w: demo.t1w, birthWeight: 3200 }).json, device: 0 });
    assert.equal(document.probability, undefined);
    await hook(page, "export-report").click();
    const text = await hook(page, "report").innerText();
    assert.match(text, /No probability is given/);
    assert.doesNotMatch(text, /Nomogram term|95 % interval/);
    await pdf(page, "refusal", 1);
    await hook(page, "close-report").click();
  });

  test("the table of the visit is one that spreadsheets read and do not run", async () => {
    const [file] = await saved(page, "export-csv");
    assert.match(file.name, /^hielight-cohort-\d{8}-\d{4}\.csv$/);
    assert.deepEqual([...file.bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
    const [header, ...rows] = rowsOf(file.bytes);
    const column = (row, name) => row[header.indexOf(name)];
    assert.equal(rows.length, 3);
    assert.equal(column(rows[0], "label"), "Baby 7/../=x");
    assert.equal(column(rows[1], "label"), "'=HYPERLINK(\"http://x\")");
    assert.equal(Number(column(rows[0], "logit")), answer.logit);
    assert.equal(column(rows[0], "sha256_T1w"), native.provenance.inputs.T1w.sha256);
    // Both images have the other's contrast.
    assert.equal(column(rows[2], "abstained"), "swapped");
    assert.equal(column(rows[2], "probability"), "");
    for (const row of rows) {
      assert.equal(column(row, "training_data"), "synthetic");
      assert.match(column(row, "time"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    }
    await hook(page, "cohort-list").locator("tbody").getByRole("button").nth(1).click();
    assert.equal(await hook(page, "cohort-list").locator("tbody tr").count(), 2);
    await hook(page, "clear-list").click();
    assert.ok(await hook(page, "export-csv").isDisabled());
  });

  test("each chart is saved as a drawing that says what it is worth", async () => {
    answer = await loadDemo(page);
    for (const chart of ["gauge", "nomogram-chart", "contributions-chart", "reliability-chart", "decision-chart", "roc-chart", "distribution-chart"]) {
      if (CHARTS[chart]) await tab(page, CHARTS[chart]);
      const [file] = await saved(page, `save-${chart}`);
      assert.match(file.name, new RegExp(`^hielight-newborn-\\d{8}-\\d{4}-${chart}\\.svg$`));
      const text = file.bytes.toString("utf8");
      assert.match(text, /^<svg[^]*<\/svg>$/);
      assert.match(text.replaceAll(/<[^>]*>/g, " "), /not valid\s+on patients/i);
    }
  });

  test("the report says what is shown, on one page of A4 and of Letter, and names no file unless asked", async () => {
    await hook(page, "report-label").fill("Baby 7");
    await hook(page, "report-comment").fill("Seen by two readers.");
    await hook(page, "scan-date").fill("2026-11-27");
    await hook(page, "scan-age").fill("4 days");
    await hook(page, "export-report").click();
    const text = await hook(page, "report").innerText();
    for (const fact of [
      "Baby 7", "Seen by two readers.", /Research use only\. Not a medical device\. Synthetic training data/, /T1w peak/, /Nomogram term/,
      native.provenance.inputs.T1w.sha256, native.provenance.inputs.T2w.sha256, native.model.sha256, /HIELight \d/, /CPU/,
      await page.locator("#probability").textContent(), await page.locator("#neighbours").textContent(), /Left|left/,
      await page.locator("#population").textContent(), "2026-11-27", "4 days", "Read by", "Signature",
    ]) {
      assert.match(text, fact instanceof RegExp ? fact : new RegExp(fact.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")));
    }
    for (const { message } of native.warnings) assert.ok(text.includes(message.replace(/\.$/, "")), message);
    // Warnings stand under the number, and across it what it is as long as that is true.
    const tops = await page.evaluate(() => [".r-number", ".r-warnings", ".r-images"].map((part) => document.querySelector(part).getBoundingClientRect().top));
    assert.ok(tops[0] < tops[1] && tops[1] < tops[2], `${tops}`);
    assert.match(await page.locator(".r-number .r-void").innerText(), /not valid/i);
    assert.doesNotMatch(text, /demo_T1w/);
    assert.equal(await page.locator("#report img").evaluateAll((all) => all.filter((i) => i.naturalWidth === 0).length), 0);
    await pdf(page, "report", 1);
    await hook(page, "close-report").click();
    await hook(page, "report-names").check();
    await hook(page, "export-report").click();
    assert.match(await hook(page, "report").innerText(), /demo_T1w\.nii\.gz/);
  });

  test("saved as HTML, the report loads nothing and looks the same", async () => {
    const [file] = await saved(page, "save-report");
    assert.match(file.name, /^hielight-Baby-7-\d{8}-\d{4}\.html$/);
    const alone = await (await browser.newContext({ offline: true })).newPage();
    const faults = [];
    alone.on("console", (message) => faults.push(message.text()));
    alone.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) faults.push(request.url());
    });
    await alone.goto(`file://${file.path}`);
    assert.equal(await alone.locator("img").evaluateAll((all) => all.filter((i) => i.naturalWidth === 0).length), 0);
    const [here, there] = [await alone.locator(".report").boundingBox(), await page.locator(".report").boundingBox()];
    // One style, one font: not a line may break elsewhere.
    assert.ok(Math.abs(here.height - there.height) < 1, `${here.height}, ${there.height}`);
    assert.equal(await alone.locator("script").count(), 0);
    assert.deepEqual(faults, []);
    await pdf(alone, "report-file", 1);
    await alone.context().close();
  });

  test("many warnings are shrunk or flow on, and are never cut", async () => {
    await hook(page, "close-report").click();
    const long = "This is a long remark that somebody had to make about this newborn, again and again. ";
    await hook(page, "report-comment").fill(long.repeat(20).slice(0, 600));
    await hook(page, "export-report").click();
    // As many as it takes: the page lays out whatever the list holds.
    const fit = await page.locator(".report").getAttribute("data-fit");
    assert.notEqual(fit, "pages", "a full comment still fits one page");
    await pdf(page, "report-comment", 1);
    await hook(page, "close-report").click();
    assertClean(page);
  });

  test("in Chinese it fits too, and says the same numbers", async () => {
    await hook(page, "language").selectOption("zh-Hans");
    await hook(page, "export-report").click();
    const text = await hook(page, "report").innerText();
    assert.match(text, /（HIE）概率/);
    for (const fact of [native.model.sha256, native.provenance.inputs.T1w.sha256]) assert.ok(text.includes(fact), fact);
    assert.equal(await page.locator(".report").getAttribute("lang"), "zh-Hans");
    await pdf(page, "report-zh-Hans", 1);
    await hook(page, "close-report").click();
    await hook(page, "language").selectOption("en");
    assertClean(page);
  });

  test("Ctrl+P prints the report of what is shown, from wherever the page is", async () => {
    await page.evaluate(() => {
      globalThis.printed = 0;
      globalThis.print = () => (globalThis.printed += 1);
    });
    await hook(page, "birth-weight").focus();
    await page.keyboard.press("Control+p");
    await page.waitForFunction(() => globalThis.printed === 1);
    assert.ok(await hook(page, "report").isVisible());
    assert.ok(!(await hook(page, "probability").isVisible()), "nothing else is printed");
    await hook(page, "close-report").click();
    // The browser's own menu tells the page before it prints, and after.
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert.ok(await hook(page, "report").isVisible());
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.ok(await hook(page, "probability").isVisible());
  });

  test("Escape leads back to the page as it was", async () => {
    await hook(page, "export-report").click();
    await page.keyboard.press("Escape");
    assert.ok(await hook(page, "probability").isVisible());
    assert.ok(await hook(page, "export-report").evaluate((button) => button === document.activeElement));
    assert.equal(await page.title(), "HIELight");
    assert.equal(bundleManifest().synthetic, true);
    assertClean(page);
  });

  /** Prints to A4 and Letter; `pages` long each. Pictures of the pages lie with the other artifacts. */
  async function pdf(printed, name, pages) {
    const folder = join(ARTIFACTS, "print");
    mkdirSync(folder, { recursive: true });
    for (const format of ["A4", "Letter"]) {
      const bytes = await printed.pdf({ format, preferCSSPageSize: false, printBackground: true });
      writeFileSync(join(folder, `${name}-${format}.pdf`), bytes);
      // Chromium writes one object for each page.
      const count = (bytes.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g) ?? []).length;
      assert.equal(count, pages, `${name} on ${format}`);
    }
  }
});
