import { launch, open } from "./support/browser.mjs";
import { loadDemo } from "./support/page.mjs";
import { serveSite } from "./support/site.mjs";
const which = process.argv[2] ?? "all";
const [browser, site] = [await launch({ webgpu: false }), await serveSite()];
const sizes = { "1366": [1366,768], "1920": [1920,1080], "2560":[2560,1440], "820":[820,1180], "390":[390,844] };
const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, colorScheme: process.env.SCHEME ?? "dark", locale: process.env.LOCALE ?? "en-US" });
const page = await context.newPage();
page.on("pageerror", (e) => console.log("ERR", e.message));
page.on("console", (m) => m.type() === "error" && console.log("CON", m.text()));
await page.goto(site.origin);
await page.getByTestId("tour-close").click().catch(() => {});
await loadDemo(page);
const frames = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
for (const [name, [width, height]] of Object.entries(sizes)) {
  if (which !== "all" && !which.split(",").includes(name)) continue;
  await page.setViewportSize({ width, height });
  await page.evaluate(() => scrollTo(0, 0));
  await frames(); await frames();
  await page.screenshot({ path: `/tmp/h14b-shots/${process.env.TAG ?? "a"}-${name}.png`, fullPage: width < 1000 });
}
if (process.argv[3]) {
  const fn = (await import(process.argv[3])).default;
  await fn(page, frames);
}
await browser.close(); await site.close();
