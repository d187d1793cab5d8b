// From an event to the row that shows it, on the screen of a real browser.
import { bench, browser, load, openOrders, quantile, round, say, settled, site, sorted, visit } from "./lib.mjs";

const RATES = [
  [10, 15],
  [100, 15],
  [500, 10],
];
const PARTS = [0.5, 0.95, 0.99];
/** The orders alone, and the screen on which both ways show them. */
const SCREENS = [
  ["orders", [["orders", "AppSync"]]],
  ["compare", [["orders", "AppSync, side by side"], ["mqtt", "MQTT, side by side"]]],
];
/** Painted in the first frame that begins after the arrival. */
const AIM = 1;

await bench("paint", "From an event to the painted row, in ms", async (hold) => {
  const cloud = hold(await site(), (cloud) => cloud.kill());
  const chromium = hold(await browser(), (browser) => browser.close());
  const page = await visit(chromium);
  const other = hold(await browser(), (browser) => browser.close());
  const nothing = await visit(other);
  await nothing.goto("data:text/html,<title>nothing</title><p>nothing happens here");
  say("a window full of orders first");
  await load(cloud, 2_000, 4_000);
  const rows = [];
  let met = false;
  for (const [screen, ways] of SCREENS) {
    await openOrders(page, cloud, 500, screen);
    await settled(page);
    for (const [rate, seconds] of RATES) {
      say(`${rate} events/s for ${seconds} s, ${ways.map(([, name]) => name).join(" beside ")}`);
      await page.evaluate(() => bench.follow());
      const floor = nothing.evaluate(([rate, ms]) => bench.floor(rate, ms), [rate, seconds * 1_000]);
      const loaded = await load(cloud, rate, rate * seconds, rate);
      const least = sorted(await floor);
      await settled(page);
      for (const [way, name] of ways) {
        const { seen, waiting, known } = await page.evaluate(
          (way) => ({
            seen: bench.seen.filter((event) => event.way === way),
            waiting: bench.waiting(way),
            known: bench.known[way],
          }),
          way,
        );
        const row = (what, from, to) => {
          const times = sorted(seen.map((event) => event[to] - event[from]));
          const [p50, p95, p99] = PARTS.map((part) => round(quantile(times, part)));
          rows.push([`${rate}/s`, name, what, p50, p95, p99, seen.length, waiting, known]);
        };
        row("event to arrival", "written", "arrived");
        row("arrival to drawn", "arrived", "drawn");
        row("arrival to painted", "arrived", "painted");
        row("event to painted", "written", "painted");
        const frames = sorted(seen.map((event) => event.frames));
        const waited = PARTS.map((part) => quantile(frames, part));
        rows.push([`${rate}/s`, name, "frames from arrival to painted", ...waited, seen.length, waiting, known]);
        if (rate === 100 && screen === "orders") met = waited[2] <= AIM;
      }
      const noise = PARTS.map((part) => round(quantile(least, part)));
      rows.push([`${rate}/s`, "beside it", "a text that a script changes, to painted", ...noise, least.length, null, null]);
      say(`the cloud put ${round(loaded.rate)} events/s on the bus`);
    }
  }
  const aim = "aim: painted within one frame of arrival at p99";
  rows.push(["100/s", "AppSync", aim, null, null, met ? "yes" : "no", null, null, null]);
  return {
    columns: ["rate", "way", "from, to", "p50", "p95", "p99", "events", "not shown", "known before"],
    rows,
    notes: [
      "written: the row's updatedAt, by the cloud's clock in whole milliseconds; arrived: the frame's message event; " +
        "drawn: the row's attribute has changed; painted: the task after the frame that showed it",
      "side by side: both tables on one screen, twice the rows; MQTT brings notices, and a new order is looked up first",
      "frames: 1 is the first of the browser's frames that began after the arrival; it is asked for frames all the time",
      "the page shows a view once a frame, and above 250 events/s the first frame 32 ms after the last (src/live/drive.rs)",
    ],
  };
});
