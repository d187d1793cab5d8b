// The live page in another engine: Debian's Firefox ESR, driven by WebDriver BiDi (Playwright brings a Firefox of its own
// making, not the one that people have).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import puppeteer from "puppeteer-core";

import { guest, listedOrders } from "../aws.mjs";
import { startCloud } from "../cloud.mjs";

const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";
const SITE = process.env.EDDY_SITE ?? fileURLToPath(new URL("../../dist", import.meta.url));
const BASKETS = 6;
// What an order goes through after it was submitted.
const TRANSITIONS = [
  "ACCEPTED_BY_STORE",
  "IN_KITCHEN",
  "READY_FOR_PICKUP",
  "PICKED_UP_BY_DRIVER",
  "OUT_FOR_DELIVERY",
  "DELIVERED",
  "COMPLETED",
];
const PATIENCE = { timeout: 60_000 };

let cloud, browser;
// What either page's console says that is worth hearing.
const said = [];

before(async () => {
  cloud = await startCloud({ site: SITE, flags: ["--pace", "3"] });
  browser = await puppeteer.launch({ browser: "firefox", executablePath: FIREFOX, headless: true });
});

after(async () => {
  await browser?.close();
  await cloud?.kill();
});

test("two Firefox windows see one simulation move, and both follow an order through each state", async () => {
  const [first, second] = [await visit(), await visit()];
  assert.deepEqual(await shown(first), []);

  await first.locator("button ::-p-text(Start simulation)").click();
  const orderId = await first.evaluate(() => window.followed);
  for (const page of [first, second]) {
    await page.waitForSelector(`[data-testid="follower"][data-order-id="${orderId}"]`, PATIENCE);
    assert.equal(new URL(page.url()).pathname, `/orders/${orderId}`);
    await page.waitForFunction(() => window.followerSaw.at(-1) === "COMPLETED", PATIENCE);
    const saw = await page.evaluate(() => window.followerSaw);
    assert.deepEqual(saw.filter((state) => state !== "SUBMITTED"), TRANSITIONS);
  }

  const completed = `document.querySelectorAll("tr[data-status='COMPLETED']").length === ${BASKETS}`;
  for (const page of [first, second]) await page.waitForFunction(completed, PATIENCE);
  const listed = await listedOrders(cloud.url, await guest(cloud.url));
  assert.deepEqual(await shown(first), listed);
  assert.deepEqual(await shown(second), listed);
  assert.deepEqual(said, []);
});

/**
 * A page of its own that shows the orders live. It follows the first order as soon as it comes, and records each state
 * that the follower shows as the present one.
 */
async function visit() {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) said.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => said.push(`uncaught: ${error.message}`));
  await page.goto(new URL("orders", cloud.url).href);
  await page.waitForSelector('[data-testid="link"][data-link="orders"][data-state="live"]', PATIENCE);
  await page.evaluate(() => {
    window.followerSaw = [];
    window.followed = new Promise((resolve) => {
      const look = () => {
        const row = document.querySelector("tr[data-order-id]");
        if (row && !document.querySelector('[data-testid="follower"]')) {
          row.querySelector("button").click();
          resolve(row.dataset.orderId);
        }
        const step = document.querySelector('[data-testid="follower"] li[aria-current="step"]');
        if (step && step.dataset.status !== window.followerSaw.at(-1)) window.followerSaw.push(step.dataset.status);
      };
      new MutationObserver(look).observe(document.body, { attributes: true, childList: true, subtree: true });
    });
  });
  return page;
}

function shown(page) {
  return page.$$eval("tr[data-order-id]", (rows) => rows.map((row) => [row.dataset.orderId, row.dataset.status]));
}
