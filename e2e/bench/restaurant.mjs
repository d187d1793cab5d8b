// Restaurant orders through queue and workflow to their end: how long one takes at a steady rate, and whether many that
// are queued take as many times longer.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloud } from "../cloud.mjs";
import { bench, median, round, say } from "./lib.mjs";

/** Orders a second, and how many. */
const STEADY = [
  [20, 200],
  [100, 1_000],
];
const QUEUED = (process.env.EDDY_QUEUED ?? "100,1000,10000").split(",").map(Number);
const ROUNDS = Number(process.env.EDDY_ROUNDS ?? 3);
/** Ten thousand may take this many times longer for each order than a hundred. */
const AIM = 1.5;
const FLAGS = ["--pace", "0", "--rotate", "0"];

await bench("restaurant", "Restaurant orders to their end", async (hold) => {
  const data = hold(mkdtempSync(join(tmpdir(), "eddy-bench-")), (data) => rmSync(data, { recursive: true }));
  const cloud = hold(await startCloud({ data, admin: true, flags: FLAGS }), (cloud) => cloud.kill());
  const load = async (load) => {
    const told = await cloud.admin("load/restaurant", load);
    if (told.succeeded + told.failed !== load.count) throw new Error(`not all ended: ${JSON.stringify(told)}`);
    return told;
  };
  await load({ count: 200 });
  const rows = [];
  const row = (what, all) => {
    const figure = (name, times) => round(median(all.map((told) => told[name])) * times);
    rows.push([what, figure("rate", 1), figure("p50", 1000), figure("p99", 1000), figure("seconds", 1)]);
    return figure("seconds", 1_000_000) / all[0].accepted;
  };
  for (const [rate, count] of STEADY) {
    say(`${rate} orders a second`);
    row(`${count} orders, ${rate} a second`, [await load({ count, rate })]);
  }
  const each = new Map();
  for (const count of QUEUED) {
    const rounds = [];
    for (let number = 1; number <= ROUNDS; number++) {
      say(`${count} queued, round ${number}`);
      rounds.push(await load({ count }));
    }
    each.set(count, row(`${count} queued at once`, rounds));
  }
  const growth = round(each.get(QUEUED.at(-1)) / each.get(QUEUED[0]), 2);
  rows.push([
    `time an order, ${QUEUED.at(-1)} to ${QUEUED[0]} queued: aim at most ${AIM} (${growth <= AIM ? "yes" : "no"})`,
    growth,
    null,
    null,
    null,
  ]);
  return {
    columns: ["what", "orders/s", "p50 ms", "p99 ms", "all s"],
    rows,
    notes: [
      `one data folder, no waits in the workflow; of what is queued at once, medians of ${ROUNDS} rounds`,
      "at a rate: from an order's acceptance to its end; queued at once: from when the consumer may take the first",
      "the times are the cloud's own: an order's creation, and when its last stage was written",
    ],
  };
});
