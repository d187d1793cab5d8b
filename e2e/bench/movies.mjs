// From a click to the total that has it, while a hundred people vote; and from a message to where another reads it.
import { graphql, guest } from "../aws.mjs";
import { bench, browser, quantile, round, say, site, sleep, sorted, until, visit } from "./lib.mjs";

const VOTERS = 100;
/** Each of them sends so often, in milliseconds: as people who click and clicks that are gathered. */
const EACH = 1_000;
/** On each of the five buttons: with fewer in all, a p99 would be the slowest or next to it. */
const CLICKS = 100;
/** So many it takes for a p99 to be one. */
const ENOUGH = 500;
/** Five in five seconds are let through. */
const MESSAGES = 15;
const PAUSE = 1_050;

const ADD = `mutation Add($input: AddVotesInput!) {
  addVotes(input: $input) { id type votes topMovie topVotes round revision }
}`;
const SHOWN = `query Shown { getMovies(id: "0") { round } }`;

/** Votes until told to stop; gives how many were counted. */
async function voter(cloud, number, running) {
  const credentials = await guest(cloud.url);
  const { data } = await graphql(cloud.url, credentials, SHOWN, {}, "movies");
  let counted = 0;
  await sleep((number * EACH) / VOTERS);
  for (let turn = 0; running.on; turn++) {
    const began = Date.now();
    const input = { id: `${(number % 5) + 1}`, count: 1, round: data.getMovies.round, token: `${number}-${turn}` };
    const { errors } = await graphql(cloud.url, credentials, ADD, { input }, "movies");
    counted += errors ? 0 : 1;
    await sleep(Math.max(0, EACH - (Date.now() - began)));
  }
  return counted;
}

async function open(page, cloud, name) {
  await page.goto(new URL("movies", cloud.url).href);
  await until(page, () => document.querySelector('[data-testid="film"]') && document.querySelector("#chat-name"));
  await page.fill("#chat-name", name);
  await page.press("#chat-name", "Enter");
  await page.waitForSelector("#chat-message");
}

/** Clicks on each of the buttons, one after the other there, and how long each took until nothing of it was pending. */
const clicks = (page) =>
  page.evaluate(async (clicks) => {
    const click = (button) =>
      new Promise((resolve) => {
        const began = performance.now();
        const watch = new MutationObserver(() => {
          if (button.dataset.pending !== "0") return;
          watch.disconnect();
          requestAnimationFrame(() => resolve(performance.now() - began));
        });
        watch.observe(button, { attributes: true });
        button.click();
      });
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const buttons = [...document.querySelectorAll(".reaction")];
    const times = buttons.map(async (button, place) => {
      await pause(place * 80);
      const times = [];
      for (let done = 0; done < clicks; done++) times.push(await click(button));
      return times;
    });
    return (await Promise.all(times)).flat();
  }, CLICKS);

await bench("movies", "Votes and chat, in ms", async (hold) => {
  const cloud = hold(await site({ flags: ["--rotate", "0"] }), (cloud) => cloud.kill());
  const chromium = hold(await browser(), (browser) => browser.close());
  const [mine, theirs] = [await visit(chromium), await visit(chromium)];
  await open(mine, cloud, "ida");
  await open(theirs, cloud, "Noor");
  const rows = [];
  const row = (what, times) => {
    const all = sorted(times);
    const p99 = all.length < ENOUGH ? null : round(quantile(all, 0.99));
    rows.push([what, round(quantile(all, 0.5)), p99, round(all.at(-1)), all.length]);
  };
  say("clicks, alone");
  row("click to confirmed total, alone", await clicks(mine));
  say(`clicks, among ${VOTERS} voters`);
  const running = { on: true };
  const began = Date.now();
  const voters = Promise.all(Array.from({ length: VOTERS }, (_, number) => voter(cloud, number, running)));
  await sleep(2_000);
  row(`click to confirmed total, ${VOTERS} voters`, await clicks(mine));
  running.on = false;
  const counted = (await voters).reduce((sum, votes) => sum + votes, 0);
  const rate = round((counted * 1_000) / (Date.now() - began));

  say("messages");
  await theirs.evaluate(() => {
    globalThis.painted = new Map();
    new MutationObserver((changes) => {
      const texts = changes.flatMap(({ addedNodes }) => [...addedNodes].map((node) => node.querySelector?.("p")?.textContent));
      // The task after the next frame: it is on the screen.
      requestAnimationFrame(() =>
        setTimeout(() => texts.forEach((text) => painted.set(text, performance.timeOrigin + performance.now()))),
      );
    }).observe(document.querySelector(".said"), { childList: true });
  });
  const sent = new Map();
  for (let number = 0; number < MESSAGES; number++) {
    await mine.fill("#chat-message", `message ${number}`);
    sent.set(`message ${number}`, await mine.evaluate(() => {
      const now = performance.timeOrigin + performance.now();
      document.querySelector(".say-form").requestSubmit();
      return now;
    }));
    await sleep(PAUSE);
  }
  await until(theirs, (count) => painted.size >= count, MESSAGES);
  const painted = new Map(await theirs.evaluate(() => [...globalThis.painted]));
  row("message to painted elsewhere", [...sent].map(([text, at]) => painted.get(text) - at));
  return {
    columns: ["what", "p50", "p99", "max", "times"],
    rows,
    notes: [
      `a p99 is told of ${ENOUGH} times or more`,
      "a click waits 300 ms for others before it is sent (src/movies/votes.rs); confirmed: the button shows nothing pending",
      `the voters had ${counted} votes counted, ${rate} a second`,
    ],
  };
});
