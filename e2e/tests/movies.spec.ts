import { isDeepStrictEqual } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "@playwright/test";

import { graphql, guest } from "../aws.mjs";
import { AWAY, expect, test, type Cloud } from "./fixtures";
import { HOSTILE } from "./hostile";
import { Movies } from "./movies";

/** All that a screen tells that is to be the same on each. */
const told = async (movies: Movies) => ({
  film: await movies.title.textContent(),
  totals: await movies.totals(),
  leaders: await movies.leaders(),
  said: await movies.said(),
});

/** Waits until all screens tell the same, and tells it. */
async function agreed(all: Movies[]) {
  let first = await told(all[0]);
  await expect
    .poll(
      async () => {
        const screens = await Promise.all(all.map(told));
        first = screens[0];
        return screens.every((screen) => isDeepStrictEqual(screen, first)) || screens;
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  return first;
}

const round = (movies: Movies) => movies.film.getAttribute("data-round").then(Number);

test("votes, leaderboard, rotation and chat are the same for three, for who comes late, and for who was away", async ({
  start,
  visit,
  expected,
}) => {
  test.setTimeout(180_000);
  expected.push(AWAY);
  const cloud = await start({ flags: ["--rotate", "10"] });
  const people = await Promise.all([1, 2, 3].map(visit as () => ReturnType<typeof visit>));
  const all = people.map(({ page }) => new Movies(page));
  const [ida, noor, kim] = all;
  await Promise.all(all.map((movies) => movies.open(cloud)));
  await ida.join("ida");
  await noor.join("Noor");
  await kim.join("Kim");
  await ida.say("first");
  await noor.say("second");
  for (const movies of all) await expect(movies.messages).toHaveCount(2);
  await expect(ida.messages.first()).toHaveAttribute("data-own", "true");
  await expect(noor.messages.first()).toHaveAttribute("data-own", "false");

  // A round from its beginning: everyone votes for what they see.
  const before = await round(ida);
  for (const movies of all) await expect.poll(() => round(movies), { timeout: 15_000 }).toBeGreaterThan(before);
  const film = await ida.title.textContent();
  const clicks = [
    [ida, "Love", 3],
    [noor, "Love", 2],
    [kim, "Hate", 1],
  ] as const;
  await Promise.all(clicks.map(([movies, reaction, count]) => movies.click(reaction, count)));
  for (const movies of all) await expect.poll(() => movies.totals()).toEqual([5, 0, 0, 0, 1]);

  // The next film, and what the last one has come to.
  for (const movies of all) {
    await expect(movies.title).not.toHaveText(film!, { timeout: 15_000 });
    await expect.poll(() => movies.totals()).toEqual([0, 0, 0, 0, 0]);
  }
  const { leaders } = await agreed(all);
  expect(leaders.map(([, film, votes]) => [film, votes])).toEqual([
    [film, "5"],
    ["–", "–"],
    ["–", "–"],
    ["–", "–"],
    [film, "1"],
  ]);

  // Who comes late sees the same.
  const late = new Movies((await visit()).page);
  await late.open(cloud);
  await agreed([...all, late]);

  // One is away for a while. What they write waits, in sight, and goes out once.
  const away = people[2].context;
  await away.setOffline(true);
  await cloud.admin("faults/drop", { how: "reset" });
  await expect(kim.link).toHaveAttribute("data-state", "offline");
  const gone = Date.now();
  await kim.say("from the dark");
  await expect(kim.unsaid).toContainText("from the dark");
  await ida.live();
  for (const text of ["third", "fourth", "fifth"]) await ida.say(text);
  await noor.say("sixth");
  const there = [ida, noor, late];
  for (const movies of there) await expect(movies.messages).toHaveCount(6);
  // The others vote for another film, a rotation counts it, and they begin with the next.
  const begun = await round(ida);
  for (const movies of there) await expect.poll(() => round(movies), { timeout: 15_000 }).toBeGreaterThan(begun);
  const missed = await ida.title.textContent();
  await Promise.all([ida.click("Love", 4), noor.click("Love", 4), noor.click("Not seen", 1)]);
  for (const movies of there) {
    await expect.poll(() => movies.counted("Love", missed!)).toBe(8);
    await expect.poll(() => movies.counted("Not seen", missed!)).toBe(1);
  }
  for (const movies of there) await expect(movies.title).not.toHaveText(missed!, { timeout: 15_000 });
  const voted = await ida.title.textContent();
  await ida.click("Like", 2);
  for (const movies of there) await expect.poll(() => movies.counted("Like", voted!)).toBe(2);
  expect((await kim.said()).length).toBe(2);
  expect(await kim.title.textContent(), "it has heard of none of it").not.toBe(voted);
  await pause(Math.max(0, 20_000 - (Date.now() - gone)));
  await away.setOffline(false);
  for (const movies of [...all, late]) await expect(movies.messages).toHaveCount(7, { timeout: 30_000 });
  await expect(kim.unsaid.locator("li")).toHaveCount(0);
  // Nobody clicks: what it shows is what it has been told, and what it missed.
  const { said, leaders: best } = await agreed([...all, late]);
  expect(best.filter((_, place) => place !== 1).map(([, film, votes]) => [film, votes])).toEqual([
    [missed, "8"],
    ["–", "–"],
    [missed, "1"],
    [film, "1"],
  ]);
  await expect.poll(() => kim.counted("Like", voted!)).toBe(2);
  expect(said.map(([name, text]) => `${name}: ${text}`).sort()).toEqual(
    [
      "ida: first",
      "Noor: second",
      "ida: third",
      "ida: fourth",
      "ida: fifth",
      "Noor: sixth",
      "Kim: from the dark",
    ].sort(),
  );
});

test("clicks are shown at once, gathered, counted once, and burst on every screen", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--rotate", "0"] });
  const sent: string[] = [];
  const { page } = await visit({
    before: async (page) =>
      void page.on("request", (request) => {
        const body = request.postData();
        if (body?.includes("AddVotes")) sent.push(body);
      }),
  });
  const [mine, theirs] = [new Movies(page), new Movies((await visit()).page)];
  await mine.open(cloud);
  await theirs.open(cloud);
  await theirs.page.evaluate(() => {
    const sky = document.querySelector(".sky")!;
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) (window as any).flew = ((window as any).flew ?? 0) + addedNodes.length;
    }).observe(sky, { childList: true });
  });
  await page.evaluate(() => {
    const button = document.querySelector<HTMLElement>(".reaction")!;
    for (let click = 0; click < 6; click++) button.click();
  });
  // Before anybody was asked.
  expect((await mine.totals())[0]).toBe(6);
  await expect.poll(() => theirs.totals()).toEqual([6, 0, 0, 0, 0]);
  await expect.poll(() => theirs.page.evaluate(() => (window as any).flew)).toBe(6);
  await mine.settled();
  expect(await mine.totals()).toEqual([6, 0, 0, 0, 0]);
  expect(sent).toHaveLength(1);
});

test("a vote whose answer is lost is sent again under its token and counts once", async ({ start, visit, expected }) => {
  expected.push(AWAY);
  const cloud = await start({ flags: ["--rotate", "0"] });
  const tokens: string[] = [];
  const movies = new Movies((await visit()).page);
  await movies.page.route("**/movies/graphql", async (route) => {
    const body = route.request().postData() ?? "";
    if (!body.includes("AddVotes")) return route.continue();
    tokens.push(JSON.parse(body).variables.input.token);
    // The cloud has counted it, and nobody hears of it; somebody in between says what is no answer.
    if (tokens.length <= 2) await route.fetch().then(() => route.abort());
    else if (tokens.length === 3) await route.fulfill({ contentType: "text/html", body: "<p>Please sign in.</p>" });
    else await route.continue();
  });
  await movies.open(cloud);
  await movies.reaction("Like").click();
  await expect.poll(() => tokens.length, { timeout: 20_000 }).toBe(4);
  expect(new Set(tokens).size).toBe(1);
  await movies.settled();
  expect(await movies.totals()).toEqual([0, 1, 0, 0, 0]);
});

test("votes and messages of one who is offline wait in sight and go out on return, each once", async ({
  start,
  visit,
  expected,
}) => {
  expected.push(AWAY);
  const cloud = await start({ flags: ["--rotate", "0"] });
  const { page, context } = await visit();
  const [mine, theirs] = [new Movies(page), new Movies((await visit()).page)];
  await mine.open(cloud);
  await theirs.open(cloud);
  await mine.join("ida");
  await context.setOffline(true);
  await cloud.admin("faults/drop", { how: "reset" });
  await expect(mine.link).toHaveAttribute("data-state", "offline");
  await theirs.live();
  // More of both than the cloud takes at once.
  await mine.click("Love", 3);
  await mine.click("Hate", 2);
  const texts = Array.from({ length: 8 }, (_, number) => `written offline ${number}`);
  for (const text of texts) await mine.say(text);
  await expect(mine.unsaid.locator("li")).toHaveCount(8);
  await expect(mine.unsaid.locator("li").last()).toContainText("waits to be sent");
  await expect(mine.word).toContainText("5 votes wait to be sent");
  expect(await mine.totals()).toEqual([3, 0, 0, 0, 2]);
  await theirs.reaction("Love").click();
  await expect.poll(() => theirs.totals()).toEqual([1, 0, 0, 0, 0]);

  await context.setOffline(false);
  const said = texts.map((text) => ["ida", text]);
  for (const movies of [mine, theirs]) {
    await expect.poll(() => movies.said(), { timeout: 40_000 }).toEqual(said);
    await expect.poll(() => movies.totals()).toEqual([4, 0, 0, 0, 2]);
  }
  await mine.settled();
  await expect(mine.error).toHaveText("");
  await expect(mine.word).toHaveText("");
  await expect(mine.talk.locator('.said > li[data-own="true"]')).toHaveCount(8);
  // And so it stays.
  await page.reload();
  await mine.live();
  await expect.poll(() => mine.said()).toEqual(said);
  expect(await mine.totals()).toEqual([4, 0, 0, 0, 2]);
});

test("a vote that was held up and comes too late is told so, and counts for no other film", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--rotate", "6"] });
  const movies = new Movies((await visit()).page);
  const held: (() => void)[] = [];
  await movies.page.route("**/movies/graphql", async (route) => {
    if (route.request().postData()?.includes("AddVotes")) await new Promise<void>((go) => held.push(go));
    await route.continue();
  });
  await movies.open(cloud);
  // At the beginning of a round, so that the vote is on its way before the end of it.
  const before = await round(movies);
  await expect.poll(() => round(movies), { timeout: 15_000 }).toBeGreaterThan(before);
  await movies.reaction("Meh").click();
  await expect.poll(() => held.length).toBe(1);
  const cast = await round(movies);
  await expect.poll(() => round(movies), { timeout: 15_000 }).toBeGreaterThan(cast);
  await expect(movies.word).toHaveText("");
  held[0]();
  await expect(movies.word).toHaveText("Voting has moved on: 1 vote came too late and will not count.");
  await movies.settled();
  const { data } = await graphql(cloud.url, await guest(cloud.url), "{ listReviewss { items { votes topVotes } } }", {}, "movies");
  expect(data.listReviewss.items[2]).toEqual({ votes: 0, topVotes: 0 });
});

test("an open page shows a cloud that began anew, and votes in it", async ({ start, visit, expected }) => {
  // It knows none of the credentials of the one before.
  expected.push(AWAY, /the server responded with a status of 40[013]/);
  const flags = ["--rotate", "0"];
  const cloud = await start({ flags });
  const movies = new Movies((await visit()).page);
  await movies.open(cloud);
  for (let vote = 0; vote < 3; vote++) {
    await movies.click("Love", 5);
    await movies.settled();
  }
  expect(await movies.totals()).toEqual([15, 0, 0, 0, 0]);
  await cloud.kill();
  await start({ flags, listen: cloud.listen });
  await expect.poll(() => movies.totals(), { timeout: 40_000 }).toEqual([0, 0, 0, 0, 0]);
  await movies.click("Love", 1);
  await movies.click("Meh", 1);
  await movies.settled();
  await expect.poll(() => movies.totals()).toEqual([1, 0, 1, 0, 0]);
  await expect(movies.word).toHaveText("");
});

test("what is refused while another name is chosen is in the field of messages again", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--rotate", "0"] });
  const movies = new Movies((await visit()).page);
  const held: (() => void)[] = [];
  await movies.page.route("**/movies/graphql", async (route) => {
    if (!route.request().postData()?.includes("CreateMessage")) return route.continue();
    await new Promise<void>((go) => held.push(go));
    const errors = [{ errorType: "BadRequestException", message: "not that", path: ["createMessage"] }];
    await route.fulfill({ json: { data: { createMessage: null }, errors } });
  });
  await movies.open(cloud);
  await movies.join("ida");
  await movies.say("what was written");
  await expect(movies.unsaid.locator("li")).toHaveCount(1);
  await movies.page.getByTitle("Choose another name").click();
  const name = movies.page.getByLabel("To join in, choose a name");
  await expect(name).toBeFocused();
  await expect.poll(() => held.length).toBe(1);
  held[0]();
  await expect(movies.unsaid.locator("li")).toHaveCount(0);
  await expect(name).toHaveValue("");
  await movies.join("Ida");
  await expect(movies.field).toHaveValue("what was written");
  await expect(movies.error).toHaveText("Not sent: not that");
});

test("what is too much at once is refused in words, and the text is in the field again", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--rotate", "0"] });
  const movies = new Movies((await visit()).page);
  await movies.open(cloud);
  await movies.join("ida");
  for (let number = 1; number <= 6; number++) {
    await movies.say(`message ${number}`);
    if (number < 6) await expect(movies.messages).toHaveCount(number);
  }
  await expect(movies.error).toContainText("Not sent:");
  await expect(movies.field).toHaveValue("message 6");
  await expect(movies.messages).toHaveCount(5);

  const long = "a".repeat(100 * 1024);
  await movies.say(long);
  await expect(movies.error).toContainText("102400 characters; at most 500");
  await expect(movies.field).toHaveValue(long);
  await expect(movies.messages).toHaveCount(5);
});

test("a reader who looks at what was before is not moved, and is told what is new", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--rotate", "0"] });
  await flood(cloud, 230, (number) => `message ${number}`);
  const movies = new Movies((await visit()).page);
  await movies.open(cloud);
  await expect(movies.messages).toHaveCount(200);
  await expect(movies.messages.last()).toBeInViewport();
  await movies.talk.evaluate((talk) => (talk.scrollTop = 400));
  const place = () => movies.talk.evaluate((talk) => talk.scrollHeight - talk.scrollTop);
  await expect(movies.newer).toHaveCount(0);
  await flood(cloud, 2, () => "news");
  await expect(movies.newer).toHaveText("2 new ↓");
  expect(await place()).toBeGreaterThan(1_000);
  await movies.newer.click();
  await expect(movies.messages.last()).toBeInViewport();
  await expect(movies.newer).toHaveCount(0);

  await movies.older.click();
  await expect(movies.messages).toHaveCount(232);
  await expect(movies.older).toHaveCount(0);
  const [, first] = (await movies.said())[0];
  expect(first).toBe("message 0");
});

/** So many messages, five a guest. */
async function flood(cloud: Cloud, count: number, text: (number: number) => string) {
  const say = "mutation Say($message: String!) { createMessage(message: $message, name: \"crowd\") { id name message sentAt } }";
  let credentials;
  for (let number = 0; number < count; number++) {
    if (number % 5 === 0) credentials = await guest(cloud.url);
    const { errors } = await graphql(cloud.url, credentials, say, { message: text(number) }, "movies");
    if (errors) throw new Error(`${JSON.stringify(text(number))}: ${JSON.stringify(errors)}`);
  }
}

/** Has the page note how long each of its frames takes. */
const watchFrames = (page: Page) =>
  page.evaluate(() => {
    const spans: number[] = ((window as any).spans = []);
    let last = performance.now();
    requestAnimationFrame(function frame(now) {
      spans.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    });
  });

/** What it has noted, the shortest first. */
const framesOf = (page: Page) => page.evaluate(() => ((window as any).spans as number[]).sort((a, b) => a - b));

/** What part of the time went into frames so long that they are seen as a halt: beyond 100 ms of each. */
function stuttering(spans: number[]) {
  const sum = (spans: number[]) => spans.reduce((sum, span) => sum + span, 0);
  return sum(spans.map((span) => Math.max(0, span - 100))) / sum(spans);
}

/** What the page's policy has reported, and what has run that should not. */
async function harm(page: Page) {
  return page.evaluate(() => ({ violations: (window as any).violations, pwned: (window as any).pwned ?? null }));
}

test("hostile texts are shown as the texts they are", async ({ start, visit }) => {
  test.setTimeout(120_000);
  expect(HOSTILE.length).toBeGreaterThanOrEqual(200);
  const cloud = await start({ flags: ["--rotate", "0"] });
  const { page } = await visit({
    before: (page) =>
      page.addInitScript(() => {
        const violations: string[] = ((window as any).violations = []);
        addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));
      }),
  });
  const movies = new Movies(page);
  await movies.open(cloud);
  await movies.join("<b onclick=window.pwned=1>\u202Eida");
  await flood(cloud, HOSTILE.length, (number) => HOSTILE[number]);
  // As the cloud trims: by Unicode's white space, which a byte order mark is none of.
  const trimmed = (text: string) => text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
  const texts = HOSTILE.map(trimmed);
  const shown = async () => (await movies.said()).map(([, text]) => text);
  await expect.poll(shown, { timeout: 30_000 }).toEqual(texts.slice(-200));
  await movies.older.click();
  await expect.poll(shown, { timeout: 30_000 }).toEqual(texts);
  // By hand too, with a name that is none.
  await movies.say(HOSTILE[2]);
  await expect.poll(async () => (await movies.said()).at(-1)).toEqual(["<b onclick=window.pwned=1>\u202Eida", HOSTILE[2]]);
  await page.goto(cloud.url);
  await expect(page.locator(".newest-said")).toHaveText(HOSTILE[2]);
  expect(await harm(page)).toEqual({ violations: [], pwned: null });
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(sideways).toBeLessThanOrEqual(0);
});

test("who writes too much, or what is no text, is refused, and the neighbours' chat does not stutter", async ({
  start,
  visit,
  browser,
}) => {
  test.setTimeout(120_000);
  const cloud = await start({ flags: ["--rotate", "0"] });
  const movies = new Movies((await visit()).page);
  await movies.open(cloud);
  const idle = await (await browser.newContext()).newPage();
  await idle.goto("data:text/html,<title>idle</title>");
  const say = "mutation Say($message: String!) { createMessage(message: $message) { id name message sentAt } }";
  const who = await guest(cloud.url);
  for (const message of ["a".repeat(100 * 1024), "", "   ", "bell\u0007", "nul\u0000"]) {
    const { data, errors } = await graphql(cloud.url, who, say, { message }, "movies");
    expect(data?.createMessage ?? null).toBeNull();
    expect(errors[0].message.length).toBeLessThan(300);
  }
  const pages = [movies.page, idle];
  await Promise.all(pages.map(watchFrames));
  await Promise.all(Array.from({ length: 4 }, () => flood(cloud, 50, () => "flood ".repeat(80))));
  // One who does not stop is stopped.
  const refused = [];
  for (let number = 0; number < 30; number++) {
    const { errors } = await graphql(cloud.url, who, say, { message: `again ${number}` }, "movies");
    if (errors) refused.push(errors[0].errorType);
  }
  expect(refused.length).toBeGreaterThanOrEqual(20);
  expect(new Set(refused)).toEqual(new Set(["RateLimited"]));
  await expect.poll(() => movies.messages.count()).toBe(200);
  // For as long as there was something to be shown, beside a page on which nothing happens, on the same machine in the
  // same seconds.
  const [flooded, still] = await Promise.all(pages.map(framesOf));
  expect(flooded.length, "it was watched").toBeGreaterThan(50);
  const at = (spans: number[], part: number) => spans[Math.floor(spans.length * part)];
  expect(at(flooded, 0.5)).toBeLessThanOrEqual(2 * at(still, 0.5) + 17);
  expect(at(flooded, 0.95)).toBeLessThanOrEqual(3 * at(still, 0.95) + 50);
  expect(stuttering(flooded)).toBeLessThanOrEqual(stuttering(still) + 0.15);
  await idle.context().close();
});

test("the screen has its address, its title, and keys are enough", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--rotate", "0"] });
  const { page } = await visit();
  const movies = new Movies(page);
  await page.goto(cloud.url);
  await page.getByRole("navigation").getByRole("link", { name: "Movies" }).press("Enter");
  await expect(page).toHaveURL(/\/movies$/);
  await expect(page).toHaveTitle("Movies · Eddy");
  await expect(page.locator("#main")).toBeFocused();
  await movies.live();
  const press = async (key: string, until: () => Promise<void>) => {
    for (let pressed = 0; pressed < 20; pressed++) {
      await page.keyboard.press(key);
      if (await until().then(() => true, () => false)) return;
    }
    throw new Error(`${key} does not lead there`);
  };
  const has = (locator: ReturnType<Movies["reaction"]>) => () => expect(locator).toBeFocused({ timeout: 100 });
  await press("Tab", has(movies.reaction("Love")));
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await expect.poll(() => movies.totals()).toEqual([2, 0, 0, 0, 0]);
  await press("Tab", has(movies.talk));
  await press("Tab", has(page.getByLabel("To join in, choose a name")));
  await page.keyboard.type("ida");
  await page.keyboard.press("Enter");
  await expect(movies.field).toBeFocused();
  await page.keyboard.type("by keys alone");
  await page.keyboard.press("Enter");
  await expect.poll(() => movies.said()).toEqual([["ida", "by keys alone"]]);
  // The name is kept for the next visit, and whose messages they were.
  await page.reload();
  await expect(movies.field).toBeVisible();
  await expect(movies.messages.first()).toHaveAttribute("data-own", "true");
});

test("bursts are calm where less motion is wanted", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--rotate", "0"] });
  const movies = new Movies((await visit({ browser: { reducedMotion: "reduce" } })).page);
  await movies.open(cloud);
  await movies.reaction("Love").click();
  const piece = movies.page.locator(".sky > *");
  await expect(piece).toHaveCount(1);
  const moves = await piece.evaluate((piece) => getComputedStyle(piece).animationName);
  expect(moves).toBe("stay");
  await expect(piece).toHaveCount(0);
});
