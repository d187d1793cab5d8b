import { guest, listedOrders } from "../aws.mjs";
import { BASKETS, Orders, STATES, WAYS, agree, expect, followerSaw, recordFollower, test } from "./fixtures";

test("two browsers see one simulation move, and both follow an order through each state", async ({ start, visit }) => {
  test.setTimeout(180_000);
  const cloud = await start({ flags: ["--pace", "3"] });
  const [first, second] = await Promise.all(
    [1, 2].map(async () => {
      const { page } = await visit();
      const orders = new Orders(page);
      await orders.open(cloud);
      await recordFollower(page);
      return orders;
    }),
  );
  await expect(first.rows).toHaveCount(0);

  await first.start();
  await expect(first.rows).not.toHaveCount(0);
  const { orderId, count } = await followNewest(first, second);

  // Both move together: while orders come in, what one shows the other shows too.
  for (const shown of [count - 4, count - 2]) {
    await expect.poll(() => first.rows.count()).toBeGreaterThanOrEqual(shown);
    await agree(first, second);
  }
  for (const orders of [first, second]) {
    // Each of the seven transitions was shown by itself; the order may have been accepted before it was followed.
    await expect
      .poll(async () => (await followerSaw(orders.page, orderId)).filter((state) => state !== STATES[0]), {
        timeout: 40_000,
      })
      .toEqual(STATES.slice(1));
    await expect(orders.follower.locator("li[data-reached='false']")).toHaveCount(0);
  }

  // All of it arrives, in both, and equals what the API lists.
  for (const orders of [first, second]) {
    await expect(orders.rows).toHaveCount(count, { timeout: 30_000 });
    await expect(orders.table.locator("tr[data-status='COMPLETED']")).toHaveCount(count, { timeout: 30_000 });
  }
  // When it arrived and how long it took is told of what came live.
  await expect(first.table.locator("tbody .cell-received").first()).toHaveText(/\d/);
  await expect(first.table.locator("tbody .cell-delay").first()).toHaveText(/\d/);
  const listed = await listedOrders(cloud.url, await guest(cloud.url));
  expect(await first.shown()).toEqual(listed);
  expect(await second.shown()).toEqual(listed);
});

/**
 * Follows the newest order in both windows, before its second transition. A busy machine can be too late for one order;
 * then the next one is tried, of another simulation after the last. Says which it is, and how many orders there will be.
 */
async function followNewest(...windows: Orders[]): Promise<{ orderId: string; count: number }> {
  const [first] = windows;
  const followed = new Set<string>();
  let newest = "";
  let count = BASKETS;
  while (true) {
    if (followed.size > 0 && (await first.rows.count()) === count) {
      count += BASKETS;
      await first.start();
    }
    await expect.poll(async () => followed.has((newest = (await first.shown())[0][0]))).toBe(false);
    followed.add(newest);
    const early = await Promise.all(
      windows.map(async (orders) => {
        await orders.follow(newest);
        await expect(orders.follower).toHaveAttribute("data-order-id", newest);
        await expect.poll(async () => (await followerSaw(orders.page, newest)).length).toBeGreaterThan(0);
        const [state] = await followerSaw(orders.page, newest);
        return STATES.indexOf(state) <= 1;
      }),
    );
    if (early.every(Boolean)) return { orderId: newest, count };
  }
}

test("rows change in place while orders move", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0.5"] });
  const { page } = await visit();
  const orders = new Orders(page);
  await orders.open(cloud);
  await orders.start();
  await expect(orders.rows).not.toHaveCount(0);
  const row = await orders.rows.first().elementHandle();
  const [[orderId]] = await orders.shown();
  await expect(orders.table.locator(`tr[data-order-id="${orderId}"]`)).toHaveAttribute("data-status", "COMPLETED");
  expect(await row!.evaluate((row) => row.isConnected), "the row is still the same element").toBe(true);
});

test("tables and followers share one socket an endpoint", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0.5"] });
  const sockets: string[] = [];
  const { page } = await visit({
    before: async (page) => void page.on("websocket", (socket) => sockets.push(socket.url())),
  });
  const orders = new Orders(page);
  await orders.open(cloud);
  await orders.start();
  await expect(orders.rows).not.toHaveCount(0);
  const [[orderId]] = await orders.shown();
  await orders.follow(orderId);
  await orders.live("follower");
  await page.getByRole("navigation").getByRole("link", { name: "Compare" }).click();
  await orders.follow(orderId);
  for (const way of WAYS) await new Orders(page, way).live("follower");
  const paths = sockets.map((url) => new URL(url).pathname).filter((path) => /^\/(orders|mqtt)/.test(path)).sort();
  expect(paths).toEqual(["/mqtt", "/orders/graphql/realtime"]);
});

test("two people's simulations appear in one table, newest first", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0.3"] });
  const visitors = await Promise.all(
    [1, 2].map(async () => {
      const orders = new Orders((await visit()).page);
      await orders.open(cloud);
      return orders;
    }),
  );
  await Promise.all(visitors.map((orders) => orders.start()));
  for (const orders of visitors) {
    await expect(orders.table.locator("tr[data-status='COMPLETED']")).toHaveCount(2 * BASKETS, { timeout: 30_000 });
  }
  const listed = await listedOrders(cloud.url, await guest(cloud.url));
  for (const orders of visitors) expect(await orders.shown()).toEqual(listed);
});

test("who comes later sees what was there", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  const early = new Orders((await visit()).page);
  await early.open(cloud);
  await early.start();
  await expect(early.table.locator("tr[data-status='COMPLETED']")).toHaveCount(BASKETS);
  const late = new Orders((await visit()).page);
  await late.open(cloud);
  await expect(late.rows).toHaveCount(BASKETS);
  expect(await late.shown()).toEqual(await early.shown());
});
