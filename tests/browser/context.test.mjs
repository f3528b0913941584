// Is every number beside the probability the command line's, and does nothing of it outlive its model or its answer?

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, open, picture } from "./support/browser.mjs";
import { bundleManifest, changedBundle, demoCase, evaluateCohorts, predict, scratch, shippedModel } from "./support/hielight.mjs";
import { ANALYSIS_MS, CHARTS, analyse, assertClean, choose, loadDemo, number, shown, tab } from "./support/page.mjs";
import { serveSite } from "./support/site.mjs";

/** The same Rust code twice, on images that another compiler's arithmetic prepared. */
const IMAGE_TOLERANCE = 1e-4;
/** The same Rust code twice, on the same numbers of the bundle. */
const EXACT = 1e-9;

const demo = demoCase();
const manifest = bundleManifest();
const validation = manifest.cohorts.filter((cohort) => cohort.name !== "training");
const expit = (z) => 1 / (1 + Math.exp(-z));
const logit = (values) => manifest.nomogram.coefficients.reduce((sum, b, j) => sum + b * values[j], manifest.nomogram.intercept);
const near = (here, there, tolerance, what) =>
  assert.ok(Math.abs(here - there) <= tolerance * Math.max(1, Math.abs(there)), `${what}: ${here}, ${there}`);
const hook = (page, name) => page.getByTestId(name);
const data = (page, name) => hook(page, name).evaluate((element) => ({ ...element.dataset }));
const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
const cells = (page, selector) =>
  page.evaluate((wanted) => [...document.querySelectorAll(wanted)].map((cell) => ({ ...cell.dataset })), selector);

/** Of those of a class, how many lie at or above a threshold. */
const share = (cohort, event, threshold) => {
  const own = cohort.probability.filter((_, at) => cohort.outcome[at] === event);
  return own.filter((p) => p >= threshold).length / own.length;
};

describe("the calibration context", () => {
  let browser;
  let site;
  let page;
  let answer;
  let native;
  let evaluated;

  before(async () => {
    [browser, site] = [await launch({ webgpu: false }), await serveSite()];
    page = await open(browser, site.origin);
    answer = await loadDemo(page);
    native = predict({ ...demo, birthWeight: answer.birthWeight }).json;
    evaluated = evaluateCohorts(manifest);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  test("each check stands there with the command line's value and percentile", async () => {
    const rows = await cells(page, "#checks-table tbody tr");
    assert.equal(rows.length, native.checks.length);
    for (const [at, check] of native.checks.entries()) {
      const row = rows[at];
      assert.deepEqual([row.code, row.sequence, row.verdict], [check.code, check.sequence ?? "", check.verdict]);
      near(Number(row.value), check.value, IMAGE_TOLERANCE, check.code);
      // One newborn more or less, where a value is tied with one of training.
      near(Number(row.percentile), check.percentile, 0.02, `percentile of ${check.code}`);
    }
  });

  test("every calibration figure and interval is that of `hielight evaluate`", async () => {
    const rows = await cells(page, "#calibration-table td[data-figure]");
    assert.equal(rows.length, 7 * validation.length);
    for (const row of rows) {
      const figures = evaluated[row.cohort];
      const value = figures[row.figure]?.value ?? figures[row.figure];
      near(Number(row.value), value, EXACT, `${row.cohort} ${row.figure}`);
      const interval = figures.intervals95[row.figure];
      if (interval === undefined) continue;
      near(Number(row.low), interval[0], EXACT, `low end of ${row.cohort} ${row.figure}`);
      near(Number(row.high), interval[1], EXACT, `high end of ${row.cohort} ${row.figure}`);
    }
  });

  test("areas, sensitivity and specificity are those of the cohorts at the model's threshold", async () => {
    const rows = await cells(page, "#roc-table td[data-figure]");
    for (const cohort of validation) {
      const of = (figure) => rows.find((row) => row.cohort === cohort.name && row.figure === figure);
      const { auc } = evaluated[cohort.name];
      near(Number(of("auc").value), auc.value, EXACT, "AUC");
      near(Number(of("auc").low), auc.ci95_logit[0], EXACT, "low end of the AUC");
      near(Number(of("sensitivity").value), share(cohort, true, manifest.threshold), EXACT, "sensitivity");
      near(Number(of("specificity").value), 1 - share(cohort, false, manifest.threshold), EXACT, "specificity");
    }
  });

  test("contributions, uncertainty and neighbours are those of the answer", async () => {
    const parts = (await data(page, "contributions")).logOdds.split(" ").map(Number);
    for (const [j, { value }] of native.points.terms.entries()) {
      const expected = manifest.nomogram.coefficients[j] * (value - manifest.population.means[j]);
      near(parts[j], expected, IMAGE_TOLERANCE, manifest.nomogram.terms[j]);
    }
    const [interval, ensemble, rescan] = await cells(page, "#uncertainty dd");
    for (const [row, ends] of [[interval, native.interval95], [ensemble, native.ensemble_range], [rescan, native.rescan_interval95]]) {
      near(Number(row.low), ends[0], IMAGE_TOLERANCE, row.name);
      near(Number(row.high), ends[1], IMAGE_TOLERANCE, row.name);
    }
    // Map, signature and contribution hang together: the map's sum and a constant are the coefficient times the signature.
    for (const [j, line] of (await cells(page, "#reconciled p")).entries()) {
      const whole = manifest.nomogram.coefficients[j] * native.points.terms[j].value;
      near(Number(line.map) + Number(line.constant), whole, IMAGE_TOLERANCE, `${line.sequence}: map and constant`);
      near(Number(line.part), parts[j], EXACT, `${line.sequence}: contribution`);
      const fact = await page.locator("#answer-facts dt", { hasText: `Log-odds from the ${line.sequence} map` }).evaluate((dt) => dt.nextElementSibling.innerText);
      assert.ok(Math.abs(Number(fact.replace("\u2212", "-")) - Number(line.map)) <= 0.005 + EXACT, `${fact}, ${line.map}`);
    }
    for (const name of ["Coefficients", "Fold models", "The same newborn scanned again"]) {
      assert.match(await page.locator("#answer-facts").innerText(), new RegExp(name), name);
      assert.match(await hook(page, "uncertainty").innerText(), new RegExp(name), name);
    }
    const subjects = validation.flatMap(({ outcome, probability }) => outcome.map((event, at) => ({ event, p: probability[at] })));
    const close = subjects.filter(({ p }) => Math.abs(p - answer.probability) <= 0.05);
    const neighbours = await data(page, "neighbours");
    assert.deepEqual([neighbours.n, neighbours.events], [String(close.length), String(close.filter(({ event }) => event).length)]);
  });

  test("a dragged axis and a slider by keys give a hypothetical probability, exactly", async () => {
    const own = native.points.terms.map(({ value }) => value);
    const canvas = page.locator("#nomogram-chart");
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    // The second row is the first term's axis.
    const y = box.y + 98;
    await page.mouse.move(box.x + 0.35 * box.width, y);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.25 * box.width, y, { steps: 4 });
    await page.mouse.up();
    await frames(page);
    let told = await data(page, "hypothetical");
    let values = told.terms.split(" ").map(Number);
    assert.ok(Math.abs(values[0] - own[0]) > 1e-6, "the first term has moved");
    near(values[1], own[1], IMAGE_TOLERANCE, "the second term has stayed");
    near(Number(told.value), expit(logit(values)), EXACT, "hypothetical probability");
    assert.match(await hook(page, "hypothetical").innerText(), /^Hypothetical: .* This newborn: /);
    assert.equal((await shown(page)).probability, answer.probability, "the answer itself stays");

    await hook(page, "what-if-2").focus();
    await page.keyboard.press("ArrowRight");
    await frames(page);
    const before = values[2];
    told = await data(page, "hypothetical");
    values = told.terms.split(" ").map(Number);
    assert.ok(values[2] > before, "the birth weight has risen");
    near(Number(told.value), expit(logit(values)), EXACT, "hypothetical probability by keys");
    await picture(page, "context-hypothetical");

    await hook(page, "what-if-reset").click();
    assert.equal((await data(page, "hypothetical")).value, undefined);
    assert.doesNotMatch(await hook(page, "hypothetical").innerText(), /\d\s*%/);
  });

  test("another prevalence gives the probability and the predictive values of Bayes", async () => {
    const start = await data(page, "prevalence");
    near(Number(start.to), manifest.training_share, EXACT, "the training share at first");
    near(Number(start.adjusted), answer.probability, EXACT, "nothing is shifted at first");
    const odds = (p) => p / (1 - p);
    const cohort = validation.at(-1);
    const [sensitivity, alarms] = [share(cohort, true, manifest.threshold), share(cohort, false, manifest.threshold)];
    const check = async (prevalence) => {
      await frames(page);
      const now = await data(page, "prevalence");
      near(Number(now.to), prevalence, EXACT, "prevalence");
      const shifted = (odds(answer.probability) * odds(prevalence)) / odds(manifest.training_share);
      near(Number(now.adjusted), shifted / (1 + shifted), EXACT, "adjusted probability");
      if (sensitivity > 0 && sensitivity < 1 && alarms > 0 && alarms < 1) {
        const positive = (sensitivity * prevalence) / (sensitivity * prevalence + alarms * (1 - prevalence));
        near(Number(now.positive), positive, EXACT, "positive predictive value");
        assert.ok(Number(now.positiveLow) < positive && positive < Number(now.positiveHigh));
      }
      const decision = await data(page, "decision-curve");
      const weight = (manifest.threshold / (1 - manifest.threshold)) * (1 - prevalence);
      near(Number(decision.model), sensitivity * prevalence - alarms * weight, EXACT, "net benefit");
      near(Number(decision.all), prevalence - weight, EXACT, "net benefit of treating all");
    };
    await tab(page, "prevalence");
    await hook(page, "prevalence-entry").fill("0.3");
    await check(0.003);
    await hook(page, "prevalence-preset").selectOption({ index: 1 });
    await check(0.0015);
    await hook(page, "prevalence-entry").fill("10");
    await check(0.1);
    const words = await page.locator("#decision-chart-words").textContent();
    for (const threshold of [0.1, 0.3, 0.5, 0.7]) {
      const row = evaluated[cohort.name].net_benefit.find((entry) => Math.abs(entry.threshold - threshold) < 1e-9);
      const expected = `At ${Math.round(100 * threshold)} %: model ${(100 * row.model_at_prevalence_0_1).toFixed(1)}`;
      assert.ok(words.replaceAll("-0.0", "0.0").includes(expected.replaceAll("-0.0", "0.0")), `"${words}" lacks "${expected}"`);
    }
    await hook(page, "prevalence-entry").fill("none");
    await frames(page);
    assert.equal((await data(page, "prevalence")).adjusted, undefined, "nothing old beside a refused entry");
    assert.equal((await data(page, "decision-curve")).model, undefined);
    await hook(page, "prevalence-preset").selectOption({ index: 0 });
    await check(manifest.training_share);
  });

  test("every chart has words, and tooltips by keys and by pointer", async () => {
    for (const id of ["gauge", "nomogram-chart", "contributions-chart", "reliability-chart", "decision-chart", "roc-chart", "distribution-chart"]) {
      if (CHARTS[id]) await tab(page, CHARTS[id]);
      const canvas = page.locator(`#${id}`);
      assert.ok((await page.locator(`#${id}-words`).textContent()).length > 40, `${id} is told in words`);
      await canvas.focus();
      await page.keyboard.press("ArrowRight");
      const tip = page.locator(`#${id}-tip`);
      const first = await tip.innerText();
      assert.ok((await tip.isVisible()) && first.length > 5, `${id} has a tooltip by keys`);
      await page.keyboard.press("ArrowRight");
      assert.notEqual(await tip.innerText(), first, `${id}: the next key goes on`);
      await page.keyboard.press("Escape");
      assert.ok(!(await tip.isVisible()), `${id}: Escape closes it`);
    }
    await tab(page, "calibration");
    const canvas = page.locator("#reliability-chart");
    await canvas.scrollIntoViewIfNeeded();
    await canvas.focus();
    await page.keyboard.press("End");
    const tip = page.locator("#reliability-chart-tip");
    await tip.waitFor({ state: "visible" });
    await page.mouse.move(0, 0);
    const { x, y, width, height } = await canvas.boundingBox();
    let seen = false;
    for (let at = 0.2; at < 0.9 && !seen; at += 0.05) {
      await page.mouse.move(x + at * width, y + 0.45 * height);
      seen = await tip.isVisible();
    }
    assert.ok(seen, "a pointer finds a tooltip");
    await page.mouse.move(0, 0);
  });

  test("the model card is complete and one click away", async () => {
    await page.getByRole("button", { name: "Model card" }).click();
    const text = await hook(page, "model-card").innerText();
    for (const [heading, entry] of manifest.card) {
      assert.ok(text.includes(heading) && text.includes(entry.split("\n")[0]), heading);
    }
    assert.ok(text.includes(native.model.sha256));
    if (manifest.synthetic) assert.match(text, /not valid on patients/);
    await page.keyboard.press("Escape");
    assert.ok(!(await hook(page, "model-card").isVisible()));
  });

  test("the panels are tabs: by pointer, by arrows, Home and End, one of them shown and reached by Tab", async () => {
    const names = ["nomogram", "prevalence", "calibration", "decision", "checks", "evidence"];
    const state = () =>
      page.evaluate(() => ({
        selected: [...document.querySelectorAll('[role="tab"][aria-selected="true"]')].map((e) => e.id.slice(4)),
        reached: [...document.querySelectorAll('[role="tab"][tabindex="0"]')].map((e) => e.id.slice(4)),
        shown: [...document.querySelectorAll('[role="tabpanel"]')].filter((e) => e.checkVisibility()).map((e) => e.id.slice(6)),
        focus: document.activeElement.id,
      }));
    const only = (name) => ({ selected: [name], reached: [name], shown: [name], focus: `tab-${name}` });
    for (const name of names) {
      await tab(page, name);
      assert.deepEqual(await state(), only(name));
    }
    for (const [key, name] of [
      ["ArrowRight", "nomogram"], ["ArrowLeft", "evidence"], ["Home", "nomogram"], ["ArrowRight", "prevalence"], ["End", "evidence"], ["Home", "nomogram"],
    ]) {
      await page.keyboard.press(key);
      assert.deepEqual(await state(), only(name), key);
    }
    // Every chart was drawn for the room that its panel gives it.
    for (const [chart, name] of Object.entries(CHARTS)) {
      await tab(page, name);
      const { shown, drawn } = await page.locator(`#${chart}`).evaluate((canvas) => ({
        shown: canvas.getBoundingClientRect().width * devicePixelRatio,
        drawn: canvas.width,
      }));
      assert.ok(Math.abs(shown - drawn) <= 1, `${chart}: ${drawn} pixels over ${shown}`);
    }
  });

  test("what the numbers are not valid for is in view once, beside whatever panel is shown", async () => {
    const caution = /not valid on patients|research use only/i;
    const inView = () =>
      page.evaluate(
        (words) =>
          [...document.querySelectorAll("header *, main *, .answer-bar *")].filter((element) => {
            const { top, bottom } = element.getBoundingClientRect();
            const own = [...element.childNodes].filter((n) => n.nodeType === Node.TEXT_NODE).map((n) => n.textContent).join(" ");
            return new RegExp(words, "i").test(own) && element.checkVisibility() && bottom > 0 && top < innerHeight;
          }).length,
        "synthetic training data: not valid on patients",
      );
    for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
      await page.setViewportSize(viewport);
      for (const name of ["nomogram", "prevalence", "calibration", "decision", "checks", "evidence"]) {
        await tab(page, name);
        await page.locator(`#panel-${name}`).evaluate((panel) => panel.scrollIntoView());
        await frames(page);
        assert.equal(await inView(), 1, `${name}, ${viewport.width}`);
        const bar = await page.locator("#answer-bar").evaluate((bar) => {
          const { left, top, width, height } = bar.getBoundingClientRect();
          const seen = document.elementFromPoint(left + width / 2, top + height / 2);
          return bar.contains(seen) ? bar.innerText : "";
        });
        assert.ok(bar.includes(await page.locator("#probability").textContent()) && bar.includes("have HIE"), bar);
        assert.match(bar + (await page.locator("header").innerText()), caution);
      }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator("#answer-bar").waitFor({ state: "hidden" });
  });

  test("the evidence names the paper, what differs, and the card's own figures", async () => {
    await tab(page, "evidence");
    const text = await hook(page, "evidence").innerText();
    assert.match(text, /Tian et al\., Neonatology 2023;120:441-449/);
    assert.match(text, /A low number does not exclude HIE/);
    for (const [heading, entry] of manifest.card.filter(([heading]) => heading.startsWith("Cohort: "))) {
      assert.ok(text.includes(heading) && text.includes(entry), heading);
    }
    assert.match(text, /no figures by pattern of injury.*docs\/study\.md/s);
    assert.equal(await hook(page, "low-number").isVisible(), answer.probability < manifest.threshold);
    await tab(page, "nomogram");
  });

  test("an altered bundle is refused beside what is there, and the model and its answer stay", async () => {
    const bytes = Buffer.from(readFileSync(shippedModel()));
    bytes[bytes.length - 9] ^= 0x40;
    const path = join(scratch(), "altered.safetensors");
    writeFileSync(path, bytes);
    await hook(page, "model-input").setInputFiles(path);
    const note = hook(page, "intake-note").filter({ hasText: /altered/ });
    await note.waitFor({ timeout: ANALYSIS_MS });
    assert.match(await note.innerText(), /hash.*model before it stays in use/is);
    near((await shown(page)).probability, answer.probability, EXACT, "the answer of the model that is in use");
    await hook(page, "analyse").click();
    near((await number(page)).probability, answer.probability, EXACT, "the model before");
  });

  test("a bundle of one's own replaces the model everywhere, and the shipped one comes back", async () => {
    const path = join(scratch(), "own.safetensors");
    writeFileSync(
      path,
      changedBundle((own) => {
        own.name = "A site's own";
        own.threshold = 0.61;
        own.nomogram.intercept += 0.5;
        for (const cohort of own.cohorts) cohort.name = cohort.name === "independent" ? "elsewhere" : cohort.name;
      }),
    );
    await hook(page, "model-input").setInputFiles(path);
    await page.waitForFunction(() => /site's own/.test(document.querySelector('[data-testid="model-in-use"]').innerText), null, { timeout: ANALYSIS_MS });
    assert.equal((await shown(page)).probability, null, "the old number is gone");
    await hook(page, "analyse").click();
    const own = await number(page);
    near(own.logit, answer.logit + 0.5, IMAGE_TOLERANCE, "the own model's log-odds");
    assert.equal((await data(page, "decision-curve")).threshold, "0.61");
    const cohorts = (await cells(page, "#calibration-table td[data-figure=n]")).map(({ cohort }) => cohort);
    assert.ok(cohorts.includes("elsewhere") && !cohorts.includes("independent"), cohorts.join());
    assert.match(await page.locator("#card").textContent(), /A site's own/);
    await hook(page, "restore-model").click();
    await page.waitForFunction(() => !/site's own/.test(document.querySelector('[data-testid="model-in-use"]').innerText), null, { timeout: ANALYSIS_MS });
    await hook(page, "analyse").click({ timeout: ANALYSIS_MS });
    near((await number(page)).probability, answer.probability, EXACT, "the shipped model again");
  });

  test("a model that asks for more than the birth weight gets it", async () => {
    const path = join(scratch(), "asking.safetensors");
    const coefficient = 0.05;
    writeFileSync(
      path,
      changedBundle((own) => {
        own.name = "An asking one";
        const { nomogram, population } = own;
        nomogram.terms.push("gestational_age_weeks");
        nomogram.coefficients.push(coefficient);
        nomogram.limits.push([36, 42]);
        nomogram.covariance.forEach((row) => row.push(0));
        nomogram.covariance.push([...nomogram.covariance.map(() => 0), 1e-4]);
        population.means.push(39);
        population.terms.push([36, 39, 42]);
      }),
    );
    await hook(page, "model-input").setInputFiles(path);
    await page.waitForFunction(() => /asking/.test(document.querySelector('[data-testid="model-in-use"]').innerText), null, { timeout: ANALYSIS_MS });
    const missing = await analyse(page);
    assert.match(missing.refusal, /also asks for gestational_age_weeks/);
    await hook(page, "covariate-0").fill("40.5");
    await hook(page, "analyse").click();
    near((await number(page)).logit, answer.logit + coefficient * 40.5, IMAGE_TOLERANCE, "log-odds with the term");
    assert.equal((await cells(page, "#checks-table tr[data-code=gestational_age_weeks]")).length, 1);
    await hook(page, "restore-model").click();
    await page.waitForFunction(() => !/asking/.test(document.querySelector('[data-testid="model-in-use"]').innerText), null, { timeout: ANALYSIS_MS });
    assert.equal(await hook(page, "covariate-0").count(), 0);
  });

  test("an abstention leaves no number and no curve, but every check", async () => {
    await choose(page, { t1w: demo.t2w, t2w: demo.t1w, birthWeight: 3000 });
    const end = await analyse(page);
    assert.equal(end.kind, "refusal");
    const seen = await page.evaluate(() => [...document.querySelectorAll("#context article, #gauge")].filter((it) => it.checkVisibility()).map(({ id }) => id));
    assert.deepEqual(seen, ["checks"]);
    const sizes = await page.evaluate(() => [...document.querySelectorAll(".plot canvas")].map((canvas) => canvas.width));
    assert.ok(sizes.every((width) => width === 0), `a canvas still holds a drawing: ${sizes}`);
    const left = await page.evaluate(() => ["nomogram", "prevalence", "decision-curve", "hypothetical", "neighbours"].flatMap((name) => Object.keys(document.getElementById(name).dataset)).filter((key) => key !== "testid"));
    assert.deepEqual(left, []);
    const rows = await cells(page, "#checks-table tbody tr");
    assert.ok(await hook(page, "checks").isVisible());
    // Images that could not be aligned are compared with nothing: the sentence says why.
    assert.deepEqual(rows.map(({ code }) => code), ["birth_weight_g"]);
    assert.match(end.refusal, /swap them/);
    await picture(page, "context-abstained");
    assertClean(page);
  });
});
