// The calendar's states, and the way to each.
import type { Page } from "@playwright/test";

import { guest, signedFetch } from "./aws.mjs";
import { NOBODYS_KEY, REFUSED, withoutCloud } from "./broken";
import type { State, World } from "./states";
import { Calendar } from "./tests/calendar";
import { AWAY, configure, expect, type Cloud } from "./tests/fixtures";

/** Calls the function: `POST` creates, `DELETE` deletes. */
export async function change(cloud: Cloud, method: string, body: object, credentials?: Awaited<ReturnType<typeof guest>>) {
  const response = await signedFetch(new URL("calendar/events", cloud.url).href, {
    service: "lambda",
    method,
    credentials: credentials ?? (await guest(cloud.url)),
    body: JSON.stringify({ user_id: 1, ...body }),
  });
  if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** So many events a fresh cloud holds. */
export const SAMPLES = 5;

async function open({ start, visit }: World, path = "calendar", fill: (cloud: Cloud) => Promise<void> = async () => {}) {
  const cloud = await start();
  await fill(cloud);
  const { page, context } = await visit({ browser: { locale: "en-GB" } });
  const calendar = new Calendar(page);
  await calendar.open(cloud, path);
  return { cloud, page, context, calendar };
}

const DAY = 86_400_000;

/** Two weeks around today, as busy as people's are. */
async function busy(cloud: Cloud) {
  const credentials = await guest(cloud.url);
  const today = Date.now();
  const at = (day: number, time: string) => `${new Date(today + day * DAY).toISOString().slice(0, 10)}T${time}`;
  const events: [name: string, start: string, end: string, location?: string][] = [
    ["Stand-up", at(0, "09:00:00"), at(0, "09:15:00"), "Room 2"],
    ["Review of the harbour plan", at(0, "10:00:00"), at(0, "12:00:00"), "Room 4"],
    ["Lunch at the quay", at(0, "11:30:00"), at(0, "12:30:00")],
    ["Dentist", at(0, "11:45:00"), at(0, "13:00:00"), "Canal street 3"],
    ["Rehearsal", at(0, "17:00:00"), at(0, "18:00:00")],
    ["Rowing", at(-2, "07:00:00"), at(-2, "08:30:00"), "Boathouse"],
    ["Offsite", at(-5, "09:00:00"), at(-3, "17:00:00"), "The island"],
    ["Tea", at(2, "16:00:00"), at(2, "17:00:00")],
    ["Film night", at(2, "20:00:00"), at(3, "00:30:00"), "Attic"],
    ["Garden day", at(7, "10:00:00"), at(7, "15:00:00")],
  ];
  for (const [name, dt_start, dt_end, location] of events)
    await change(cloud, "POST", { name, dt_start, dt_end, location }, credentials);
}

/** Waits until the shown ones are no news any more. */
async function calm(page: Page) {
  await expect(page.locator(".chip.is-fresh")).toHaveCount(0, { timeout: 20_000 });
}

/** A week as busy as people's are. */
export async function planned(world: World) {
  const { page, calendar } = await open(world, "calendar", busy);
  await expect(calendar.country.locator("option")).toHaveCount(13);
  await calm(page);
  await calendar.layout("Week");
  await page.mouse.move(0, 0);
  return page;
}

export const CALENDAR: State[] = [
  ...(["Month", "Week", "Agenda"] as const).map((layout) => ({
    name: `calendar-${layout.toLowerCase()}`,
    async reach(world: World) {
      const { page, calendar } = await open(world, "calendar", busy);
      await calendar.layout(layout);
      await expect(calendar.chips("Rehearsal").or(calendar.panel.getByRole("button", { name: / more on / })).first()).toBeVisible();
      await expect(calendar.country.locator("option")).toHaveCount(13);
      return page;
    },
  })),
  {
    name: "calendar-empty",
    async reach(world) {
      const { page, calendar } = await open(world, "calendar", async (cloud) => {
        for (let id = 1; id <= SAMPLES; id++) await change(cloud, "DELETE", { id });
      });
      await calendar.layout("Agenda");
      await calendar.country.selectOption("");
      await expect(page.getByRole("heading", { name: "Nothing is planned" })).toBeVisible();
      return page;
    },
  },
  {
    name: "calendar-form",
    async reach(world) {
      const { page, calendar } = await open(world, "calendar/new", busy);
      await calendar.create({ name: "Walk" });
      await expect(calendar.told).toContainText("“Walk” is in the calendar");
      await calm(page);
      return page;
    },
  },
  {
    name: "calendar-form-refused",
    async reach(world) {
      const { page, calendar } = await open(world, "calendar/new");
      await calendar.write({ start: "2027-02-02T20:00", end: "2027-02-02T19:00", place: "x".repeat(201) });
      await calendar.button("Create event").click();
      await expect(calendar.fault("Name")).toHaveText("must not be empty");
      return page;
    },
  },
  {
    name: "calendar-opened",
    async reach(world) {
      const { page, calendar, cloud } = await open(world, "calendar/1", busy);
      await calendar.write({ name: "Choir" });
      await change(cloud, "PUT", { id: 1, name: "Orchestra" });
      await expect(calendar.form).toContainText("Changed by somebody else meanwhile");
      await calm(page);
      return page;
    },
  },
  {
    name: "calendar-loading",
    async reach({ start, visit }) {
      const cloud = await start();
      const { page } = await visit({ before: (page) => page.route("**/calendar/graphql", () => new Promise(() => {})) });
      await page.goto(new URL("calendar", cloud.url).href);
      const calendar = new Calendar(page);
      await expect(calendar.link).toHaveAttribute("data-state", "connecting");
      await expect(calendar.news).toContainText("on their way");
      return page;
    },
  },
  {
    name: "calendar-offline",
    async reach(world) {
      const { page, context, calendar, cloud } = await open(world, "calendar/new", busy);
      await context.setOffline(true);
      await cloud.admin("faults/drop", { how: "reset" });
      await expect(calendar.link).toHaveAttribute("data-state", "offline");
      await calendar.create({ name: "Written in a tunnel" });
      await expect(calendar.waiting).toContainText("“Written in a tunnel” waits to be sent");
      return page;
    },
    expected: [AWAY],
  },
  {
    name: "calendar-denied",
    async reach({ start, visit }) {
      const cloud = await start();
      const deny = (configuration: Record<string, any>) =>
        Object.assign(configuration.calendar, { auth: "api-key", api_key: NOBODYS_KEY });
      const { page } = await visit({ before: (page) => configure(page, deny) });
      await page.goto(new URL("calendar", cloud.url).href);
      await expect(new Calendar(page).link).toHaveAttribute("data-state", "failed");
      await expect(page.getByRole("heading", { name: "The cloud refuses this page" })).toBeVisible();
      return page;
    },
    expected: [REFUSED],
  },
  {
    name: "calendar-no-cloud",
    async reach({ start, visit }) {
      const cloud = await start();
      const { page } = await visit({ before: withoutCloud });
      await page.goto(new URL("calendar", cloud.url).href);
      await expect(new Calendar(page).link).toHaveAttribute("data-state", "retrying");
      await expect(page.getByRole("heading", { name: "There is no cloud here yet" })).toBeVisible();
      return page;
    },
    expected: [AWAY],
  },
];
