// Does every control of the viewer work by mouse, by keyboard and by touch, and does it show what it showed?
//
// Baselines stand in `baselines/`; HIELIGHT_WRITE_BASELINES=1 writes them anew, to be looked at.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, open, picture } from "./support/browser.mjs";
import { FULL_SCALE, withKnownMaps } from "./support/engine.mjs";
import { demoCase, scratch } from "./support/hielight.mjs";
import { geometry, read, thinned } from "./support/nifti.mjs";
import { PLANES, assertClean, choose, differing, isPainted, loadDemo, pixels } from "./support/page.mjs";
import { decodePng, encodePng } from "./support/png.mjs";
import { serveSite } from "./support/site.mjs";

const BASELINES = fileURLToPath(new URL("baselines", import.meta.url));
/** Levels of 255 that a pixel may differ by (rounding), and the share of pixels that may differ by more. */
const LEVELS = 3;
const SHARE = 0.001;

const BESIDE = PLANES.map((plane) => `${plane}-beside`);

let browser;
let site;
let page;

before(async () => {
  [browser, site] = [await launch({ webgpu: false }), await serveSite({ replace: withKnownMaps() })];
  page = await open(browser, site.origin, { viewport: { width: 1280, height: 900 } });
  await loadDemo(page);
  await page.locator("#viewer details.more summary").click();
  // Whatever stands beside the viewer: the baselines are of this size.
  await page.evaluate(() => {
    const { style } = document.getElementById("planes");
    style.width = style.maxWidth = "640px";
    dispatchEvent(new Event("resize"));
  });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const hook = (name) => page.getByTestId(name);
/** Two frames: one that draws, one that shows. */
const settle = (on = page) => on.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
const key = async (name) => {
  await page.keyboard.press(name);
  await settle();
};
/** Where an element is, once it is wholly on the screen: a mouse reaches nothing else. */
const box = async (name) => {
  await hook(name).scrollIntoViewIfNeeded();
  return hook(name).boundingBox();
};
/** A place on a plane by its shares of width and height. */
const spot = async (name, x, y) => {
  const at = await box(name);
  return [at.x + x * at.width, at.y + y * at.height];
};
const click = async (name, x, y) => {
  await page.mouse.click(...(await spot(name, x, y)));
  await settle();
};
/** Back to how the page starts, at the middle of the head. */
async function reset() {
  await page.mouse.move(0, 0);
  const set = { layout: "one", "planes-shown": "all", convention: "radiological", drag: "crosshair", "overlay-colours": "inferno" };
  for (const [name, value] of Object.entries(set)) await hook(name).selectOption(value);
  const boxes = { "overlay-on": true, "overlay-signed": false, "overlay-soft": true, "overlay-outline": false, "overlay-own-scale": false, "overlay-linked": true, inverted: false, interpolate: true, "crosshair-on": true };
  for (const [name, on] of Object.entries(boxes)) await hook(name).setChecked(on);
  await hook("overlay-opacity").fill("60");
  await hook("overlay-threshold").fill("25");
  await hook("show-t2").check();
  await hook("window-auto").click();
  await hook("show-t1").check();
  await hook("window-auto").click();
  await hook("reset-view").click();
  await hook("cam-peaks").locator('[data-sequence="T1w"]').first().click();
  await settle();
}

/** What the readout says. */
const readout = () =>
  page.evaluate(() => {
    const position = document.querySelector('[data-testid="position"]');
    const row = (id) => {
      const it = document.querySelector(`[data-testid="readout-${id}"]`);
      if (it.hidden) return null;
      const number = (text) => (text === "" ? null : Number(text));
      return { voxel: it.dataset.voxel.split(",").map(Number), intensity: number(it.dataset.intensity), map: number(it.dataset.map), text: it.innerText };
    };
    return { text: position.innerText, ras: position.dataset.ras.split(",").map(Number), t1: row("t1"), t2: row("t2") };
  });
const crosshair = async () => {
  await page.mouse.move(0, 0);
  await settle();
  return (await readout()).ras;
};
const distance = (a, b) => Math.hypot(...a.map((value, axis) => value - b[axis]));
const planes = (names = PLANES) => Promise.all(names.map((name) => pixels(page, name)));
/** Whether doing something changed each plane. */
async function changes(names, act) {
  const from = await planes(names);
  await act();
  await settle();
  const to = await planes(names);
  return names.map((_, at) => differing(from[at], to[at]));
}

/** Compares with the baseline of that name, at the pixel tolerance stated above. */
async function sameAsBaseline(name, picture) {
  const path = join(BASELINES, `${name}.png`);
  if (process.env.HIELIGHT_WRITE_BASELINES || !existsSync(path)) {
    assert.ok(process.env.HIELIGHT_WRITE_BASELINES, `${path} is missing`);
    mkdirSync(BASELINES, { recursive: true });
    writeFileSync(path, encodePng(picture));
    return;
  }
  const expected = decodePng(readFileSync(path));
  assert.deepEqual([picture.width, picture.height], [expected.width, expected.height], name);
  let wrong = 0;
  for (let at = 0; at < expected.rgba.length; at += 4) {
    if ([0, 1, 2].some((c) => Math.abs(expected.rgba[at + c] - picture.rgba[at + c]) > LEVELS)) wrong += 1;
  }
  const share = wrong / (expected.width * expected.height);
  assert.ok(share <= SHARE, `${name}: ${(100 * share).toFixed(2)} % of the pixels differ`);
}

describe("the crosshair", () => {
  before(reset);

  test("goes where a click points, in all planes", async () => {
    const changed = await changes(PLANES, () => click("plane-axial", 0.35, 0.4));
    assert.ok(changed.every((count) => count > 500), `${changed}`);
    const from = await crosshair();
    await click("plane-axial", 0.65, 0.4);
    const to = await crosshair();
    // The patient's left is on the right-hand side: RAS x falls.
    assert.ok(to[0] < from[0] - 10, `${from} to ${to}`);
    assert.ok(Math.abs(to[1] - from[1]) < 0.5 && Math.abs(to[2] - from[2]) < 0.01, `${from} to ${to}`);
  });

  test("follows a drag", async () => {
    await click("plane-coronal", 0.4, 0.4);
    const from = await crosshair();
    await page.mouse.move(...(await spot("plane-coronal", 0.4, 0.4)));
    await page.mouse.down();
    await page.mouse.move(...(await spot("plane-coronal", 0.4, 0.6)), { steps: 4 });
    await page.mouse.up();
    const to = await crosshair();
    assert.ok(to[2] < from[2] - 10 && Math.abs(to[0] - from[0]) < 0.5, `${from} to ${to}`);
  });

  test("takes arrows and page keys by a voxel, and the wheel by a slice", async () => {
    await click("plane-axial", 0.5, 0.5);
    const steps = { ArrowLeft: [0, 1], ArrowRight: [0, -1], ArrowUp: [1, 1], ArrowDown: [1, -1], PageUp: [2, 1], PageDown: [2, -1] };
    const { rows } = geometry(read(demoCase().t1w));
    await key("ArrowUp");
    for (const [name, [axis, sign]] of Object.entries(steps)) {
      const from = await crosshair();
      await key(name);
      const to = await crosshair();
      const moved = (to[axis] - from[axis]) * sign;
      assert.ok(moved > 0.4 * Math.hypot(...rows.map((row) => row[axis])), `${name}: ${from} to ${to}`);
    }
    const [x, y] = await spot("plane-axial", 0.5, 0.5);
    await page.mouse.move(x, y);
    const from = (await readout()).ras;
    await page.mouse.wheel(0, 120);
    await settle();
    await page.mouse.wheel(0, 120);
    const to = await crosshair();
    assert.ok(to[2] < from[2] - 0.8, `${from} to ${to}`);
  });

  test("can be taken away", async () => {
    const changed = await changes(PLANES, () => hook("crosshair-on").uncheck());
    assert.ok(changed.every((count) => count > 100), `${changed}`);
    const back = await changes(PLANES, () => key("x"));
    assert.ok(back.every((count) => count > 100), `${back}`);
  });
});

describe("slices", () => {
  before(reset);
  const slice = async (plane = "plane-axial") => Number(await hook(`${plane}-slice`).inputValue());

  test("have a slider on each plane, which says where it stands and takes the keyboard", async () => {
    for (const [at, plane] of PLANES.entries()) {
      const slider = hook(`${plane}-slice`);
      assert.equal(Number(await slider.getAttribute("max")), geometry(read(demoCase().t1w)).dims[[2, 1, 0][at]]);
      const from = await slice(plane);
      const changed = await changes([plane], async () => {
        await slider.focus();
        await key("ArrowUp");
      });
      assert.ok(changed[0] > 100, `${plane}: ${changed}`);
      assert.equal(await slice(plane), from + 1);
      const said = new RegExp(`slice ${from + 1} of`);
      assert.match(await slider.getAttribute("aria-valuetext"), said);
      assert.match(await page.locator(`#${plane}-caption`).innerText(), said);
    }
    // Others stay, and a crosshair that moves takes the sliders along.
    await click("plane-coronal", 0.5, 0.3);
    const [high, before] = [await slice(), await slice("plane-coronal")];
    await click("plane-coronal", 0.5, 0.6);
    assert.ok((await slice()) < high && (await slice("plane-coronal")) === before);
  });

  test("play, and stop when asked, when something else moves, and when nobody looks", async () => {
    await reset();
    const moves = (from) => page.waitForFunction((from) => Number(document.querySelector("#plane-axial-slice").value) !== from, from);
    const pressed = () => hook("cine").getAttribute("aria-pressed");
    const stops = [
      () => hook("cine").click(),
      () => key(" "),
      () => hook("plane-coronal-slice").press("ArrowUp"),
      () => page.evaluate(() => {
        Object.defineProperty(document, "hidden", { value: true, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
        delete document.hidden;
      }),
    ];
    for (const stop of stops) {
      await click("plane-axial", 0.5, 0.5);
      const from = await slice();
      await hook("plane-axial").focus();
      await key(" ");
      assert.equal(await pressed(), "true");
      await moves(from);
      await stop();
      assert.equal(await pressed(), "false");
      const at = await slice();
      // A timer of twice the cine's time comes after another slice would have.
      await page.evaluate(() => new Promise((done) => setTimeout(done, 2 * 120)));
      assert.equal(await slice(), at);
    }
    await page.emulateMedia({ reducedMotion: "reduce" });
    assert.ok(!(await hook("cine").isVisible()));
    await hook("plane-axial").focus();
    await key(" ");
    assert.equal(await pressed(), "false");
    assert.match(await hook("viewer-note").innerText(), /less motion/);
    await page.emulateMedia({ reducedMotion: "no-preference" });
  });
});

describe("measures", () => {
  before(reset);
  const listed = () => hook("measures").locator("li").allInnerTexts();
  const drag = async (name, [a, b]) => {
    await page.mouse.move(...(await spot(name, ...a)));
    await settle();
    const from = (await readout()).ras;
    await page.mouse.down();
    await page.mouse.move(...(await spot(name, ...b)), { steps: 4 });
    await settle();
    const to = (await readout()).ras;
    await page.mouse.up();
    await settle();
    return [from, to];
  };

  test("a ruler has the length between its ends in the world, on its slice alone, until it is deleted", async () => {
    const [bare] = await planes(["plane-coronal"]);
    await hook("drag").selectOption("ruler");
    const ends = await drag("plane-coronal", [[0.3, 0.4], [0.6, 0.5]]);
    const [text] = await listed();
    // Said to a tenth; the pointer is on whole pixels of a quarter of a millimetre.
    assert.ok(Math.abs(Number.parseFloat(text.slice(3)) - distance(...ends)) < 0.15, `${text}, ${distance(...ends)}`);
    const [drawn] = await planes(["plane-coronal"]);
    assert.ok(differing(bare, drawn) > 100);
    await hook("plane-coronal").focus();
    await key("PageUp");
    await key("PageDown");
    assert.equal(differing((await planes(["plane-coronal"]))[0], drawn), 0, "it is on its slice");
    await hook("export-report").click();
    assert.ok((await hook("report").innerText()).includes(text.split("\n")[0]), "the report says it");
    await hook("close-report").click();
    await hook("plane-coronal").focus();
    await key("Delete");
    assert.deepEqual(await listed(), []);
    // A press without a drag measures nothing.
    await click("plane-coronal", 0.5, 0.5);
    assert.deepEqual(await listed(), []);
  });

  test("an ellipse has mean and SD of the image's own voxels", async () => {
    await reset();
    await hook("drag").selectOption("ellipse");
    const [a, b] = await drag("plane-axial", [[0.4, 0.4], [0.6, 0.55]]);
    const image = read(demoCase().t1w);
    const { dims, rows } = geometry(image);
    // 16-bit integers after the header, with slope and intercept.
    const [start, slope, intercept] = [108, 112, 116].map((at) => image.readFloatLE(at));
    const voxel = (x, y, z) => image.readInt16LE(start + 2 * (x + dims[0] * (y + dims[1] * z))) * (slope || 1) + intercept;
    // The demo's T1w image lies straight in the world: across is R, up is A.
    const centre = [0, 1].map((axis) => (a[axis] + b[axis]) / 2);
    const semi = [0, 1].map((axis) => Math.abs(a[axis] - b[axis]) / 2);
    const z = Number(await hook("plane-axial-slice").inputValue()) - 1;
    const inside = [];
    for (let y = 0; y < dims[1]; y += 1) {
      for (let x = 0; x < dims[0]; x += 1) {
        const mm = rows.map((row) => row[0] * x + row[1] * y + row[2] * z + row[3]);
        const far = [0, 1].reduce((sum, axis) => sum + ((mm[axis] - centre[axis]) / semi[axis]) ** 2, 0);
        if (far <= 1) inside.push(voxel(x, y, z));
      }
    }
    const mean = inside.reduce((sum, v) => sum + v, 0) / inside.length;
    const sd = Math.sqrt(inside.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (inside.length - 1));
    const [, told, spread] = /mean ([\d.]+), SD ([\d.]+), \d+ voxels/.exec((await listed())[0]).map(Number);
    // The release is half a step of the drag from where the readout was: some of a thousand voxels at the border.
    assert.ok(Math.abs(told - mean) < 1 && Math.abs(spread - sd) < 1, `${told} ${mean}, ${spread} ${sd}`);
    await hook("measures").getByRole("button").click();
    assert.deepEqual(await listed(), []);
  });

  test("are drawn by the keyboard, from one press of Enter to the next", async () => {
    await reset();
    await click("plane-axial", 0.5, 0.5);
    await key("r");
    assert.equal(await hook("drag").inputValue(), "ruler");
    // On voxel centres.
    for (const name of ["ArrowRight", "ArrowUp", "Enter", ...Array(10).fill("ArrowLeft"), "Enter"]) await key(name);
    const step = Math.hypot(...geometry(read(demoCase().t1w)).rows.map((row) => row[0]));
    assert.ok(Math.abs(Number.parseFloat((await listed())[0].slice(3)) - 10 * step) < 0.06, `${await listed()}`);
    await key("Delete");
    await key("r");
    assert.equal(await hook("drag").inputValue(), "crosshair");
  });
});

describe("the readout", () => {
  before(reset);

  test("follows the pointer while it drags the window", async () => {
    await page.mouse.move(...(await spot("plane-axial", 0.4, 0.4)));
    await page.mouse.down({ button: "right" });
    for (const x of [0.5, 0.6]) {
      await page.mouse.move(...(await spot("plane-axial", x, 0.4)));
      await settle();
      const now = (await readout()).ras[0];
      await page.mouse.move(...(await spot("plane-axial", x + 0.05, 0.4)));
      await settle();
      assert.ok((await readout()).ras[0] < now - 3, "the patient's left is on the right-hand side");
    }
    await page.mouse.up({ button: "right" });
    await reset();
  });

  test("says voxel, millimetres, intensity and map under the cursor, by the affine's own arithmetic", async () => {
    const { t1w, t2w } = demoCase();
    const affines = [t1w, t2w].map((path) => geometry(read(path)).rows);
    for (const [x, y] of [[0.31, 0.42], [0.5, 0.5], [0.66, 0.61]]) {
      for (const plane of PLANES) {
        await page.mouse.move(...(await spot(plane, x, y)));
        await settle();
        const now = await readout();
        assert.match(now.text, /^Cursor: RAS/);
        for (const [at, sequence] of [now.t1, now.t2].entries()) {
          assert.ok(sequence.intensity !== null && sequence.text.length > 0);
          const back = affines[at].map((row) => row.slice(0, 3).reduce((sum, cell, axis) => sum + cell * sequence.voxel[axis], row[3]));
          assert.ok(distance(back, now.ras) < 1e-3, `${plane}: ${back}, ${now.ras}`);
        }
        assert.ok(now.t1.map !== null, "the map covers the image's inside");
      }
    }
    await page.mouse.move(0, 0);
    await settle();
    assert.match((await readout()).text, /^Crosshair: RAS/);
    assert.match(await page.locator("#readout").innerText(), /log-odds per ml/);
  });
});

describe("zoom and pan", () => {
  before(reset);
  const centre = async (name) => {
    await page.mouse.move(...(await spot(name, 0.25, 0.25)));
    await settle();
    return (await readout()).ras;
  };

  test("keep the place under the pointer, and a key shows the whole again", async () => {
    const from = await centre("plane-axial");
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -240);
    await page.keyboard.up("Control");
    await settle();
    const to = await centre("plane-axial");
    assert.ok(distance(from, to) < 0.5, `${from}, ${to}`);
    assert.match(await hook("scale-text").innerText(), /Zoom 2\.2/);
    await hook("plane-axial").focus();
    await key("0");
    assert.doesNotMatch(await hook("scale-text").innerText(), /Zoom/);
  });

  test("a double click shows a plane alone, and another one all again", async () => {
    await reset();
    await page.mouse.dblclick(...(await spot("plane-coronal", 0.5, 0.5)));
    await settle();
    assert.deepEqual(await Promise.all(PLANES.map((name) => hook(name).isVisible())), [false, true, false]);
    await page.mouse.dblclick(...(await spot("plane-coronal", 0.5, 0.5)));
    await settle();
    assert.deepEqual(await Promise.all(PLANES.map((name) => hook(name).isVisible())), [true, true, true]);
  });

  test("work by the keyboard", async () => {
    await click("plane-axial", 0.5, 0.5);
    const zoomed = await changes(PLANES, async () => {
      await key("+");
      await key("+");
    });
    assert.ok(zoomed.every((count) => count > 1000), `${zoomed}`);
    const panned = await changes(["plane-axial"], () => key("Shift+ArrowLeft"));
    assert.ok(panned[0] > 1000, `${panned}`);
    await key("-");
    await key("0");
    assert.doesNotMatch(await hook("scale-text").innerText(), /Zoom/);
  });

  test("pan by a drag in that mode, and by the middle button", async () => {
    for (const button of ["left", "middle"]) {
      await hook("drag").selectOption(button === "left" ? "pan" : "crosshair");
      const from = await centre("plane-coronal");
      await page.mouse.move(...(await spot("plane-coronal", 0.5, 0.5)));
      await page.mouse.down({ button });
      await page.mouse.move(...(await spot("plane-coronal", 0.6, 0.5)), { steps: 3 });
      await page.mouse.up({ button });
      await settle();
      const to = await centre("plane-coronal");
      assert.ok(Math.abs(to[0] - from[0]) > 5, `${button}: ${from}, ${to}`);
      await hook("reset-view").click();
      await settle();
    }
  });
});

describe("conventions", () => {
  before(reset);

  test("are one switch, with letters on each plane, and mirror axial and coronal", async () => {
    const radiological = await planes();
    await hook("convention").selectOption("neurological");
    await settle();
    const neurological = await planes();
    for (const at of [0, 1]) assert.ok(differing(radiological[at], neurological[at]) > 2000);
    assert.equal(differing(radiological[2], neurological[2]), 0, "the sagittal plane stays");
    assert.match(await hook("scale-text").innerText(), /left-hand side/);
    await page.mouse.move(...(await spot("plane-axial", 0.3, 0.5)));
    await settle();
    const left = (await readout()).ras[0];
    await page.mouse.move(...(await spot("plane-axial", 0.7, 0.5)));
    await settle();
    assert.ok((await readout()).ras[0] > left + 10, "the patient's right is on the right-hand side");
    await hook("plane-axial").focus();
    await key("n");
    assert.match(await hook("scale-text").innerText(), /right-hand side/);
  });
});

describe("the window", () => {
  before(reset);

  test("has presets by the brain's own intensities, and black for white", async () => {
    const auto = await typed();
    assert.equal(await hook("window-brain").innerText(), "Newborn T1w");
    const windows = [];
    for (const [button, letter] of [["window-brain", "q"], ["window-deep-grey", "d"]]) {
      await hook("window-auto").click();
      const changed = await changes(PLANES, () => hook(button).click());
      assert.ok(changed.every((count) => count > 1000), `${button}: ${changed}`);
      windows.push(await typed());
      await key("a");
      await key(letter);
      assert.deepEqual(await typed(), windows.at(-1), `the key ${letter}`);
    }
    // Deep grey is the upper part of a T1w brain.
    assert.ok(windows[1][0] > windows[0][0] && windows[0][0] >= 0 && windows[1][1] >= windows[0][1], `${windows}`);
    assert.notDeepEqual(windows[0], auto);
    await key("a");
    const inverted = await changes(PLANES, () => hook("inverted").check());
    assert.ok(inverted.every((count) => count > 10_000), `${inverted}`);
    assert.match(await hook("scale-text").innerText(), /Inverted/);
    await key("y");
    assert.ok(!(await hook("inverted").isChecked()));
  });
  const typed = async () => Promise.all(["window-black", "window-white"].map(async (name) => Number(await hook(name).inputValue())));

  test("takes exact numbers, presets, a drag with the right button and keys", async () => {
    const auto = await typed();
    const exact = await changes(PLANES, async () => {
      for (const [name, value] of [["window-white", "300"], ["window-black", "100"]]) {
        await hook(name).fill(value);
        await hook(name).press("Enter");
      }
    });
    assert.ok(exact.every((count) => count > 1000), `${exact}`);
    assert.deepEqual(await typed(), [100, 300]);
    await hook("window-full").click();
    const full = await typed();
    assert.ok(full[0] <= auto[0] && full[1] >= auto[1], `${full}, ${auto}`);
    await hook("window-auto").click();
    assert.deepEqual(await typed(), auto);
    await page.mouse.move(...(await spot("plane-axial", 0.4, 0.5)));
    await page.mouse.down({ button: "right" });
    await page.mouse.move(...(await spot("plane-axial", 0.6, 0.5)), { steps: 3 });
    await page.mouse.up({ button: "right" });
    await settle();
    const dragged = await typed();
    assert.ok(dragged[1] - dragged[0] > 1.15 * (auto[1] - auto[0]), `${dragged}, ${auto}`);
    await hook("plane-axial").focus();
    await key("a");
    assert.deepEqual(await typed(), auto);
    await key("g");
    assert.deepEqual(await typed(), full);
    await key("}");
    assert.ok((await typed())[1] > full[1]);
    await key("a");
  });

  test("is each image's own, and is kept when the image changes", async () => {
    await hook("window-white").fill("333");
    await hook("window-white").press("Enter");
    await hook("show-t2").check();
    assert.notEqual((await typed())[1], 333);
    await hook("show-t1").check();
    assert.equal((await typed())[1], 333);
  });

  test("goes with a drag in its mode", async () => {
    await reset();
    const from = await typed();
    await hook("drag").selectOption("window");
    await page.mouse.move(...(await spot("plane-axial", 0.5, 0.4)));
    await page.mouse.down();
    await page.mouse.move(...(await spot("plane-axial", 0.5, 0.6)), { steps: 3 });
    await page.mouse.up();
    const to = await typed();
    assert.ok(to[0] > from[0] && to[1] > from[1], `${from}, ${to}`);
  });

  test("interpolation can be switched off", async () => {
    await reset();
    const changed = await changes(PLANES, () => hook("interpolate").uncheck());
    assert.ok(changed.every((count) => count > 500), `${changed}`);
    await hook("plane-axial").focus();
    await key("i");
    assert.ok(await hook("interpolate").isChecked());
  });
});

describe("the overlay", () => {
  before(reset);

  for (const [name, act] of [
    ["on or off", () => hook("overlay-on").uncheck()],
    ["for and against", () => hook("overlay-signed").check()],
    ["opacity", () => hook("overlay-opacity").fill("100")],
    ["threshold", () => hook("overlay-threshold").fill("70")],
    ["a typed threshold", async () => {
      await hook("overlay-threshold-value").fill(String(0.8 * FULL_SCALE));
      await hook("overlay-threshold-value").press("Enter");
    }],
    ["a hard edge", () => hook("overlay-soft").uncheck()],
    ["outlines", () => hook("overlay-outline").check()],
    ["colours", () => hook("overlay-colours").selectOption("viridis")],
    ["its own scale", () => hook("overlay-own-scale").check()],
  ]) {
    test(`has a control: ${name}`, async () => {
      await reset();
      const changed = await changes(["plane-axial"], act);
      assert.ok(changed[0] > 30, `${changed[0]} pixels changed`);
    });
  }

  for (const name of ["o", "s", "l", "h", "[", "]", "<", ">", "k"]) {
    test(`has the key ${name}`, async () => {
      await reset();
      await hook("plane-axial").focus();
      const changed = await changes(["plane-axial"], () => key(name));
      assert.ok(changed[0] > 30, `${changed[0]} pixels changed`);
      await key(name === "k" ? "k" : "Escape");
    });
  }

  test("states scale, unit, native resolution and threshold, and labels a scale of the image's own", async () => {
    await reset();
    const text = () => hook("scale-text-t1").innerText();
    for (const fact of [/log-odds per ml/, /scale fixed by the model/, /native resolution 8 mm cells/, /threshold 0\.025/]) {
      assert.match(await text(), fact);
    }
    assert.equal(await page.locator("#scale-high-t1").innerText(), FULL_SCALE.toFixed(3));
    await hook("overlay-own-scale").check();
    await settle();
    assert.match(await text(), /not comparable/i);
    assert.doesNotMatch(await text(), /fixed by the model/);
  });

  test("is set for each image by itself where that is wanted", async () => {
    await reset();
    await hook("layout").selectOption("both");
    await hook("overlay-linked").uncheck();
    const changed = await changes([PLANES[0], BESIDE[0]], () => hook("overlay-on").uncheck());
    assert.ok(changed[0] > 30 && changed[1] === 0, `${changed}`);
    await hook("show-t2").check();
    assert.ok(await hook("overlay-on").isChecked());
  });

  test("flickers, and stops", async () => {
    await reset();
    await hook("flicker").click();
    for (const hidden of [true, false, true]) {
      const seen = (hidden) => /HIDDEN/.test(document.querySelector('[data-testid="scale-text-t1"]').innerText) === hidden;
      await page.waitForFunction(seen, hidden);
    }
    await hook("flicker").click();
    // Timers fire in the order in which they are due: one of twice the flicker's interval comes after the next flicker.
    await page.evaluate(() => new Promise((done) => setTimeout(done, 2 * 600)));
    assert.doesNotMatch(await hook("scale-text-t1").innerText(), /HIDDEN/);
  });
});

describe("layouts", () => {
  before(reset);

  test("T1w and T2w stand side by side and share the crosshair", async () => {
    await hook("layout").selectOption("both");
    await settle();
    for (const name of [...PLANES, ...BESIDE]) assert.ok(isPainted(await pixels(page, name)), name);
    const changed = await changes([...PLANES, ...BESIDE], () => click("plane-axial-beside", 0.4, 0.45));
    assert.ok(changed.every((count) => count > 100), `${changed}`);
    await hook("planes-shown").selectOption("coronal");
    await settle();
    assert.ok(await hook("plane-coronal-beside").isVisible());
    assert.ok(!(await hook("plane-axial").isVisible()));
  });

  test("one plane can stand alone, and state is kept when the image changes", async () => {
    await reset();
    await hook("planes-shown").selectOption("sagittal");
    await settle();
    await page.mouse.move(...(await spot("plane-sagittal", 0.5, 0.5)));
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -240);
    await page.keyboard.up("Control");
    const at = await crosshair();
    await hook("show-t2").check();
    await settle();
    assert.deepEqual(await crosshair(), at);
    assert.match(await hook("scale-text").innerText(), /Zoom 2\.2/);
    assert.match(await page.locator("#plane-sagittal-caption").innerText(), /T2w/);
  });

  test("a mosaic shows slices, and a click on one leads there", async () => {
    await reset();
    await hook("layout").selectOption("mosaic");
    await hook("tiles").selectOption("20");
    await settle();
    assert.ok(isPainted(await pixels(page, "plane-mosaic")));
    await click("plane-mosaic", 0.1, 0.1);
    const low = await crosshair();
    await click("plane-mosaic", 0.9, 0.9);
    const high = await crosshair();
    assert.ok(high[2] > low[2] + 30, `${low}, ${high}`);
    const caption = await page.locator("#plane-mosaic-caption").innerText();
    const [, n, from, to, step] = /(\d+) slices from S (-?\d+) to (-?\d+) mm, every ([\d.]+) mm/.exec(caption).map(Number);
    // Ends are said to a millimetre, the step to a tenth.
    assert.ok(n === 20 && Math.abs((to - from) / (n - 1) - step) < 0.1 + 1 / (n - 1), caption);
    assert.ok(low[2] < from + step && high[2] > to - 5 * step, `${low}, ${high}: ${caption}`);
    const marked = await changes(["plane-mosaic"], () => click("plane-mosaic", 0.1, 0.9));
    assert.ok(marked[0] > 300, "the slice that was clicked is marked");
    await page.mouse.dblclick(...(await spot("plane-mosaic", 0.5, 0.5)));
    await settle();
    assert.deepEqual(await Promise.all(PLANES.map((name) => hook(name).isVisible())), [true, false, false]);
    assert.equal(await hook("layout").inputValue(), "single");
  });

  test("one, large is one plane, the one that was used", async () => {
    await reset();
    await click("plane-sagittal", 0.5, 0.5);
    await hook("layout").selectOption("single");
    await settle();
    assert.deepEqual(await Promise.all(PLANES.map((name) => hook(name).isVisible())), [false, false, true]);
    await hook("layout").selectOption("one");
    await settle();
    assert.deepEqual(await Promise.all(PLANES.map((name) => hook(name).isVisible())), [true, true, true]);
  });

  test("a swipe shows T1w up to its border and T2w beyond it", async () => {
    await reset();
    await hook("crosshair-on").uncheck();
    await settle();
    const [t1] = await planes(["plane-axial"]);
    await hook("show-t2").check();
    await settle();
    const [t2] = await planes(["plane-axial"]);
    await hook("layout").selectOption("swipe");
    await hook("swipe-at").fill("50");
    await settle();
    const [swipe] = await planes(["plane-axial"]);
    const column = (picture, x) => Buffer.concat(Array.from({ length: picture.height >> 1 }, (_, y) => picture.rgba.subarray(4 * (((picture.height >> 2) + y) * picture.width + x), 4 * (((picture.height >> 2) + y) * picture.width + x) + 4)));
    const [left, right] = [Math.round(0.4 * swipe.width), Math.round(0.6 * swipe.width)];
    // A level of 255: the T2w image is sampled in the T1w image's plane.
    const apart = (a, b) => Math.max(...a.map((level, at) => Math.abs(level - b[at])));
    assert.ok(apart([...column(swipe, left)], column(t1, left)) <= 1);
    assert.ok(apart([...column(swipe, right)], column(t2, right)) <= 1);
    assert.ok(apart([...column(t1, right)], column(t2, right)) > 20, "the two images differ");
    // The border follows a drag.
    await page.mouse.move(...(await spot("plane-axial", 0.5, 0.3)));
    await page.mouse.down();
    await page.mouse.move(...(await spot("plane-axial", 0.7, 0.3)), { steps: 4 });
    await page.mouse.up();
    assert.ok(Math.abs(Number(await hook("swipe-at").inputValue()) - 70) < 3);
    const at = Number(await hook("swipe-at").inputValue());
    await hook("plane-axial").focus();
    await key(",");
    assert.equal(Number(await hook("swipe-at").inputValue()), at - 5);
    await key(".");
    assert.equal(Number(await hook("swipe-at").inputValue()), at);
  });

  for (const [name, layout] of [["b", "both"], ["m", "mosaic"], ["w", "swipe"]]) {
    test(`has the key ${name}`, async () => {
      await reset();
      await hook("show-t1").focus();
      await key(name);
      assert.equal(await hook("layout").inputValue(), layout);
      await hook("show-t1").focus();
      await key(name);
      assert.equal(await hook("layout").inputValue(), "one");
    });
  }

  test("has the keys 1, 2, t and v", async () => {
    await reset();
    await hook("plane-axial").focus();
    await key("2");
    assert.ok(await hook("show-t2").isChecked());
    await key("1");
    assert.ok(await hook("show-t1").isChecked());
    await key("t");
    assert.ok(await hook("show-t2").isChecked());
    await key("v");
    assert.equal(await hook("planes-shown").inputValue(), "axial");
  });
});

describe("peaks", () => {
  before(reset);

  test("are a table, and a click goes there", async () => {
    const rows = hook("cam-peaks").locator("tr");
    assert.equal(await rows.count(), 2);
    for (const sequence of ["T1w", "T2w"]) {
      const row = rows.filter({ hasText: sequence });
      const text = await row.innerText();
      assert.match(text, /left/, "the known hill is in the patient's left");
      assert.match(text, /100 %/, "it is the only one that speaks for HIE");
      await hook("show-t1").check();
      await row.locator("button").press("Enter");
      const at = (await row.locator("button").getAttribute("data-ras")).split(",").map(Number);
      assert.ok(distance(await crosshair(), at) < 1e-9);
      assert.ok(await hook(`show-${sequence === "T1w" ? "t1" : "t2"}`).isChecked());
      const now = await readout();
      const value = Number(await row.locator("button").getAttribute("data-value"));
      assert.ok(Math.abs(now[sequence === "T1w" ? "t1" : "t2"].map - value) < 1e-6);
    }
  });
});

describe("peaks one after the other", () => {
  before(reset);

  test("by buttons and by keys, round and round", async () => {
    const current = () => hook("cam-peaks").locator('tr[aria-current="true"] button').getAttribute("data-ras");
    const all = await hook("cam-peaks").locator("button").evaluateAll((buttons) => buttons.map((b) => b.dataset.ras));
    const at = async () => {
      const ras = await current();
      assert.ok(distance(await crosshair(), ras.split(",").map(Number)) < 1e-9);
      return all.indexOf(ras);
    };
    assert.equal(await at(), 0);
    await hook("next-peak").click();
    assert.equal(await at(), 1);
    await hook("next-peak").click();
    assert.equal(await at(), 0);
    await key("J");
    assert.equal(await at(), 1);
    await key("j");
    assert.equal(await at(), 0);
    await hook("previous-peak").click();
    assert.equal(await at(), 1);
  });
});

describe("keys and corners", () => {
  before(reset);

  test("keys work wherever no field has the focus, and in the viewer alone where that is wanted", async () => {
    const inverted = () => hook("inverted").isChecked();
    await page.evaluate(() => document.activeElement.blur());
    await key("y");
    assert.ok(await inverted());
    await hook("analyse").focus();
    await key("y");
    assert.ok(!(await inverted()));
    const weight = await hook("birth-weight").inputValue();
    for (const field of ["report-label", "report-comment", "prevalence-preset", "layout"]) {
      await hook(field).focus();
      await key("y");
      assert.ok(!(await inverted()), field);
    }
    await hook("report-label").fill("");
    await hook("open-help").click();
    await key("y");
    assert.ok(!(await inverted()), "in a dialog");
    await key("Escape");
    await hook("viewer-help-open").click();
    await hook("keys-everywhere").uncheck();
    await hook("viewer-help-close").click();
    await hook("analyse").focus();
    await key("y");
    assert.ok(!(await inverted()), "outside of the viewer");
    await hook("plane-axial").focus();
    await key("y");
    assert.ok(await inverted());
    await key("?");
    await hook("keys-everywhere").check();
    await hook("viewer-help-close").click();
    assert.equal(await hook("birth-weight").inputValue(), weight);
    await reset();
  });

  test("each plane says slice, place, window and zoom, and covers no letter", async () => {
    for (const plane of PLANES) {
      assert.match(await page.locator(`#${plane}-caption`).innerText(), /slice \d+ of \d+, [RAS] -?[\d.]+ mm/);
      assert.match(await page.locator(`#${plane}-corner`).innerText(), /window -?[\d.]+ to [\d.]+\s+zoom 1\.0/);
      const [canvas, ...words] = await Promise.all([hook(plane), page.locator(`#${plane}-caption`), page.locator(`#${plane}-corner`)].map((it) => it.boundingBox()));
      // A letter is at most 20 px high and 15 px wide, in the middle of an edge, by `Marks`.
      const middle = [canvas.x + canvas.width / 2 - 10, canvas.x + canvas.width / 2 + 10];
      for (const { x, width } of words) assert.ok(x + width <= middle[0] || x >= middle[1], `${plane}: ${x} ${width}, ${middle}`);
    }
  });

  test("links lead past the head of the page to the images and to the answer", async () => {
    for (const [name, target] of [["Skip to the images", "viewer"], ["Skip to the answer", "result"]]) {
      const link = page.getByRole("link", { name });
      await link.focus();
      assert.ok((await link.boundingBox()).y >= 0, "seen while it has the focus");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement.id), target);
    }
  });
});

describe("help, full screen and export", () => {
  before(reset);

  test("the help opens by ? and by its button, and closes", async () => {
    await hook("plane-axial").focus();
    await key("?");
    assert.ok(await hook("viewer-help").isVisible());
    await hook("viewer-help-close").click();
    assert.ok(!(await hook("viewer-help").isVisible()));
    await hook("viewer-help-open").click();
    await page.keyboard.press("Escape");
    assert.ok(!(await hook("viewer-help").isVisible()));
  });

  test("full screen is entered and left, and the planes grow with it", async () => {
    await hook("full-screen").click();
    await page.waitForFunction(() => document.fullscreenElement?.id === "viewer");
    await settle();
    assert.ok(isPainted(await pixels(page, "plane-axial")));
    // What must stand beside the images is there too.
    const strip = await hook("viewer-strip").innerText();
    assert.match(strip, /not valid on patients/i);
    assert.ok(strip.includes(await page.locator("#probability").textContent()), strip);
    const { width, height } = page.viewportSize();
    for (const name of ["viewer-strip", "colourbar-t1"]) {
      const it = await hook(name).boundingBox();
      assert.ok(it.width > 0 && it.x >= 0 && it.y >= 0 && it.x + it.width <= width && it.y + it.height <= height, name);
    }
    await hook("plane-axial").focus();
    await key("f");
    await page.waitForFunction(() => !document.fullscreenElement);
    await page.waitForFunction(() => document.querySelector("#viewer-strip").hidden);
  });

  /** Every shown plane stands in the picture pixel for pixel. */
  async function assertHolds(png, names) {
    const shown = await planes(names);
    const wanted = { width: png.width, height: png.height };
    for (const [at, name] of names.entries()) {
      // Without a scroll in between.
      const [first, own] = [await hook(names[0]).boundingBox(), await hook(name).boundingBox()];
      const top = 52 + Math.round(own.y - first.y);
      const left = Math.round(own.x - first.x);
      let wrong = 0;
      for (let y = 0; y < shown[at].height; y += 7) {
        for (let x = 0; x < shown[at].width; x += 1) {
          // The corners are written over: the lower left one, and the upper right one.
          if (y > shown[at].height - 60 && x < shown[at].width / 2) continue;
          if (y < 50 && x > shown[at].width / 2) continue;
          const [a, b] = [4 * (y * shown[at].width + x), 4 * ((top + y) * png.width + left + x)];
          if ([0, 1, 2].some((c) => Math.abs(shown[at].rgba[a + c] - png.rgba[b + c]) > 0)) wrong += 1;
        }
      }
      assert.equal(wrong, 0, `${name} in ${JSON.stringify(wanted)}: ${wrong} pixels differ`);
    }
  }

  test("save PNG gives what is seen, under the page's lock", async () => {
    await reset();
    const waiting = page.waitForEvent("download");
    await hook("save-png").click();
    const download = await waiting;
    assert.match(download.suggestedFilename(), /^hielight-newborn-\d{8}-\d{4}-view\.png$/);
    const bytes = readFileSync(await download.path());
    const png = decodePng(bytes);
    await assertHolds(png, PLANES);
    writeFileSync(join(scratch(), "view.png"), bytes);
    // Banner above, words below: both are written.
    const lit = (from, to) => {
      let count = 0;
      for (let at = 4 * from * png.width; at < 4 * to * png.width; at += 4) if (png.rgba[at] > 120) count += 1;
      return count;
    };
    assert.ok(lit(0, 48) > 200, "the banner");
    assert.ok(lit(png.height - 80, png.height) > 200, "the words");
    assert.deepEqual(page.violations, []);
  });

  test("copy view puts the same picture on the clipboard", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await hook("copy-view").click();
    await page.waitForFunction(() => /copied|not allow|cannot/.test(document.getElementById("viewer-note").textContent));
    assert.match(await hook("viewer-note").innerText(), /was copied/);
    const base64 = await page.evaluate(async () => {
      const [item] = await navigator.clipboard.read();
      const bytes = new Uint8Array(await (await item.getType("image/png")).arrayBuffer());
      return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
    });
    await assertHolds(decodePng(Buffer.from(base64, "base64")), PLANES);
  });
});

test("save and copy have keys", async () => {
  await reset();
  await hook("plane-axial").focus();
  const waiting = page.waitForEvent("download");
  await page.keyboard.press("p");
  assert.match((await waiting).suggestedFilename(), /^hielight-newborn-\d{8}-\d{4}-view\.png$/);
  await hook("plane-axial").focus();
  await page.keyboard.press("c");
  await page.waitForFunction(() => /was copied/.test(document.getElementById("viewer-note").textContent));
});

describe("baselines", () => {
  const states = {
    one: async () => {},
    signed: () => hook("overlay-signed").check(),
    outline: () => hook("overlay-outline").check(),
    neurological: () => hook("convention").selectOption("neurological"),
    "not-interpolated": () => hook("interpolate").uncheck(),
  };
  for (const [name, act] of Object.entries(states)) {
    test(`the axial plane, ${name}`, async () => {
      await reset();
      await act();
      await settle();
      await sameAsBaseline(`axial-${name}`, (await planes(["plane-axial"]))[0]);
    });
  }
  for (const [layout, canvas] of [["swipe", "plane-coronal"], ["mosaic", "plane-mosaic"], ["both", "plane-sagittal-beside"]]) {
    test(`the layout ${layout}`, async () => {
      await reset();
      await hook("layout").selectOption(layout);
      if (layout === "swipe") await hook("swipe-at").fill("50");
      await settle();
      await picture(page, `viewer-${layout}`);
      await sameAsBaseline(`layout-${layout}`, (await planes([canvas]))[0]);
    });
  }
});

describe("other grids, screens and fingers", () => {
  test("planes are as fine as the screen, and follow the window's size", async () => {
    const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, deviceScaleFactor: 2 });
    const fine = await context.newPage();
    await fine.goto(site.origin);
    await fine.getByTestId("load-demo").waitFor();
    const sizes = () => fine.getByTestId("plane-axial").evaluate((c) => [c.width, c.clientWidth]);
    await settle(fine);
    const [width, shown] = await sizes();
    assert.ok(Math.abs(width - 2 * shown) <= 1, `${width} pixels for ${shown}`);
    await fine.setViewportSize({ width: 500, height: 800 });
    await settle(fine);
    const [narrow, narrowShown] = await sizes();
    assert.ok(narrowShown !== shown && Math.abs(narrow - 2 * narrowShown) <= 1, `${narrow} pixels for ${narrowShown}`);
    await context.close();
  });

  test("the crosshair is one place in the world where the grids differ", async () => {
    const demo = demoCase();
    const other = join(scratch(), "sub-thin_T2w.nii.gz");
    const image = read(demo.t2w);
    writeFileSync(other, thinned(image));
    await reset();
    await choose(page, { t1w: demo.t1w, t2w: other });
    await page.locator("#t2-facts", { hasText: /sub-thin.*voxels of/ }).waitFor();
    await page.locator("#t1-facts", { hasText: "voxels of" }).waitFor();
    await hook("layout").selectOption("both");
    await click("plane-axial", 0.42, 0.45);
    await page.mouse.move(0, 0);
    await settle();
    const now = await readout();
    const world = (image, voxel, factor) => geometry(image).rows.map((row) => row[0] * voxel[0] + row[1] * voxel[1] + row[2] * factor * voxel[2] + row[3]);
    assert.ok(distance(world(read(demo.t1w), now.t1.voxel, 1), now.ras) < 1e-3);
    assert.ok(distance(world(image, now.t2.voxel, 2), now.ras) < 1e-3);
    assert.ok(now.t1.map === null && (await hook("cam-peaks").locator("tr").count()) === 0, "nothing old is left");
    assertClean(page);
  });

  test("one finger moves the crosshair, two zoom, two taps enlarge a plane", async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const phone = await context.newPage();
    await phone.goto(site.origin);
    await phone.getByTestId("load-demo").click({ timeout: 120_000 });
    await phone.waitForFunction(() => document.querySelector('[data-testid="cam-peaks"] tr'), null, { timeout: 120_000 });
    const plane = phone.getByTestId("plane-axial");
    await plane.scrollIntoViewIfNeeded();
    await settle(phone);
    const at = await plane.boundingBox();
    const place = (x, y, id) => ({ x: at.x + x * at.width, y: at.y + y * at.height, id });
    const session = await context.newCDPSession(phone);
    const touch = async (type, ...touchPoints) => {
      await session.send("Input.dispatchTouchEvent", { type, touchPoints });
      await settle(phone);
    };
    const text = (name) => phone.getByTestId(name).innerText();
    const ras = () => phone.getByTestId("position").evaluate((p) => p.dataset.ras.split(",").map(Number));
    await touch("touchStart", place(0.4, 0.4, 1));
    const from = await ras();
    await touch("touchMove", place(0.6, 0.4, 1));
    await touch("touchEnd");
    assert.ok((await ras())[0] < from[0] - 10, "the finger is followed");
    const before = await ras();
    await touch("touchStart", place(0.3, 0.3, 1));
    await touch("touchStart", place(0.3, 0.3, 1), place(0.6, 0.5, 2));
    await touch("touchMove", place(0.2, 0.3, 1), place(0.8, 0.5, 2));
    await touch("touchEnd");
    assert.ok(distance(await ras(), before) < 1e-9, "the first finger of a pinch is no click");
    assert.match(await text("scale-text"), /Zoom [12]\.\d/);
    // Two fingers that keep their distance move the picture.
    const shownOn = () => pixels(phone, "plane-axial");
    const still = await shownOn();
    await touch("touchStart", place(0.4, 0.5, 1), place(0.6, 0.5, 2));
    await touch("touchMove", place(0.5, 0.6, 1), place(0.7, 0.6, 2));
    await touch("touchEnd");
    assert.ok(differing(still, await shownOn()) > 500, "two fingers pan");
    assert.ok(distance(await ras(), before) < 1e-9, "and leave the crosshair");
    // Every switch and button answers a tap.
    await phone.locator("#viewer details.more summary").tap();
    const switches = ["overlay-on", "overlay-signed", "overlay-soft", "overlay-outline", "overlay-own-scale", "overlay-linked", "interpolate", "crosshair-on"];
    for (const name of switches) {
      const control = phone.getByTestId(name);
      const on = await control.isChecked();
      await control.tap();
      assert.equal(await control.isChecked(), !on, `${name} by a tap`);
      await control.tap();
      assert.equal(await control.isChecked(), on, `${name} by a second tap`);
    }
    for (const name of ["overlay-opacity", "overlay-threshold"]) {
      const slider = phone.getByTestId(name);
      const size = await slider.boundingBox();
      await slider.tap({ position: { x: 0.9 * size.width, y: size.height / 2 } });
      const high = Number(await slider.inputValue());
      await slider.tap({ position: { x: 0.3 * size.width, y: size.height / 2 } });
      assert.ok(Number(await slider.inputValue()) < high - 30, `${name} by taps`);
    }
    const slider = phone.getByTestId("plane-axial-slice");
    const wide = await slider.boundingBox();
    assert.ok(wide.height >= 44, `${wide.height} px`);
    await slider.tap({ position: { x: 0.3 * wide.width, y: wide.height / 2 } });
    const low = Number(await slider.inputValue());
    await slider.tap({ position: { x: 0.7 * wide.width, y: wide.height / 2 } });
    assert.ok(Number(await slider.inputValue()) > low + 20, "a slider of slices by taps");
    await phone.getByTestId("next-peak").tap();
    await phone.getByTestId("drag").selectOption("ruler");
    await plane.scrollIntoViewIfNeeded();
    Object.assign(at, await plane.boundingBox());
    await touch("touchStart", place(0.4, 0.5, 1));
    await touch("touchMove", place(0.7, 0.5, 1));
    await touch("touchEnd");
    assert.match(await text("measures"), /1: \d+\.\d mm/, "a finger measures");
    await phone.getByTestId("measures").getByRole("button").tap();
    await phone.getByTestId("drag").selectOption("crosshair");
    await phone.getByTestId("show-t2").tap();
    assert.ok(await phone.getByTestId("show-t2").isChecked());
    await phone.getByTestId("show-t1").tap();
    const white = () => phone.getByTestId("window-white").inputValue();
    await phone.getByTestId("window-full").tap();
    const widest = await white();
    await phone.getByTestId("window-auto").tap();
    assert.notEqual(await white(), widest, "both windows by a tap");
    await phone.getByTestId("flicker").tap();
    assert.equal(await phone.getByTestId("flicker").getAttribute("aria-pressed"), "true");
    await phone.getByTestId("flicker").tap();
    assert.equal(await phone.getByTestId("flicker").getAttribute("aria-pressed"), "false");
    await phone.getByTestId("viewer-help-open").tap();
    assert.ok(await phone.getByTestId("viewer-help").isVisible());
    await phone.getByTestId("viewer-help-close").tap();
    assert.ok(!(await phone.getByTestId("viewer-help").isVisible()));
    // A finger drags the window in its mode.
    await phone.getByTestId("drag").selectOption("window");
    await plane.scrollIntoViewIfNeeded();
    Object.assign(at, await plane.boundingBox());
    const narrow = await white();
    await touch("touchStart", place(0.4, 0.5, 1));
    await touch("touchMove", place(0.7, 0.5, 1));
    await touch("touchEnd");
    assert.notEqual(await white(), narrow, "a finger drags the window");
    await phone.getByTestId("drag").selectOption("crosshair");
    const visible = () => Promise.all(PLANES.map((name) => phone.getByTestId(name).isVisible()));
    for (const after of [[true, false, false], [true, true, true]]) {
      // The second pair lies elsewhere: a third tap begins another pair.
      const [x, y] = after[1] ? [0.2, 0.3] : [0.7, 0.8];
      // Clear of the bar that holds the answer at the window's edge.
      await plane.evaluate((canvas) => canvas.scrollIntoView({ block: "center" }));
      Object.assign(at, await plane.boundingBox());
      // Their times are given: two taps are one gesture only if they are quick, and a busy machine is not.
      const began = Date.now() / 1000;
      for (const [at, type] of ["touchStart", "touchEnd", "touchStart", "touchEnd"].entries()) {
        const touchPoints = type === "touchStart" ? [place(x, y, 1)] : [];
        await session.send("Input.dispatchTouchEvent", { type, touchPoints, timestamp: began + 0.05 * at });
      }
      await settle(phone);
      assert.deepEqual(await visible(), after);
    }
    await phone.getByTestId("reset-view").tap();
    await settle(phone);
    assert.doesNotMatch(await text("scale-text"), /Zoom/);
    const overflow = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
    await context.close();
  });
});
