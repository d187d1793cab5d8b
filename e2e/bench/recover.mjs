// From a dropped socket to a table that lacks nothing.
import { guest, listedOrders } from "../aws.mjs";
import { bench, browser, load, median, openOrders, round, say, settled, site, sleep, until, visit } from "./lib.mjs";

const DROPS = 7;
const REFUSALS = 3;
const REFUSED_SECONDS = 10;
/** What happens while nobody listens. */
const MISSED = 40;
/** What has stood for five seconds was a success: after a failure before that, a client waits longer (backoff.rs). */
const STEADY_MS = 6_000;
const PATIENCE_MS = 60_000;

await bench("recover", "From a fault to gapless, in ms", async (hold) => {
  const cloud = hold(await site(), (cloud) => cloud.kill());
  const chromium = hold(await browser(), (browser) => browser.close());
  const page = await visit(chromium);
  const credentials = await guest(cloud.url);
  await load(cloud, 2_000, 800);
  await openOrders(page, cloud, 100);
  await settled(page, STEADY_MS);
  let seed = 100;

  /** Breaks something, lets events happen meanwhile, and finds when the page knew all of them and said so. */
  async function recovery(fault) {
    await page.evaluate(() => ((bench.history = []), (bench.recording = true)));
    const at = Date.now();
    await fault();
    await load(cloud, 10_000, MISSED, (seed += 1));
    await until(page, () => bench.history.some(([, live]) => !live));
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const listed = await listedOrders(cloud.url, credentials).catch(() => null);
      const expected = listed?.slice(0, 500).map(([id, status]) => `${id} ${status}`).join("\n");
      const found = await page.evaluate((expected) => {
        const down = bench.history.findIndex(([, live]) => !live);
        const same = bench.history.findIndex(([, live, text], index) => index > down && live && text === expected);
        const live = bench.history.findIndex(([, live], index) => index > down && live);
        return same < 0 || expected !== bench.tells()
          ? null
          : { down: bench.history[down][0], live: bench.history[live][0], same: bench.history[same][0] };
      }, expected);
      if (found) return { ...found, at };
      if (Date.now() > deadline) throw new Error("the table never equalled the query");
      await sleep(200);
    }
  }

  const rows = [];
  const row = (what, ...times) => rows.push([what, round(median(times.flat()), 0), round(Math.min(...times.flat()), 0), round(Math.max(...times.flat()), 0), times.flat().length]);
  for (const how of ["close", "reset"]) {
    const times = [];
    for (let run = 0; run < DROPS; run += 1) {
      const found = await recovery(() => cloud.admin("faults/drop", { how }));
      times.push(found);
      say(`dropped by ${how}: live after ${round(found.live - found.at, 0)} ms, gapless after ${round(found.same - found.at, 0)} ms`);
      await settled(page, STEADY_MS);
    }
    row(`dropped by ${how}: noticed`, times.map(({ at, down }) => down - at));
    row(`dropped by ${how}: live again`, times.map(({ at, live }) => live - at));
    row(`dropped by ${how}: live and equal to the query`, times.map(({ at, same }) => same - at));
  }
  const times = [];
  for (let run = 0; run < REFUSALS; run += 1) {
    const found = await recovery(async () => {
      await cloud.admin("faults/refuse", { seconds: REFUSED_SECONDS });
      await cloud.admin("faults/drop", {});
    });
    times.push(found.same - found.at - REFUSED_SECONDS * 1_000);
    say(`refused for ${REFUSED_SECONDS} s: gapless ${round(times.at(-1), 0)} ms after the end of that`);
    await settled(page, STEADY_MS);
  }
  row(`refused for ${REFUSED_SECONDS} s: from the end of that to live and equal`, times);
  return {
    columns: ["what", "median", "least", "most", "times"],
    rows,
    notes: [
      `while nobody listened ${MISSED} events happened; from the drop on, seen by an observer in the page`,
      "reconnecting waits by full jitter: up to 0.5 s after a connection that stood for 5 s, doubling with each failure up " +
        "to 30 s, which a refusal is full of; the spread is meant",
    ],
  };
});
