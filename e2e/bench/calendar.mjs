// Frames of a calendar whose month has 500 events: stepping from month to month and from layout to layout, scrolling the
// agenda and the hours, and events that arrive meanwhile; beside those of a page that does nothing.
import { guest, signedFetch } from "../aws.mjs";
import { bench, browser, quantile, round, say, site, sleep, sorted, until, visit } from "./lib.mjs";

const EVENTS = 500;
/** How long each kind of use is measured, in seconds. */
const SECONDS = 10;
/** As fast as people press a key again. */
const STEP = 250;
const ARRIVE = 100;

async function create(cloud, credentials, name, dt_start, dt_end) {
  const response = await signedFetch(new URL("calendar/events", cloud.url).href, {
    service: "lambda",
    method: "POST",
    credentials,
    body: JSON.stringify({ user_id: 1, name, dt_start, dt_end, location: "Here and there" }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

/** An event of a month such as `2027-03`: spread over its days and hours, some over several days, some overlapping. */
function event(month, number) {
  const two = (value) => String(value).padStart(2, "0");
  const [day, hour] = [1 + (number % 28), 6 + ((number * 7) % 14)];
  const last = number % 25 === 0 ? Math.min(28, day + 3) : day;
  return [`Event ${number}`, `${month}-${two(day)}T${two(hour)}:00:00`, `${month}-${two(last)}T${two(hour + 2)}:30:00`];
}

/** Does something again and again in the page, while its frames are counted there. */
const during = (page, every, act) =>
  page.evaluate(
    async ([ms, every, act]) => {
      const acts = {
        nothing: () => {},
        step: (turn) => document.querySelector(`[data-step="${turn % 2 ? "previous" : "next"}"]`).click(),
        layout: (turn) => document.querySelectorAll(".modes button")[turn % 3].click(),
        scroll: (turn) => {
          const rows = document.querySelector(".rows");
          rows.scrollTop = (turn * 40) % Math.max(1, rows.scrollHeight - rows.clientHeight);
        },
      };
      let turn = 0;
      const acting = every ? setInterval(() => acts[act](turn++), every) : 0;
      const intervals = await bench.intervals(ms);
      clearInterval(acting);
      return intervals;
    },
    [SECONDS * 1_000, every, act],
  );

await bench("calendar", `Time between frames of a calendar with ${EVENTS} events in its month, in ms`, async (hold) => {
  const cloud = hold(await site(), (cloud) => cloud.kill());
  const [busy, idle] = await Promise.all([browser(), browser()]);
  hold(busy, (browser) => browser.close());
  hold(idle, (browser) => browser.close());
  const [page, nothing] = await Promise.all([visit(busy), visit(idle)]);
  await nothing.goto("data:text/html,<title>nothing</title><p>nothing happens here");
  await page.goto(new URL("calendar", cloud.url).href);
  await until(page, () => document.querySelector('[data-link="calendar"]')?.dataset.state === "live");
  const month = await page.evaluate(() => document.querySelector('[data-inside="true"]').dataset.date.slice(0, 7));
  say(`${EVENTS} events in ${month}`);
  const credentials = await guest(cloud.url);
  for (let number = 0; number < EVENTS; number++) await create(cloud, credentials, ...event(month, number));
  await until(page, (count) => parseInt(document.querySelector(".news").textContent) >= count, EVENTS);
  const layout = async (name) => {
    await page.evaluate((name) => [...document.querySelectorAll(".modes button")].find((it) => it.textContent === name).click(), name);
    await sleep(1_000);
  };
  const rows = [];
  const measure = async (what, every, act, meanwhile = async () => {}) => {
    say(`${what}: ${SECONDS} s`);
    const running = { on: true };
    const others = meanwhile(running);
    const [ours, noise] = await Promise.all([during(page, every, act), during(nothing, 0, "nothing")]);
    running.on = false;
    await others;
    for (const [whose, times] of [["the page", sorted(ours)], ["a page that does nothing, beside it", sorted(noise)]]) {
      const over = times.filter((time) => time > 50).length;
      const parts = [0.5, 0.95, 0.99].map((part) => round(quantile(times, part)));
      rows.push([what, whose, times.length, ...parts, round(times.at(-1)), over, round((100 * over) / times.length, 2)]);
    }
  };
  await measure("nothing is done", 0, "nothing");
  await measure(`the next month and back, every ${STEP} ms`, STEP, "step");
  await measure(`another layout every ${STEP} ms`, STEP, "layout");
  await layout("Agenda");
  await measure("the agenda is scrolled", 16, "scroll");
  await layout("Week");
  await measure("the hours are scrolled", 16, "scroll");
  await layout("Month");
  let number = EVENTS;
  await measure("events arrive", 0, "nothing", async (running) => {
    while (running.on) {
      await create(cloud, credentials, ...event(month, number++));
      await sleep(ARRIVE);
    }
  });
  return {
    columns: ["what is done", "whose frames", "frames", "p50", "p95", "p99", "most", "over 50 ms", "%"],
    rows,
    notes: [
      `${number - EVENTS} events arrived while that was measured`,
      "two browsers at the same time on the same machine: the second row of each pair is the machine's own noise",
    ],
  };
});
