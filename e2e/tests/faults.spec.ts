import { setTimeout as until } from "node:timers/promises";

import type { CDPSession, Page } from "@playwright/test";

import { guest, listedOrders } from "../aws.mjs";
import { type Cloud, Orders, WAYS, expect, test } from "./fixtures";

// What Chromium writes by itself when a server is away, refuses, or the network is off.
const BROKEN = /WebSocket connection to|Failed to load resource: (net::ERR_|the server responded with a status of 4)/;

const UPDATES = 2_000;
const SECONDS = 60;
const DROPS = 20;

/** The page shows the newest, so many. */
const WINDOW = 500;

/** A browser that looks at both ways' tables. */
type Watcher = { page: Page; session: CDPSession };
type Fault = { at: number; name: string; make: () => Promise<unknown> };

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
function random(seed: number) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What goes wrong, and when, in seconds: sockets dropped all the time, and everything else once. */
function schedule(seed: number, cloud: Cloud, watchers: Watcher[]): Fault[] {
  const next = random(seed);
  const drops = Array.from({ length: DROPS }, () => {
    const [at, share, how] = [next() * SECONDS, 0.5 + next() / 2, next() < 0.5 ? "close" : "reset"];
    return { at, name: `drop ${how}`, make: () => cloud.admin("faults/drop", { share, how }) };
  });
  const once: Omit<Fault, "at">[] = [
    { name: "refuse", make: () => cloud.admin("faults/refuse", { seconds: 10 }) },
    { name: "expire", make: () => cloud.admin("faults/expire") },
    { name: "skew", make: () => cloud.admin("faults/skew", { seconds: 600, for: 15 }) },
    { name: "offline", make: () => offline(cloud, watchers) },
    { name: "hidden", make: () => Promise.all(watchers.map(hidden)) },
  ];
  const places = once.map((fault, index) => ({ fault, order: next(), index }));
  places.sort((a, b) => a.order - b.order);
  // Apart from each other, so that each is met by a page that works.
  const spread = places.map(({ fault }, index) => ({ ...fault, at: 2 + index * 11.5 }));
  return [...drops, ...spread].sort((a, b) => a.at - b.at);
}

/** Playwright leaves open sockets running when it takes the network away: they are cut as well. */
async function offline(cloud: Cloud, watchers: Watcher[]) {
  const all = (offline: boolean) => Promise.all(watchers.map(({ page }) => page.context().setOffline(offline)));
  await all(true);
  await cloud.admin("faults/drop", { how: "reset" });
  for (const { page } of watchers) {
    for (const way of WAYS) {
      await expect(new Orders(page, way).link("orders")).toHaveAttribute("data-state", "offline");
    }
  }
  await until(3_000);
  await all(false);
}

/** Hidden and frozen, as a browser does to a tab that nobody looks at. */
async function hidden({ page, session }: Watcher) {
  const look = (state: string) =>
    page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await look("hidden");
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await until(4_000);
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await look("visible");
}

test("through every fault both tables end equal to the query, in two browsers", async ({ start, visit, expected }, info) => {
  test.setTimeout(240_000);
  expected.push(BROKEN);
  const seed = Number(process.env.EDDY_SEED ?? Date.now() % 1_000_000);
  info.annotations.push({ type: "seed", description: `EDDY_SEED=${seed}` });
  console.log(`EDDY_SEED=${seed}`);
  const cloud = await start({ flags: ["--disorder"] });
  const watchers: Watcher[] = [];
  for (let count = 0; count < 2; count++) {
    const { page, context } = await visit();
    await new Orders(page).open(cloud, "compare");
    await new Orders(page, "mqtt").live("orders");
    watchers.push({ page, session: await context.newCDPSession(page) });
  }

  const begun = Date.now();
  const load = cloud.admin("load", { rate: UPDATES / SECONDS, count: UPDATES, seed });
  const done: string[] = [];
  for (const { at, name, make } of schedule(seed, cloud, watchers)) {
    await until(Math.max(0, begun + at * 1_000 - Date.now()));
    await make();
    done.push(name);
  }
  expect((await load).accepted).toBe(UPDATES);
  expect(done.filter((name) => name.startsWith("drop")).length).toBeGreaterThanOrEqual(DROPS);

  // All that was accepted has come to an end in the cloud, and nothing else did.
  await expect.poll(async () => (await cloud.told("counters")).pending, { timeout: 60_000 }).toBe(0);
  for (const index of WAYS.keys()) {
    await expect.poll(async () => (await cloud.told("account")).publications[index].waiting).toBe(0);
  }
  const account = await cloud.told("account");
  expect(account).toMatchObject({ accepted: UPDATES, pending: 0, doubled: 0, mismatches: [] });

  // Our own question is asked with this machine's clock.
  await expect.poll(async () => (await cloud.told("counters")).faults.skew, { timeout: 30_000 }).toBe(0);
  const listed = (await listedOrders(cloud.url, await guest(cloud.url))).slice(0, WINDOW);
  for (const { page } of watchers) {
    for (const way of WAYS) {
      const orders = new Orders(page, way);
      // The longest wait between two attempts fits in.
      await expect(orders.link("orders")).toHaveAttribute("data-state", "live", { timeout: 40_000 });
      await expect.poll(() => orders.shown(), { timeout: 30_000 }).toEqual(listed);
    }
    // What came by both ways was compared, whatever else happened.
    await expect(page.locator("[data-figure='p99'] td")).toHaveText([/\d/, /\d/]);
    // What happened is told, and has healed.
    const journal = page.getByTestId("journal").locator("li");
    expect(await journal.count()).toBeGreaterThan(1);
    await expect(journal.first()).toContainText("Back after");
  }
});
