// Does a cohort that is dropped at once end with an answer or a reason for each newborn, and the table that is shown?

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { slices } from "./support/dicom.mjs";
import { demoCase, scratch } from "./support/hielight.mjs";
import { pair, read } from "./support/nifti.mjs";
import { ANALYSIS_MS, assertClean, dropFolder, shown } from "./support/page.mjs";
import { serveSite } from "./support/site.mjs";

const demo = demoCase();
const hook = (page, name) => page.getByTestId(name);
/** More by hand: HIELIGHT_COHORT=24,6 for so many good newborns and bad ones. */
const [GOOD, BAD] = (process.env.HIELIGHT_COHORT ?? "3,2").split(",").map(Number);
const label = (at) => `sub-${String(at).padStart(2, "0")}`;

/** A dataset on disk: good newborns with the demo's images and weights of their own, bad ones in between. */
function dataset() {
  const folder = join(scratch(), "dataset");
  const rows = [["participant_id", "birth_weight_g"]];
  const file = (id, name, bytes) => {
    mkdirSync(join(folder, id, "anat"), { recursive: true });
    const path = join(folder, id, "anat", `${id}_${name}`);
    writeFileSync(path, bytes);
  };
  const [t1w, t2w] = [readFileSync(demo.t1w), readFileSync(demo.t2w)];
  const bad = new Map();
  for (let at = 1; at <= GOOD + BAD; at += 1) {
    const id = label(at);
    rows.push([id, 3000 + 10 * at]);
    // The first one's is a pair.
    if (at === 1) {
      const { header, voxels } = pair(read(demo.t1w));
      file(id, "T1w.img", voxels);
      file(id, "T1w.hdr", header);
    } else {
      file(id, "T1w.nii.gz", t1w);
    }
    // Bad ones stand at places 2, 4, 6...
    if (at % 2 === 0 && bad.size < BAD) {
      // One without its T2w image, the next one with a letter in its place.
      if (bad.size % 2 === 0) {
        bad.set(id, /T2w image is missing/);
      } else {
        bad.set(id, /not a NIfTI image but a text file/);
        file(id, "T2w.nii.gz", "This is a letter, not an image.\n".repeat(40));
      }
    } else {
      file(id, "T2w.nii.gz", t2w);
    }
  }
  const table = join(folder, "participants.tsv");
  writeFileSync(table, rows.map((row) => row.join("\t")).join("\n"));
  return { folder, bad };
}

/** The rows of the list as a person reads them. */
const listed = (page) =>
  page.locator("#cohort-list tbody tr").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText)));

let browser;
let site;

before(async () => {
  [browser, site] = [await launch({ webgpu: false }), await serveSite()];
});
after(async () => {
  await browser?.close();
  await site?.close();
});

test("a cohort ends with an answer or a reason a row, and its CSV says what is shown", async () => {
  const { folder, bad } = dataset();
  const page = await open(browser, site.origin);
  await dropFolder(page, folder);
  await hook(page, "cohort-status").filter({ hasText: `${GOOD + BAD} newborns wait` }).waitFor({ timeout: ANALYSIS_MS });
  await page.waitForFunction(() => !document.querySelector("#cohort-start").disabled, null, { timeout: ANALYSIS_MS });
  // By keyboard alone.
  await hook(page, "cohort-start").focus();
  const began = performance.now();
  await page.keyboard.press("Enter");
  const all = GOOD + BAD;
  const done = hook(page, "cohort-status").filter({ hasText: `${all} of ${all} newborns done` });
  await done.waitFor({ timeout: all * ANALYSIS_MS });
  console.log(`${all} newborns, ${BAD} of them bad: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  assert.match(await done.innerText(), new RegExp(`${GOOD} answered, ${BAD} without`));
  await picture(page, "cohort");

  const rows = await listed(page);
  assert.equal(rows.length, all);
  for (const [at, [name, , outcome, weight]] of rows.entries()) {
    assert.deepEqual([name, weight], [label(at + 1), String(3000 + 10 * (at + 1))]);
    if (bad.has(name)) assert.match(outcome, bad.get(name));
    else assert.match(outcome, /\d %/);
  }
  const download = page.waitForEvent("download");
  await hook(page, "export-csv").click();
  const csv = readFileSync(await (await download).path(), "utf8").replace(/^\ufeff/, "").trim().split("\r\n");
  const [header, ...lines] = csv.map((line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((cell) => cell[1].replace(/^"|"$/g, "")));
  const cell = (line, name) => line[header.indexOf(name)];
  assert.deepEqual(lines.map((line) => cell(line, "label")), rows.map(([name]) => name));
  for (const [at, line] of lines.entries()) {
    const [name, , outcome, weight] = rows[at];
    assert.equal(cell(line, "birth_weight_g"), weight);
    if (bad.has(name)) {
      assert.deepEqual([cell(line, "status"), cell(line, "probability")], ["refused", ""]);
      assert.match(cell(line, "reason"), bad.get(name));
    } else {
      assert.equal(cell(line, "status"), "answered");
      // Shown to one digit, or to none where the interval is wide.
      const apart = Math.abs(Number.parseFloat(outcome) - 100 * Number(cell(line, "probability")));
      assert.ok(apart <= 0.5, `${outcome}, ${cell(line, "probability")}`);
    }
  }
  // Newborns of one pair of images and other weights have other probabilities.
  const probabilities = lines.map((line) => cell(line, "probability")).filter(Boolean);
  assert.equal(new Set(probabilities).size, GOOD);

  // Sorted by a heading's button, both ways; who has no probability stands last.
  for (const order of ["ascending", "descending"]) {
    await hook(page, "sort-probability").click();
    assert.equal(await page.locator("th", { has: hook(page, "sort-probability") }).getAttribute("aria-sort"), order);
    const outcomes = (await listed(page)).map(([, , outcome]) => outcome);
    assert.ok(outcomes.slice(GOOD).every((outcome) => outcome.startsWith("none")), outcomes.join("; "));
  }
  assertClean(page);
  await page.context().close();
});

test("a cancelled cohort leaves no number of the newborn that was stopped, and goes on when asked", async () => {
  const { folder } = dataset();
  const page = await open(browser, site.origin);
  // A folder is chosen by keyboard where it cannot be dropped.
  await hook(page, "folder-input").setInputFiles(folder);
  await hook(page, "cohort-start").click({ timeout: ANALYSIS_MS });
  await page.locator("#cohort-list tbody tr", { hasText: "is being analysed" }).waitFor();
  await hook(page, "cohort-cancel").click();
  await hook(page, "cohort-status").filter({ hasText: "newborns wait" }).waitFor();
  assert.equal((await shown(page)).probability, null);
  assert.ok((await listed(page)).every(([, , outcome]) => !/\d %/.test(outcome)));
  await hook(page, "cohort-start").click({ timeout: ANALYSIS_MS });
  await hook(page, "cohort-pause").click();
  const first = page.locator("#cohort-list tbody tr", { hasText: label(1) });
  await first.filter({ hasText: /\d %/ }).waitFor({ timeout: ANALYSIS_MS });
  await hook(page, "cohort-status").filter({ hasText: "1 of" }).waitFor();
  assert.ok(await hook(page, "cohort-start").isEnabled());
  await page.context().close();
});

test("folders of DICOM files are a cohort, and of several runs the chosen one is taken", async () => {
  const folder = join(scratch(), "raw");
  const put = (path, name, bytes) => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, name), bytes);
  };
  const [t1w, t2w] = [read(demo.t1w), read(demo.t2w)];
  for (const at of [1, 2]) {
    const series = (image, number, description, repetition, echo) =>
      slices(image, { number, description, repetition, echo, patient: "Testfamily^Madeup" });
    const files = [...series(t1w, 3, "T1 TSE", 600, 12), ...series(t2w, 5, "T2 TSE", 5500, 140)];
    // The second one has no T2w series that is one.
    const own = at === 1 ? files : files.slice(0, -170);
    own.forEach((bytes, k) => put(join(folder, label(at), `S${k % 3}`), `I${k}`, bytes));
  }
  put(folder, "participants.tsv", "participant_id\tbirth_weight_g\nsub-01\t3200\nsub-02\t3300\n");
  const page = await open(browser, site.origin);
  await dropFolder(page, folder);
  await hook(page, "cohort-start").click({ timeout: ANALYSIS_MS });
  await hook(page, "cohort-status").filter({ hasText: "2 of 2 newborns done" }).waitFor({ timeout: 2 * ANALYSIS_MS });
  const [[, , first], [, , second]] = await listed(page);
  assert.match(first, /\d %/);
  assert.match(second, /no DICOM series is proposed as T2w/);

  const dataset = join(scratch(), "dataset");
  const anat = join(dataset, "sub-07", "anat");
  put(anat, "sub-07_run-1_T1w.nii.gz", "no image");
  put(anat, "sub-07_run-2_T1w.nii.gz", readFileSync(demo.t1w));
  put(anat, "sub-07_T2w.nii.gz", readFileSync(demo.t2w));
  put(dataset, "participants.tsv", "participant_id\tbirth_weight_g\nsub-07\t3200\n");
  await dropFolder(page, dataset);
  const run = hook(page, "cohort-run");
  await run.selectOption("2");
  await page.locator("#cohort-start:enabled").waitFor({ timeout: ANALYSIS_MS });
  assert.ok(await hook(page, "cohort-ses").isHidden(), "nothing is chosen where nothing differs");
  await hook(page, "cohort-start").click();
  const row = page.locator("#cohort-list tbody tr", { hasText: "sub-07" });
  await row.filter({ hasText: /\d %/ }).waitFor({ timeout: ANALYSIS_MS });
  const probability = (await listed(page)).find(([name]) => name === "sub-07")[2];
  assert.equal(probability, first, "one pair and one weight, in DICOM and in NIfTI");
  assertClean(page);
  await page.context().close();
});
