// What a first visit costs: cold, without any cache.
import { bench, browser, load, median, openOrders, round, say, site, visit } from "./lib.mjs";

const VISITS = 7;

await bench("load-page", "A first visit, cold", async (hold) => {
  const cloud = hold(await site(), (cloud) => cloud.kill());
  await load(cloud, 2_000, 800);
  const visits = [];
  for (let number = 0; number <= VISITS; number += 1) {
    // A browser of its own: nothing is warm, its code cache neither.
    const chromium = await browser();
    try {
      const page = await visit(chromium);
      const cdp = await page.context().newCDPSession(page);
      await cdp.send("Network.enable");
      await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
      let [bytes, data, requests] = [0, 0, 0];
      const asked = new Set();
      cdp.on("Network.requestWillBeSent", ({ requestId, request }) => request.method === "POST" && asked.add(requestId));
      cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
        requests += 1;
        asked.has(requestId) ? (data += encodedDataLength) : (bytes += encodedDataLength);
      });
      await chromium.startTracing(page, { categories: ["v8", "v8.wasm", "disabled-by-default-v8.compile"] });
      await openOrders(page, cloud, 100);
      const loaded = { bytes, data, requests };
      const trace = JSON.parse((await chromium.stopTracing()).toString());
      const took = (pattern) =>
        trace.traceEvents
          .filter(({ name, ph, dur }) => ph === "X" && dur && pattern.test(name))
          .reduce((sum, { dur }) => sum + dur / 1_000, 0);
      const seen = await page.evaluate(async () => {
        const paint = (name) => performance.getEntriesByName(name)[0]?.startTime ?? NaN;
        const from = performance.now();
        await WebAssembly.compile(bench.code);
        return {
          firstPaint: paint("first-paint"),
          contentful: paint("first-contentful-paint"),
          row: bench.firstRow,
          live: bench.firstLive,
          wasm: bench.wasm,
          compile: performance.now() - from,
        };
      });
      const script = took(/^(v8\.compile|v8\.compileModule|V8\.CompileModule)$/);
      // The page that comes first warms the machine, not the measurement.
      if (number > 0) visits.push({ ...seen, ...loaded, script });
      say(`visit ${number}: first paint ${round(seen.contentful)} ms, live ${round(seen.live)} ms, ${loaded.bytes} and ${loaded.data} bytes`);
    } finally {
      await chromium.close();
    }
  }
  const row = (what, key, unit, digits = 1) => {
    const values = visits.map((visit) => visit[key]);
    return [what, round(median(values), digits), round(Math.min(...values), digits), round(Math.max(...values), digits), unit];
  };
  return {
    columns: ["what", "median", "least", "most", "unit"],
    rows: [
      row("first paint", "firstPaint", "ms"),
      row("first contentful paint", "contentful", "ms"),
      row("first row in the table", "row", "ms"),
      row("live (subscription acknowledged, rows there)", "live", "ms"),
      row("wasm: compiled and instantiated", "wasm", "ms"),
      row("wasm: compiled again, from memory", "compile", "ms"),
      row("JavaScript compiled (tracing)", "script", "ms"),
      row("transferred until live: the page", "bytes", "bytes", 0),
      row("transferred until live: what it asks for (100 orders, credentials)", "data", "bytes", 0),
      row("requests until live", "requests", "", 0),
    ],
    notes: [`${VISITS} visits, each in a new browser with its cache off, to the orders, over loopback; one before them is not counted`,
      "wasm is compiled function by function when first called: compiling is a part of the time to the first row"],
  };
});
