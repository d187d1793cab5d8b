// What every benchmark needs: where things are, browsers, figures, and the table that comes of it.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

import { startCloud } from "../cloud.mjs";

export const SITE = process.env.EDDY_SITE ?? fileURLToPath(new URL("../../dist", import.meta.url));
const FLAGS = JSON.parse(readFileSync(new URL("../chromium-flags.json", import.meta.url), "utf8"));
const IN_PAGE = readFileSync(new URL("in-page.js", import.meta.url), "utf8");

export const say = (text) => console.log(`  ${text}`);
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A cloud that serves the page and can be driven. */
export const site = (options = {}) => startCloud({ site: SITE, admin: true, ...options });

/** Chromium, as the tests start it. */
export const browser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/** A page with the instruments of `in-page.js` in it. */
export async function visit(browser, { width = 1280, height = 800 } = {}) {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  page.on("pageerror", (error) => say(`the page says: ${error}`));
  await page.addInitScript(IN_PAGE);
  return page;
}

/** The orders, live, at least so many rows; or another screen that shows them. */
export async function openOrders(page, cloud, rows = 0, screen = "orders") {
  await page.goto(new URL(screen, cloud.url).href);
  await until(
    page,
    (rows) =>
      document.querySelector('[data-testid="link"][data-link="orders"]')?.dataset.state === "live" &&
      [...document.querySelectorAll("table[aria-busy]")].every(
        (table) => table.querySelectorAll("tr[data-order-id]").length >= rows,
      ),
    rows,
  );
}

/** Waits until something holds in the page. Playwright's own way evaluates text, which the page's policy forbids. */
export async function until(page, holds, argument, atMost = 60_000) {
  for (const deadline = Date.now() + atMost; !(await page.evaluate(holds, argument)); await sleep(20))
    if (Date.now() > deadline) throw new Error(`it does not come to hold: ${holds}`);
}

/** Events through the bus. Answers once they are on it. */
export const load = (cloud, rate, count, seed = 1) => cloud.admin("load", { rate, count, seed });

/** Waits until every row tells the same for a while: all that was on its way has arrived. */
export async function settled(page, quiet = 1_000, atMost = 120_000) {
  const deadline = Date.now() + atMost;
  for (let last, since = Date.now(); Date.now() < deadline; await sleep(100)) {
    const now = await page.evaluate(() => bench.frames);
    if (now !== last) [last, since] = [now, Date.now()];
    if (Date.now() - since >= quiet) return;
  }
  throw new Error("it does not come to rest");
}

/** A quantile of sorted numbers. */
export const quantile = (sorted, part) =>
  sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] : NaN;
export const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
export const median = (numbers) => quantile(sorted(numbers), 0.5);
export const round = (number, digits = 1) => (Number.isFinite(number) ? Number(number.toFixed(digits)) : null);
export const mebibytes = (bytes) => round(bytes / 2 ** 20, 2);

/** Runs a benchmark, and writes its table where the automation wants it. */
export async function bench(name, title, run) {
  const began = Date.now();
  const loadBefore = loadavg()[0];
  const ends = [];
  // Whatever is given here is ended, whatever happens.
  const hold = (thing, end) => (ends.push(() => end(thing)), thing);
  try {
    const table = await run(hold);
    const seconds = round((Date.now() - began) / 1000, 0);
    const notes = [...(table.notes ?? []), `load average before and after: ${round(loadBefore)} and ${round(loadavg()[0])}`];
    const result = { name, title, ...table, notes, seconds };
    const out = process.env.EDDY_BENCH_OUT ?? `/tmp/bench/${name}.json`;
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, JSON.stringify(result, null, 2));
    if (!process.env.EDDY_BENCH_OUT) show(result);
  } finally {
    for (const end of ends.reverse()) await Promise.resolve(end()).catch((error) => say(`at the end: ${error}`));
  }
}

/** Where the automation does not print it. */
function show({ columns, rows, notes }) {
  console.table(rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]]))));
  notes.forEach(say);
}
