// The page's memory while more and more passes through it: flat, since old rows leave.
import { bench, browser, load, mebibytes, openOrders, round, say, settled, site, visit } from "./lib.mjs";

const AFTER = [1_000, 20_000, 100_000];
const RATE = 2_000;
/** So many bytes an event may seem to leave. */
const FLAT = 5;
/** How long one stretch may take: beyond, it is cut short and says so. */
const STRETCH_MS = 240_000;

await bench("memory", "The page's memory as events pass through it", async (hold) => {
  const cloud = hold(await site(), (cloud) => cloud.kill());
  const chromium = hold(await browser(), (browser) => browser.close());
  const page = await visit(chromium);
  await openOrders(page, cloud);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  await cdp.send("HeapProfiler.enable");
  const rows = [];
  const notes = [];
  let sent = 0;
  const measure = async () => {
    for (let turn = 0; turn < 3; turn += 1) await cdp.send("HeapProfiler.collectGarbage");
    const { metrics } = await cdp.send("Performance.getMetrics");
    const metric = (name) => metrics.find((metric) => metric.name === name).value;
    const seen = await page.evaluate(() => ({
      frames: bench.frames,
      wasm: bench.memory?.buffer.byteLength ?? NaN,
      rows: document.querySelectorAll("tr[data-order-id]").length,
    }));
    rows.push([
      sent,
      seen.frames,
      seen.rows,
      mebibytes(metric("JSHeapUsedSize")),
      mebibytes(seen.wasm),
      metric("Nodes"),
      metric("JSEventListeners"),
    ]);
  };
  await measure();
  for (const target of AFTER) {
    const count = target - sent;
    say(`${count} events more, up to ${RATE} a second`);
    const stop = setTimeout(() => cloud.admin("faults/reset", {}), STRETCH_MS);
    const { accepted, rate, stopped } = await load(cloud, RATE, count, target);
    clearTimeout(stop);
    sent += accepted;
    say(`the bus took ${round(rate, 0)} events/s`);
    if (stopped) notes.push(`after ${sent} events the time was up`);
    await settled(page, 2_000, STRETCH_MS);
    await measure();
    if (stopped) break;
  }
  // From when the window was full on: what grows with the events never leaves.
  const [before, after] = [rows.at(-2), rows.at(-1)];
  const grown = (column) => (1024 * 1024 * (after[column] - before[column])) / (after[0] - before[0]);
  const flat = grown(3) < FLAT && grown(4) < FLAT;
  rows.push([`aim: flat once the window is full: ${flat ? "yes" : "no"}`, null, null, null, null, null, null]);
  notes.push(`between the last two, an event left ${round(grown(3))} bytes in the JS heap and ${round(grown(4))} in wasm; flat: under ${FLAT}`);
  return {
    columns: ["events", "frames arrived", "rows", "JS heap, MiB", "wasm, MiB", "DOM nodes", "listeners"],
    rows,
    notes: [...notes, "JS heap in use after three collections; wasm memory never shrinks, so what it once needed stays"],
  };
});
