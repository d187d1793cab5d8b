// The calendar's form, its files, and its keys.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";

import { guest, signedFetch } from "../aws.mjs";
import { change, SAMPLES } from "../states-calendar";
import { Calendar } from "./calendar";
import { expect, test } from "./fixtures";

const LONG = "x".repeat(201);

test("bad input is told at its field, by the form before it is sent and by the server after", async ({ start, visit, expected }) => {
  expected.push(/Failed to load resource: .* 400/);
  const cloud = await start();
  const { page } = await visit();
  const calendar = new Calendar(page);
  let sent = 0;
  page.on("request", (request) => void (sent += Number(new URL(request.url()).pathname === "/calendar/events")));
  await calendar.open(cloud, "calendar/new");
  await expect(calendar.field("Name")).toBeFocused();
  for (const label of ["Name", "Starts", "Ends", "Place"] as const) await expect(calendar.fault(label)).toBeEmpty();

  // While it is typed: a field is not found fault with before it was left once.
  await calendar.field("Name").fill("Walk");
  await calendar.field("Name").fill("");
  await expect(calendar.fault("Name")).toBeEmpty();
  await calendar.field("Starts").focus();
  await expect(calendar.fault("Name")).toHaveText("must not be empty");
  await calendar.field("Name").fill("Walk");
  await expect(calendar.fault("Name")).toBeEmpty();
  await calendar.write({ name: LONG, place: LONG });
  await expect(calendar.fault("Name")).toHaveText("must have at most 200 characters");
  await calendar.field("Name").focus();
  await expect(calendar.fault("Place")).toHaveText("must have at most 200 characters");
  await expect(calendar.field("Place")).toHaveAttribute("aria-invalid", "true");

  // At once, when it is to be sent; the first that is wrong has the focus.
  await calendar.write({ name: " ", place: "", start: "2027-02-28T23:30", end: "2027-02-28T00:10" });
  await calendar.button("Create event").click();
  await expect(calendar.fault("Name")).toHaveText("must not be empty");
  await expect(calendar.fault("Ends")).toHaveText("must not be before the start");
  await expect(calendar.field("Name")).toBeFocused();
  await calendar.field("Ends").fill("");
  await expect(calendar.fault("Ends")).toHaveText("is not a date and time that exists");
  // The end goes along with the start, as long as there are both.
  await calendar.field("Ends").fill("2027-03-01T00:10");
  await calendar.field("Starts").fill("2027-03-01T12:00");
  await expect(calendar.field("Ends")).toHaveValue("2027-03-01T12:40");
  // An end before its start is mended by either.
  await calendar.write({ start: "2027-03-01T20:00", end: "2027-03-01T19:00" });
  await calendar.button("Create event").click();
  await expect(calendar.fault("Ends")).toHaveText("must not be before the start");
  await calendar.field("Starts").fill("2027-03-01T18:00");
  await expect(calendar.field("Ends")).toHaveValue("2027-03-01T19:00");
  await expect(calendar.fault("Ends")).toBeEmpty();
  expect(sent).toBe(0);

  // What the server says to the same mistakes, if the form did not know better.
  await page.route("**/calendar/events", async (route) => {
    const body = JSON.stringify({ user_id: 1, name: "", dt_start: "2027-02-29T10:00:00", dt_end: "2027-02-01T10:00:00", location: LONG });
    const url = new URL("calendar/events", cloud.url).href;
    const response = await signedFetch(url, { service: "lambda", method: "POST", credentials: await guest(cloud.url), body });
    await route.fulfill({ status: response.status, body: await response.text(), contentType: "application/json" });
  });
  await calendar.write({ name: "Walk" });
  await calendar.button("Create event").click();
  for (const label of ["Name", "Starts", "Place"] as const) await expect(calendar.fault(label)).not.toBeEmpty();
  expect(sent).toBe(1);
  await calendar.field("Name").fill("Walks");
  await expect(calendar.fault("Name")).toBeEmpty();
  await page.unroute("**/calendar/events");
  await calendar.write({ place: "Park" });
  await calendar.button("Create event").click();
  await expect(calendar.told).toContainText("“Walks” is in the calendar");
  await expect(calendar.field("Name")).toHaveValue("");
});

test("whatever somebody else has changed meanwhile is told to who is writing", async ({ start, visit }) => {
  const cloud = await start();
  const [mine, theirs] = [new Calendar((await visit()).page), new Calendar((await visit()).page)];
  await mine.open(cloud, "calendar/1");
  await theirs.open(cloud, "calendar/1");
  await expect(mine.field("Name")).toHaveValue("Choir practice");
  await mine.write({ name: "Choir" });
  await theirs.write({ name: "Orchestra" });
  await theirs.button("Save").click();
  await expect(theirs.told).toContainText("“Orchestra” is saved");
  await expect(mine.form).toContainText("Changed by somebody else meanwhile: “Orchestra” is now");
  await expect(mine.field("Name"), "what is typed stays").toHaveValue("Choir");
  await mine.button("Take theirs").click();
  await expect(mine.field("Name")).toHaveValue("Orchestra");
  await mine.write({ name: "Choir" });
  await mine.button("Save").click();
  for (const calendar of [mine, theirs]) await expect(calendar.chips("Choir")).toHaveCount(1);
});

/** Gives what holds back all that is written from then on, until it is let go. */
async function gate(page: Page) {
  let open = Promise.resolve();
  await page.route("**/calendar/events", async (route) => {
    await open;
    await route.continue();
  });
  return () => {
    let go = () => {};
    open = new Promise((resolve) => (go = resolve));
    return () => go();
  };
}

test("what is typed while something is on its way stays", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit();
  const calendar = new Calendar(page);
  await calendar.open(cloud, "calendar/new");
  const hold = await gate(page);
  const creates = hold();
  await calendar.create({ name: "Walk", place: "Park" });
  await expect(calendar.told).toHaveText("Sending…");
  await calendar.write({ name: "Tea" });
  creates();
  await expect(calendar.told).toContainText("“Walk” is in the calendar");
  await expect(calendar.field("Name")).toHaveValue("Tea");
  await expect(calendar.field("Place")).toHaveValue("Park");
  await calendar.button("Create event").click();
  await expect(calendar.told).toContainText("“Tea” is in the calendar");
  await expect(calendar.field("Name"), "nothing was typed meanwhile").toHaveValue("");

  await calendar.openEvent("Walk");
  const saves = hold();
  await calendar.write({ name: "Long walk" });
  await calendar.button("Save").click();
  await expect(calendar.told).toHaveText("Sending…");
  await calendar.write({ name: "Longer walk" });
  saves();
  await expect(calendar.told).toContainText("“Long walk” is saved");
  await expect(calendar.chips("Long walk")).toHaveCount(1);
  await expect(calendar.field("Name")).toHaveValue("Longer walk");
  await expect(calendar.form).not.toContainText("somebody else");
  await calendar.button("Save").click();
  await expect(calendar.told).toContainText("“Longer walk” is saved");
  await expect(calendar.chips("Longer walk")).toHaveCount(1);
});

test("a day that is clicked is that of the event being written, and of no later one", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit();
  const calendar = new Calendar(page);
  await calendar.open(cloud);
  const of = await calendar.month();
  const click = (day: number) => calendar.day(`${of}-${day}`).getByRole("button", { name: /^New event on/ }).click();
  await click(10);
  await expect(calendar.field("Starts")).toHaveValue(`${of}-10T09:00`);
  await expect(calendar.field("Ends")).toHaveValue(`${of}-10T10:00`);
  await calendar.write({ name: "Walk", start: `${of}-10T20:15` });
  await click(12);
  await expect(calendar.field("Starts")).toHaveValue(`${of}-12T20:15`);
  await expect(calendar.field("Ends")).toHaveValue(`${of}-12T21:15`);
  await expect(calendar.field("Name")).toHaveValue("Walk");
  await expect(calendar.field("Name")).toBeFocused();
  await calendar.button("Close").click();
  const nextHour = () =>
    page.evaluate(() => {
      const now = new Date();
      const next = new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() + 1);
      const two = (number: number) => String(number).padStart(2, "0");
      return `${next.getFullYear()}-${two(next.getMonth() + 1)}-${two(next.getDate())}T${two(next.getHours())}:00`;
    });
  const before = await nextHour();
  await page.getByRole("link", { name: "New event" }).click();
  await expect(calendar.field("Name")).toBeFocused();
  expect([before, await nextHour()]).toContain(await calendar.field("Starts").inputValue());
});

/** What the download is called, and what another's parser reads in it. */
async function downloaded(page: Page, click: () => Promise<void>) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  const python = process.env.EDDY_PYTHON ?? "python3";
  const told = execFileSync(python, [fileURLToPath(new URL("../ics.py", import.meta.url)), await download.path()]);
  return { name: download.suggestedFilename(), ...JSON.parse(told.toString()) };
}

test("one event and a month are given as files that others can read", async ({ start, visit }) => {
  const cloud = await start();
  // What a fresh cloud holds could be of the same month.
  const credentials = await guest(cloud.url);
  for (let id = 1; id <= SAMPLES; id++) await change(cloud, "DELETE", { id }, credentials);
  const { page } = await visit();
  const calendar = new Calendar(page);
  await calendar.open(cloud, "calendar/new");
  const hostile = `Soup, salad; "bread" \\ 🥣 ${"é".repeat(90)}`;
  const entries = [
    { name: hostile, start: "2027-03-28T02:30", end: "2027-03-28T20:00", place: "Kitchen, upstairs; left" },
    { name: "No time", start: "2027-03-01T00:00", end: "2027-03-01T00:00", place: "" },
    { name: "Over the end", start: "2027-03-31T22:00", end: "2027-04-01T02:00", place: "" },
  ];
  for (const entry of entries) {
    await calendar.create(entry);
    await expect(calendar.told).toContainText("is in the calendar");
    await expect(calendar.field("Name")).toHaveValue("");
  }
  await calendar.lookAt("2027-03");
  await expect(calendar.chips("No time")).toHaveCount(1);
  const month = await downloaded(page, () => calendar.button("Export month").click());
  expect(month).toMatchObject({ name: "calendar-2027-03.ics", version: "2.0", broken: [] });
  const read = (event: any) => ({ name: event.name, start: event.start, end: event.end ?? event.start, place: event.place });
  const expected = entries.map(({ start, end, ...rest }) => ({ ...rest, start: `${start}:00`, end: `${end}:00` }));
  expect(month.events.map(read)).toEqual(expect.arrayContaining(expected));
  expect(month.events).toHaveLength(3);
  expect(month.events.every((event: any) => event.stamped)).toBe(true);

  // A file without an event would be none.
  const given: string[] = [];
  page.on("download", (download) => void given.push(download.suggestedFilename()));
  await calendar.button("Next").click();
  await calendar.button("Next").click();
  await calendar.button("Export month").click();
  await expect(calendar.news).toContainText("there is nothing to export");
  await calendar.lookAt("2027-03");
  expect(given).toEqual([]);
  await expect(calendar.news).not.toContainText("nothing to export");

  await calendar.chips("Over the end").first().click();
  await expect(calendar.field("Name")).toHaveValue("Over the end");
  const one = await downloaded(page, () => calendar.button("Export .ics").click());
  expect(one).toMatchObject({ version: "2.0", broken: [] });
  expect(one.events.map(read)).toEqual([expected[2]]);
  expect(one.name).toMatch(/^event-\d+\.ics$/);
});

test("keys work before anything has the focus, on this screen alone; “+N” leads to its day", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit();
  const calendar = new Calendar(page);
  await calendar.open(cloud);
  const of = await calendar.month();
  const now = await calendar.period.textContent();
  await page.keyboard.press("ArrowRight");
  await expect(calendar.period).not.toHaveText(now!);
  await page.keyboard.press("t");
  await expect(calendar.period).toHaveText(now!);
  for (const [key, name] of [["a", "Agenda"], ["m", "Month"]]) {
    await page.keyboard.press(key);
    await expect(calendar.button(name)).toHaveAttribute("aria-pressed", "true");
  }
  // Elsewhere they are nobody's.
  await page.getByRole("link", { name: "Restaurant", exact: true }).click();
  await expect(calendar.panel).toHaveCount(0);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("a");
  await page.getByRole("link", { name: "Calendar", exact: true }).first().click();
  await expect(calendar.button("Month")).toHaveAttribute("aria-pressed", "true");

  const credentials = await guest(cloud.url);
  const event = (name: string, day: number) =>
    change(cloud, "POST", { name, dt_start: `${of}-${day}T10:00:00`, dt_end: `${of}-${day}T11:00:00` }, credentials);
  for (let day = 10; day < 28; day++) await event(`On ${day}`, day);
  for (let number = 0; number < 9; number++) await event(`More ${number}`, 27);
  const more = calendar.day(`${of}-27`).getByRole("button", { name: / more on / });
  await expect(more).toHaveText(/^\+\d+$/);
  await more.click();
  await expect(calendar.button("Agenda")).toHaveAttribute("aria-pressed", "true");
  const first = calendar.day(`${of}-27`).locator(".chip").first();
  await expect(first).toBeFocused();
  await expect(first).toBeInViewport();
  await page.keyboard.press("m");
  await expect(calendar.button("Month")).toHaveAttribute("aria-pressed", "true");
});

test("a week that is wider than its window is scrolled by arrows", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit({ browser: { viewport: { width: 480, height: 800 } } });
  const calendar = new Calendar(page);
  await calendar.open(cloud);
  await calendar.layout("Week");
  const week = await calendar.period.textContent();
  const hours = page.getByRole("region", { name: "Hours" });
  await hours.focus();
  const left = () => hours.evaluate((hours) => Math.round(hours.scrollLeft));
  // As far as it goes in one direction, it can be scrolled in the other.
  for (const [key, holds] of [["ArrowLeft", (left: number) => left === 0], ["ArrowRight", (left: number) => left > 0]] as const)
    await expect(async () => {
      await page.keyboard.press(key);
      expect(holds(await left())).toBe(true);
    }).toPass();
  await expect(calendar.period).toHaveText(week!);
});

test("the calendar is used by keyboard alone", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit();
  const calendar = new Calendar(page);
  await calendar.open(cloud);
  const now = await calendar.period.textContent();
  const until = async (holds: () => Promise<boolean>, key = "Tab") => {
    for (let pressed = 0; pressed < 60; pressed++) {
      await page.keyboard.press(key);
      if (await holds()) return;
    }
    throw new Error(`${key} does not lead there`);
  };
  const focused = (name: string) => async () =>
    page.evaluate((name) => [document.activeElement?.getAttribute("aria-label"), document.activeElement?.textContent].includes(name), name);

  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.locator("#main")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(calendar.period).not.toHaveText(now!);
  await page.keyboard.press("ArrowLeft");
  await expect(calendar.period).toHaveText(now!);
  await until(focused("Next"));
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await expect(calendar.period).not.toHaveText(now!);
  await page.keyboard.press("t");
  await expect(calendar.period).toHaveText(now!);
  for (const [key, name] of [["w", "Week"], ["a", "Agenda"], ["m", "Month"]]) {
    await page.keyboard.press(key);
    await expect(calendar.button(name)).toHaveAttribute("aria-pressed", "true");
  }

  // A new event, on a day.
  await until(async () => page.evaluate(() => !!document.activeElement?.matches("[data-inside='true'] .day-number")));
  const day = await page.evaluate(() => document.activeElement!.closest("[data-date]")!.getAttribute("data-date"));
  await page.keyboard.press("Enter");
  await expect(calendar.field("Name")).toBeFocused();
  await expect(calendar.field("Starts")).toHaveValue(`${day}T09:00`);
  await page.keyboard.type("Walk amt");
  // Letters and arrows are the field's here.
  await expect(calendar.field("Name")).toHaveValue("Walk amt");
  await page.keyboard.press("Enter");
  await expect(calendar.told).toContainText("“Walk amt” is in the calendar");
  await page.keyboard.press("Escape");
  await expect(calendar.form).toHaveCount(0);

  // Opened, changed, deleted.
  await until(async () => page.evaluate(() => document.activeElement?.querySelector(".chip-name")?.textContent === "Walk amt"));
  await page.keyboard.press("Enter");
  await expect(calendar.field("Name")).toBeFocused();
  await page.keyboard.press("End");
  await page.keyboard.type("!");
  await page.keyboard.press("Enter");
  await expect(calendar.chips("Walk amt!")).toHaveCount(1);
  await until(focused("Delete"));
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect(calendar.chips("Walk amt!")).toHaveCount(0);
  await expect(page).toHaveURL(/\/calendar$/);
});
