// The command line, the demo case, and what to compare with.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { REPOSITORY, siteFiles } from "./site.mjs";

export const BINARY = process.env.HIELIGHT_BIN ?? join(REPOSITORY, "target/release/hielight");

/** A folder of this run's own. */
export function scratch() {
  return mkdtempSync(join(tmpdir(), "hielight-browser-"));
}

/** The bundle that the site ships. */
export function shippedModel() {
  return one("a model bundle", (path) => path.endsWith(".safetensors"));
}

/** What the shipped bundle says of itself, read without the code under test. */
export function bundleManifest() {
  const bytes = readFileSync(shippedModel());
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString("utf8"));
  return JSON.parse(header.__metadata__.hielight).manifest;
}

/** A copy of the shipped bundle with its manifest changed, and the hash made right again. */
export function changedBundle(change) {
  const bytes = readFileSync(shippedModel());
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString("utf8"));
  const data = bytes.subarray(8 + length);
  const { manifest } = JSON.parse(header.__metadata__.hielight);
  const text = JSON.stringify(change(manifest) ?? manifest);
  const hash = createHash("sha256");
  const part = (piece) => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(piece.length));
    hash.update(size).update(piece);
  };
  part(Buffer.from(text));
  for (const name of Object.keys(header).filter((key) => key !== "__metadata__").sort()) {
    const { shape, data_offsets: [from, to] } = header[name];
    part(Buffer.from(name));
    part(Buffer.from(`[${shape.join(", ")}]`));
    part(data.subarray(from, to));
  }
  header.__metadata__.hielight = `{"content_sha256":"${hash.digest("hex")}","manifest":${text}}`;
  const head = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(head.length));
  return Buffer.concat([size, head, data]);
}

/** What `hielight evaluate` says of the cohorts in a manifest. */
export function evaluateCohorts(manifest) {
  const path = join(scratch(), "predictions.csv");
  const rows = manifest.cohorts.flatMap(({ name, center, outcome, probability }) =>
    outcome.map((event, at) => `${name}-${at},${name},${center},${event ? 1 : 0},${probability[at]}`),
  );
  writeFileSync(path, ["id,cohort,center,y,p", ...rows, ""].join("\n"));
  return JSON.parse(execFileSync(BINARY, ["evaluate", path, "--json", "-"], { encoding: "utf8" })).cohorts;
}

/** The demo case that the site ships. `facts` is its description, where there is one. */
export function demoCase() {
  const description = siteFiles((path) => basename(path) === "demo.json")[0];
  return {
    t1w: one("a T1w demo image", (path) => /T1w\.nii(\.gz)?$/.test(path)),
    t2w: one("a T2w demo image", (path) => /T2w\.nii(\.gz)?$/.test(path)),
    facts: description ? JSON.parse(readFileSync(description, "utf8")) : {},
  };
}

function one(what, test) {
  const found = siteFiles(test);
  if (found.length !== 1) throw new Error(`the site should hold ${what}, found ${JSON.stringify(found)}`);
  return found[0];
}

/** What the command line says of two images: its exit code, its errors and its JSON. */
export function predict({ model = shippedModel(), t1w, t2w, birthWeight }) {
  const images = ["--t1w", t1w, "--t2w", t2w, "--birth-weight-g", String(birthWeight)];
  const run = spawnSync(BINARY, ["predict", "--model", model, ...images, "--json", "-", "--device", "cpu"], {
    encoding: "utf8",
    timeout: 300_000,
  });
  if (run.error) throw run.error;
  return { code: run.status, stderr: run.stderr.trim(), json: run.stdout ? JSON.parse(run.stdout) : null };
}

/** Two freshly generated newborns, the first with HIE. */
export function phantoms(seed) {
  const folder = scratch();
  execFileSync(BINARY, ["phantom", "--out", folder, "--seed", String(seed), "--hie", "1", "--controls", "1"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [head, ...rows] = readFileSync(join(folder, "participants.tsv"), "utf8").trim().split("\n");
  const column = (row, name) => row.split("\t")[head.split("\t").indexOf(name)];
  return rows
    .map((row) => {
      const id = column(row, "participant_id");
      return {
        id,
        hie: column(row, "y") === "1",
        birthWeight: column(row, "birth_weight_g"),
        t1w: join(folder, id, "anat", `${id}_T1w.nii.gz`),
        t2w: join(folder, id, "anat", `${id}_T2w.nii.gz`),
      };
    })
    .sort((a, b) => Number(b.hie) - Number(a.hie));
}

/** The real newborn's pair, where the collection of test images stands beside the repository. */
export function realNewborn() {
  const folder = join(REPOSITORY, "../shared/corpus/neonatal");
  const pair = {
    t1w: join(folder, "Template-Month0-T1w.nii.gz"),
    t2w: join(folder, "Template-Month0-T2w.nii.gz"),
  };
  return existsSync(pair.t1w) && existsSync(pair.t2w) ? pair : null;
}
