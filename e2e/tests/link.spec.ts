import { guest, listedOrders } from "../aws.mjs";
import { AWAY, BASKETS, Orders, expect, test } from "./fixtures";

test("the light tells that the cloud is gone and back, and nothing is missing then", async ({
  start,
  visit,
  folder,
  expected,
}) => {
  expected.push(AWAY);
  const flags = ["--pace", "2"];
  const cloud = await start({ data: folder, flags });
  const { page } = await visit();
  const orders = new Orders(page);
  await orders.open(cloud);
  await orders.start();
  await expect(orders.rows).not.toHaveCount(0);
  const [[orderId]] = await orders.shown();
  await orders.follow(orderId);
  await orders.live("follower");

  await cloud.kill();
  for (const name of ["orders", "follower"] as const) {
    await expect(orders.link(name)).toHaveAttribute("data-state", "retrying");
    await expect(orders.link(name)).not.toBeEmpty();
  }

  const again = await start({ listen: cloud.listen, data: folder, flags });
  for (const name of ["orders", "follower"] as const) {
    await expect(orders.link(name)).toHaveAttribute("data-state", "live", { timeout: 40_000 });
  }
  // The simulation went on where it stood.
  await expect(orders.table.locator("tr[data-status='COMPLETED']")).toHaveCount(BASKETS, { timeout: 60_000 });
  expect(await orders.shown()).toEqual(await listedOrders(again.url, await guest(again.url)));
  await expect(orders.follower.locator("li[data-reached='false']")).toHaveCount(0);
});

test("the light tells that the network is off, and the table catches up", async ({ start, visit, expected }) => {
  expected.push(AWAY);
  const cloud = await start({ flags: ["--pace", "0.2"] });
  const away = await visit();
  const there = await visit();
  const orders = new Orders(away.page);
  const others = new Orders(there.page);
  await orders.open(cloud);
  await others.open(cloud);

  await away.context.setOffline(true);
  await expect(orders.link("orders")).toHaveAttribute("data-state", "offline");
  await others.start();
  await expect(others.table.locator("tr[data-status='COMPLETED']")).toHaveCount(BASKETS, { timeout: 30_000 });

  await away.context.setOffline(false);
  await orders.live("orders");
  await expect.poll(() => orders.shown()).toEqual(await others.shown());
});
