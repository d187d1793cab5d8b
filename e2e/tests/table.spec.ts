// The live table while it is used: it narrows, stops and holds still, and loses nothing meanwhile.
import { guest, startSimulation } from "../aws.mjs";
import { Orders, expect, test, type Cloud } from "./fixtures";

/** Six more orders, which run through at once. */
async function more(cloud: Cloud) {
  return startSimulation(cloud.url, await guest(cloud.url));
}

async function filled(cloud: Cloud, visit: (options?: object) => Promise<{ page: import("@playwright/test").Page }>) {
  await more(cloud);
  const orders = new Orders((await visit()).page);
  await orders.open(cloud);
  await expect(orders.table.locator("tr[data-status='COMPLETED']")).toHaveCount(6);
  return orders;
}

test("a part of an id and a status narrow the list, and it says how many are wanted", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  const orders = await filled(cloud, visit);
  const heading = orders.page.getByRole("heading", { name: /Newest first/ });
  await expect(heading).toHaveText("Newest first 6");
  const [, [second]] = await orders.shown();
  await orders.search.fill(second.slice(-6).toLowerCase());
  await expect(orders.rows).toHaveCount(1);
  await expect(orders.rows).toHaveAttribute("data-order-id", second);
  await expect(heading).toHaveText("Newest first 1 of 6");
  await orders.search.fill("");
  await expect(orders.rows).toHaveCount(6);

  await orders.status("CANCELLED").click();
  await expect(orders.status("CANCELLED")).toHaveAttribute("aria-pressed", "true");
  await expect(orders.page.getByText("No order is like that.")).toBeVisible();
  await orders.status("COMPLETED").click();
  await expect(orders.rows).toHaveCount(6);
  await orders.status("COMPLETED").click();
  await expect(orders.status("COMPLETED")).toHaveAttribute("aria-pressed", "false");
  await expect(orders.status("COMPLETED").locator("b")).toHaveText("6");
});

test("paused, the list stands and counts; then it catches up", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  const orders = await filled(cloud, visit);
  const before = await orders.shown();
  await orders.pause.click();
  await expect(orders.pause).toHaveText("Paused · 0 new");
  await more(cloud);
  // Six orders with eight states each; a state may have been overtaken by the next.
  await expect(orders.status("COMPLETED").locator("b")).toHaveText("12");
  await expect(orders.pause).toHaveText(/Paused · [1-9]\d* new/);
  expect(await orders.shown()).toEqual(before);
  await orders.pause.click();
  await expect(orders.pause).toHaveText("Pause");
  await expect(orders.rows).toHaveCount(12);
});

test("under the mouse the list holds still, and offers what is newer", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  const orders = await filled(cloud, visit);
  const before = await orders.shown();
  await orders.rows.nth(2).hover();
  await more(cloud);
  await expect(orders.newer).toHaveText("6 newer");
  expect(await orders.shown()).toEqual(before);
  await orders.newer.click();
  await expect(orders.rows).toHaveCount(12);
  await expect(orders.newer).toHaveCount(0);

  await orders.rows.nth(2).hover();
  await more(cloud);
  await expect(orders.newer).toHaveText("6 newer");
  await orders.page.mouse.move(0, 0);
  await expect(orders.rows).toHaveCount(18);
});

test("scrolled down the list holds still, and what is newer is shown from the top", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  for (let i = 0; i < 3; i++) await more(cloud);
  const { page } = await visit({ browser: { viewport: { width: 1280, height: 600 } } });
  const orders = new Orders(page);
  await orders.open(cloud);
  await expect(orders.table.locator("tr[data-status='COMPLETED']")).toHaveCount(18);
  const rows = page.getByRole("region", { name: "Orders" });
  // The page hears of it a frame later.
  await rows.evaluate(
    (rows) =>
      new Promise((heard) => {
        rows.addEventListener("scroll", () => requestAnimationFrame(heard), { once: true });
        rows.scrollTo(0, 100);
      }),
  );
  const before = await orders.shown();
  await more(cloud);
  await expect(orders.newer).toHaveText("6 newer");
  expect(await orders.shown()).toEqual(before);
  expect(await rows.evaluate((rows) => rows.scrollTop)).toBe(100);
  await orders.newer.click();
  await expect(orders.rows).toHaveCount(24);
  await expect.poll(() => rows.evaluate((rows) => rows.scrollTop), "the newest are in sight").toBe(0);
});

test("arrows, Home and End lead from row to row, and the list holds still meanwhile", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  const orders = await filled(cloud, visit);
  const before = await orders.shown();
  const focused = () =>
    orders.page.evaluate(() => document.activeElement?.closest("tr")?.getAttribute("data-order-id"));
  await orders.page.getByRole("region", { name: "Orders" }).focus();
  await orders.page.keyboard.press("Tab");
  expect(await focused()).toBe(before[0][0]);
  await more(cloud);
  await expect(orders.newer).toHaveText("6 newer");
  for (const [key, row] of [["ArrowDown", 1], ["ArrowDown", 2], ["ArrowUp", 1], ["End", 5], ["Home", 0]] as const) {
    await orders.page.keyboard.press(key);
    expect(await focused(), key).toBe(before[row][0]);
  }
  expect(await orders.shown(), "no row has moved").toEqual(before);
  await orders.page.keyboard.press("Tab");
  expect(await focused()).toBe(before[1][0]);
  expect(await orders.shown(), "no row has moved").toEqual(before);
  // Enter follows; the focus stays where it is.
  await orders.page.keyboard.press("Enter");
  await expect(orders.follower).toHaveAttribute("data-order-id", before[1][0]);
  expect(await focused()).toBe(before[1][0]);
  await orders.search.focus();
  await expect(orders.rows).toHaveCount(12);
});
