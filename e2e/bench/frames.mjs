// Frames that a busy page misses, beside those that a page that does nothing misses at the same time.
import { bench, browser, load, openOrders, quantile, round, say, settled, site, sorted, visit } from "./lib.mjs";

const SECONDS = 30;
const RATE = 500;

await bench("frames", `Time between frames at ${RATE} events/s for ${SECONDS} s, with 500 rows, in ms`, async (hold) => {
  const cloud = hold(await site(), (cloud) => cloud.kill());
  const [busy, idle] = await Promise.all([browser(), browser()]);
  hold(busy, (browser) => browser.close());
  hold(idle, (browser) => browser.close());
  const [page, nothing] = await Promise.all([visit(busy), visit(idle)]);
  await nothing.goto("data:text/html,<title>nothing</title><p>nothing happens here");
  say("a window full of orders first");
  await load(cloud, 2_000, 4_000);
  await openOrders(page, cloud, 500);
  await settled(page);
  const rows = [];
  const measure = async (what, seed) => {
    say(`${what}: ${SECONDS} s`);
    const intervals = (page) => page.evaluate((ms) => bench.intervals(ms), SECONDS * 1_000);
    const loading = load(cloud, RATE, RATE * SECONDS, seed);
    const [ours, noise] = await Promise.all([intervals(page), intervals(nothing)]);
    const loaded = await loading;
    say(`the cloud put ${round(loaded.rate)} events/s on the bus`);
    await settled(page);
    for (const [whose, times] of [
      ["the page", sorted(ours)],
      ["a page that does nothing, beside it", sorted(noise)],
    ]) {
      const over = times.filter((time) => time > 50).length;
      const parts = [0.5, 0.95, 0.99].map((part) => round(quantile(times, part)));
      rows.push([what, whose, times.length, ...parts, round(times.at(-1)), over, round((100 * over) / times.length, 2)]);
    }
  };
  await measure("rows move", 11);
  const place = () =>
    page.evaluate(() => {
      const box = document.querySelector(".rows");
      const top = box.getBoundingClientRect().top;
      const rows = [...box.querySelectorAll("tr[data-order-id]")];
      const first = rows.find((row) => row.getBoundingClientRect().bottom > top + 60);
      return { top: box.scrollTop, first: first.dataset.orderId, at: first.getBoundingClientRect().top - top };
    });
  await page.evaluate(() => {
    const box = document.querySelector(".rows");
    box.scrollTop = (box.scrollHeight - box.clientHeight) / 2;
  });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100))));
  const before = await place();
  await measure("scrolled to the middle", 12);
  const after = await place();
  const kept = before.top > 0 && JSON.stringify(before) === JSON.stringify(after);
  say(`scrolled: ${JSON.stringify(before)} before, ${JSON.stringify(after)} after`);
  rows.push(["scrolled to the middle", `scroll position kept: ${kept ? "yes" : "no"}`, null, null, null, null, null, null, null]);
  return {
    columns: ["the reader", "whose frames", "frames", "p50", "p95", "p99", "most", "over 50 ms", "%"],
    rows,
    notes: ["two browsers at the same time on the same machine: the second row of each pair is the machine's own noise"],
  };
});
