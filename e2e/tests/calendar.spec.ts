// The calendar: what one person writes down, and what every open calendar shows of it.
import { graphql, guest } from "../aws.mjs";
import { Calendar } from "./calendar";
import { AWAY, configure, expect, test, type Cloud } from "./fixtures";

const KEY = "da2-of-the-calendar-tests";

/** Every event of the first user, as the API lists them. */
async function listed(cloud: Cloud): Promise<{ id: number; name: string; dt_start: string; dt_end: string }[]> {
  const query = `{ listEventsTables(filter: { user_id: { eq: 1 } }, limit: 1000) { items { id name dt_start dt_end } } }`;
  const { data } = await graphql(cloud.url, await guest(cloud.url), query, {}, "calendar");
  return data.listEventsTables.items;
}

const named = async (cloud: Cloud, name: string) => (await listed(cloud)).filter((event) => event.name === name);

for (const auth of ["guest", "api-key"]) {
  test(`created, moved, renamed and deleted events appear everywhere, also after a while away, by ${auth}`, async ({
    start,
    visit,
    expected,
  }) => {
    expected.push(AWAY);
    const cloud = await start({ flags: ["--calendar-key", KEY] });
    const before = (page: Parameters<typeof configure>[0]) =>
      configure(page, ({ calendar }) => Object.assign(calendar, { auth, api_key: auth === "api-key" ? KEY : undefined }));
    const [one, other] = [await visit({ before }), await visit({ before })];
    const [writer, reader] = [new Calendar(one.page), new Calendar(other.page)];
    await writer.open(cloud, "calendar/new");
    await reader.open(cloud);
    const of = await reader.month();

    // Created.
    await writer.create({ name: "Walk", start: `${of}-10T20:00`, end: `${of}-10T21:30`, place: "Park" });
    await expect(writer.told).toContainText("“Walk” is in the calendar");
    for (const calendar of [writer, reader]) await expect(calendar.chips("Walk")).toHaveCount(1);
    await expect(reader.news).toContainText("New: Walk");
    await expect(reader.chips("Walk")).toHaveClass(/is-fresh/);
    await expect(reader.chips("Walk")).not.toHaveClass(/is-fresh/, { timeout: 20_000 });

    // Moved, with its end, and renamed.
    await reader.openEvent("Walk");
    await reader.write({ start: `${of}-12T08:00` });
    await reader.button("Save").click();
    await expect(reader.told).toContainText("“Walk” is saved");
    for (const calendar of [writer, reader]) await expect(calendar.chips("Walk")).toContainText(/, .*\b12\b/);
    expect(await named(cloud, "Walk")).toMatchObject([{ dt_start: `${of}-12T08:00:00`, dt_end: `${of}-12T09:30:00` }]);
    await writer.openEvent("Walk");
    await reader.write({ name: "Long walk" });
    await reader.button("Save").click();
    for (const calendar of [writer, reader]) await expect(calendar.chips("Long walk")).toHaveCount(1);
    await expect(writer.field("Name"), "an open form shows it too").toHaveValue("Long walk");

    // One is away for a while.
    await other.context.setOffline(true);
    await cloud.admin("faults/drop", { how: "reset" });
    await expect(reader.link).toHaveAttribute("data-state", "offline");
    await writer.live();
    await writer.page.getByRole("link", { name: "New event" }).click();
    for (const [name, day] of [["Tea", 14], ["Soup", 15]] as const) {
      await writer.create({ name, start: `${of}-${day}T12:00` });
      await expect(writer.told).toContainText(`“${name}” is in the calendar`);
    }
    await writer.openEvent("Tea");
    await writer.write({ name: "Green tea" });
    await writer.button("Save").click();
    await expect(writer.chips("Green tea")).toHaveCount(1);
    await writer.openEvent("Soup");
    await writer.write({ start: `${of}-16T12:30` });
    await writer.button("Save").click();
    await expect(writer.told).toContainText("“Soup” is saved");
    await writer.openEvent("Long walk");
    await writer.delete();
    await expect(writer.news).toContainText("“Long walk” is deleted");
    await expect(reader.chips("Long walk")).toHaveCount(1);
    await other.context.setOffline(false);
    await reader.live();
    for (const [name, count] of [["Green tea", 1], ["Soup", 1], ["Tea", 0], ["Long walk", 0]] as const)
      for (const calendar of [writer, reader]) await expect(calendar.chips(name), name).toHaveCount(count);
    for (const calendar of [writer, reader]) await expect(calendar.chips("Soup")).toContainText(/, .*\b16\b.*12:30/);
    await expect(reader.form, "the event that it had open has gone").toContainText("no longer there");

    // Deleted.
    await writer.openEvent("Soup");
    await writer.delete();
    for (const calendar of [writer, reader]) await expect(calendar.chips("Soup")).toHaveCount(0);
  });
}

test("what is created without a network waits in sight and goes out once", async ({ start, visit, expected }) => {
  expected.push(AWAY);
  const cloud = await start();
  const [one, other] = [await visit(), await visit()];
  const [writer, reader] = [new Calendar(one.page), new Calendar(other.page)];
  await writer.open(cloud, "calendar/new");
  await reader.open(cloud);
  const of = await reader.month();
  await one.context.setOffline(true);
  await cloud.admin("faults/drop", { how: "reset" });
  await expect(writer.link).toHaveAttribute("data-state", "offline");
  for (const [name, day] of [["First", 10], ["Second", 11]] as const) {
    await writer.create({ name, start: `${of}-${day}T12:00` });
    await expect(writer.told).toContainText(`“${name}” waits`);
    await expect(writer.waiting.filter({ hasText: `“${name}” waits to be sent` })).toBeVisible();
  }
  // The form may be closed meanwhile.
  await writer.button("Close").click();
  await expect(writer.waiting).toHaveCount(2);
  await one.context.setOffline(false);
  for (const calendar of [writer, reader])
    for (const name of ["First", "Second"]) await expect(calendar.chips(name)).toHaveCount(1, { timeout: 30_000 });
  await expect(writer.waiting).toHaveCount(0);
  expect([...(await named(cloud, "First")), ...(await named(cloud, "Second"))]).toHaveLength(2);
});

test("what is changed twice and deleted without a network is told as what it is, and goes out in order", async ({ start, visit, expected }) => {
  expected.push(AWAY);
  const cloud = await start();
  const { page, context } = await visit();
  const calendar = new Calendar(page);
  await calendar.open(cloud, "calendar/new");
  const of = await calendar.month();
  for (const name of ["Tea", "Soup"]) {
    await calendar.create({ name, start: `${of}-10T12:00` });
    await expect(calendar.told).toContainText(`“${name}” is in the calendar`);
  }
  await context.setOffline(true);
  await cloud.admin("faults/drop", { how: "reset" });
  await expect(calendar.link).toHaveAttribute("data-state", "offline");
  for (const name of ["Green tea", "Black tea"]) {
    await calendar.openEvent("Tea");
    await calendar.write({ name });
    await calendar.button("Save").click();
    await expect(calendar.told).toContainText(/Waits to be sent again|Sending/);
    await calendar.button("Close").click();
  }
  await calendar.openEvent("Soup");
  await calendar.delete();
  for (const name of ["Green tea", "Black tea"])
    await expect(calendar.waiting.filter({ hasText: `Changing “${name}” waits to be sent` })).toBeVisible();
  await expect(calendar.waiting.filter({ hasText: "Deleting “Soup” waits to be sent" })).toBeVisible();
  await context.setOffline(false);
  await expect(calendar.chips("Black tea")).toHaveCount(1, { timeout: 30_000 });
  await expect(calendar.waiting).toHaveCount(0);
  await expect(calendar.chips("Soup")).toHaveCount(0);
  expect((await named(cloud, "Black tea")).length + (await named(cloud, "Green tea")).length).toBe(1);
});

test("an answer that is lost makes nothing twice", async ({ start, visit, expected }) => {
  expected.push(AWAY);
  const cloud = await start();
  const calendar = new Calendar((await visit()).page);
  await calendar.open(cloud, "calendar/new");
  const tokens: string[] = [];
  await calendar.page.route("**/calendar/events", async (route) => {
    tokens.push(JSON.parse(route.request().postData()!).token);
    if (tokens.length > 2) return route.continue();
    await route.fetch();
    await route.abort("connectionreset");
  });
  await calendar.create({ name: "Once" });
  await expect(calendar.chips("Once")).toHaveCount(1);
  await expect.poll(() => tokens.length, { timeout: 30_000 }).toBe(3);
  await expect(calendar.waiting).toHaveCount(0);
  expect(new Set(tokens).size).toBe(1);
  expect(await named(cloud, "Once")).toHaveLength(1);
});

test("credentials that have ended and a clock that is wrong keep nobody from writing", async ({ start, visit, expected }) => {
  expected.push(AWAY, /Failed to load resource: .* 40[13]/);
  const cloud = await start();
  const calendar = new Calendar((await visit()).page);
  await calendar.open(cloud, "calendar/new");
  await cloud.admin("faults/expire");
  await calendar.create({ name: "With new credentials" });
  await expect(calendar.told).toContainText("“With new credentials” is in the calendar");
  await cloud.admin("faults/skew", { seconds: 3_600, for: 60 });
  await calendar.create({ name: "By another clock" });
  await expect(calendar.told).toContainText("“By another clock” is in the calendar");
});

test("20:00 is 20:00 in every zone and across changes of the clocks, and weeks begin where they do", async ({ start, visit }) => {
  const cloud = await start();
  const writer = new Calendar((await visit({ browser: { locale: "en-GB", timezoneId: "Europe/Amsterdam" } })).page);
  await writer.open(cloud, "calendar/new");
  // The night on which Amsterdam has no half past two, and the day after which it is an hour earlier again.
  const events = [["Owls", "2027-03-28T02:30", "02:30"], ["Supper", "2027-03-28T20:00", "20:00"], ["Late", "2027-03-29T20:00", "20:00"]];
  for (const [name, start] of events) {
    await writer.create({ name, start });
    await expect(writer.told).toContainText(`“${name}” is in the calendar`);
  }
  for (const [locale, timezoneId, first] of [
    ["en-GB", "Europe/Amsterdam", "2027-03-01"],
    ["de-DE", "America/New_York", "2027-03-01"],
    ["en-US", "Pacific/Kiritimati", "2027-02-28"],
    ["ar-EG", "Africa/Cairo", "2027-02-27"],
  ]) {
    const reader = new Calendar((await visit({ browser: { locale, timezoneId } })).page);
    await reader.open(cloud);
    await reader.lookAt("2027-03");
    expect(await reader.panel.locator("[data-date]").first().getAttribute("data-date"), locale).toBe(first);
    if (/^(en-GB|de)/.test(locale))
      for (const [name, , time] of events) await expect(reader.chips(name).locator(".chip-time"), timezoneId).toHaveText(time);
    await reader.openEvent("Supper");
    await expect(reader.field("Starts")).toHaveValue("2027-03-28T20:00");
  }
});

test("holidays of the chosen country are named and shaded, the choice is remembered, and nobody else is asked", async ({ start, visit }) => {
  const cloud = await start();
  const others: string[] = [];
  const { page } = await visit({
    browser: { locale: "nl-NL" },
    before: (page) =>
      page.route(
        (url) => url.origin !== new URL(cloud.url).origin,
        (route) => {
          others.push(route.request().url());
          return route.abort();
        },
      ),
  });
  const calendar = new Calendar(page);
  await calendar.open(cloud);
  // The first visit begins with the visitor's own country.
  await expect(calendar.country).toHaveValue("NL");
  await expect(calendar.country.locator("option")).toHaveCount(13);
  await calendar.lookAt("2027-04");
  const king = calendar.day("2027-04-27");
  await expect(king).toHaveAttribute("data-holiday", "all");
  await expect(king).toContainText("Koningsdag");
  await calendar.country.selectOption("DE");
  await expect(king).toHaveAttribute("data-holiday", "");
  await expect(calendar.day("2027-03-29")).toContainText("Ostermontag");
  await page.reload();
  await calendar.live();
  await expect(calendar.country).toHaveValue("DE");
  await calendar.lookAt("2027-03");
  await expect(calendar.day("2027-03-26")).toContainText("Karfreitag");
  await calendar.country.selectOption("");
  await expect(calendar.day("2027-03-26")).toHaveAttribute("data-holiday", "");
  expect(others).toEqual([]);
});

test("a deletion is told until something else is looked at or done", async ({ start, visit }) => {
  const cloud = await start();
  const calendar = new Calendar((await visit()).page);
  await calendar.open(cloud, "calendar/new");
  const of = await calendar.month();
  for (const name of ["Tea", "Soup"]) {
    await calendar.create({ name, start: `${of}-10T12:00` });
    await expect(calendar.told).toContainText(`“${name}” is in the calendar`);
  }
  const gone = async (name: string) => {
    await calendar.openEvent(name);
    await calendar.delete();
    await expect(calendar.news).toContainText(`“${name}” is deleted`);
  };
  await gone("Tea");
  await calendar.button("Next").click();
  await expect(calendar.news).not.toContainText("is deleted");
  await calendar.button("Today").click();
  await expect(calendar.news).not.toContainText("is deleted");
  await gone("Soup");
  await calendar.page.getByRole("link", { name: "New event" }).click();
  await expect(calendar.field("Name")).toBeFocused();
  await expect(calendar.news).not.toContainText("is deleted");
});

test("months have the names of the days beside them, whatever calendar the locale has", async ({ start, visit }) => {
  const cloud = await start();
  for (const locale of ["th-TH", "fa-IR-u-nu-latn"]) {
    const calendar = new Calendar((await visit({ browser: { locale } })).page);
    await calendar.open(cloud);
    const of = await calendar.month();
    await expect(calendar.period, locale).toContainText(of.slice(0, 4));
  }
});

test("holidays that cannot be had are told, and years of which nothing is known are asked for once", async ({ start, visit, expected }) => {
  expected.push(AWAY, /Failed to load resource: .* 400/);
  const cloud = await start();
  const { page } = await visit({ browser: { locale: "nl-NL" } });
  const calendar = new Calendar(page);
  const kept = calendar.panel.locator(".kept");
  await page.route("**/PublicHolidays/**", (route) => route.abort());
  await calendar.open(cloud);
  await expect(calendar.country).toHaveValue("NL");
  await expect(kept).toHaveText("Holidays cannot be reached.");
  // As the cloud answers to a year beyond its rules, whichever is looked at.
  await page.unroute("**/PublicHolidays/**");
  let asked = 0;
  await page.route("**/PublicHolidays/**", (route) => {
    asked += 1;
    return route.continue({ url: route.request().url().replace(/\/\d{4}\//, "/2051/") });
  });
  await calendar.lookAt("2027-05");
  await expect(kept).toHaveText("No holidays are known for this year.");
  const before = asked;
  for (const name of ["Next", "Next", "Previous"]) await calendar.button(name).click();
  await page.unroute("**/PublicHolidays/**");
  await calendar.country.selectOption("DE");
  await expect(kept).toBeEmpty();
  expect(asked).toBe(before);
  await calendar.lookAt("2027-01");
  const regional = calendar.day("2027-01-06");
  await expect(regional).toHaveAttribute("data-holiday", "some");
  await expect(regional.locator(".holiday")).toHaveAttribute("title", /^Heilige Drei Könige \(DE-BW, DE-BY, DE-ST\)$/);
});

test("that a calendar has more events than are shown is told", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit();
  await page.route("**/calendar/graphql", async (route) => {
    if (!route.request().postData()?.includes("listEventsTables")) return route.continue();
    const response = await route.fetch();
    const answer = await response.json();
    const { items } = answer.data.listEventsTables;
    const more = Array.from({ length: 10_001 - items.length }, (_, at) => ({ ...items[0], id: 1_000 + at, name: `Event ${at}` }));
    items.push(...more);
    await route.fulfill({ response, json: answer });
  });
  const calendar = new Calendar(page);
  await calendar.open(cloud);
  await expect(calendar.panel).toContainText("more events than are shown: the first 10,000");
});

test("what overlaps stands side by side, and what goes past midnight or over days goes on", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit({ browser: { locale: "en-GB" } });
  const calendar = new Calendar(page);
  await calendar.open(cloud, "calendar/new");
  const of = await calendar.month();
  for (const [name, start, end] of [
    ["Alpha", "10T09:00", "10T12:00"],
    ["Beta", "10T10:00", "10T11:00"],
    ["Gamma", "10T10:30", "10T13:00"],
    ["Night", "10T23:00", "11T02:00"],
    ["Trip", "09T09:00", "12T18:00"],
  ]) {
    await calendar.create({ name, start: `${of}-${start}`, end: `${of}-${end}` });
    await expect(calendar.told).toContainText(`“${name}” is in the calendar`);
  }
  // In the month: a bar, cut where a week ends.
  const days = await calendar.days();
  const week = (day: string) => Math.floor(days.indexOf(`${of}-${day}`) / 7);
  await expect(calendar.chips("Trip")).toHaveCount(1 + week("12") - week("09"));
  await calendar.button("Close").click();
  await calendar.layout("Week");
  await calendar.lookAtWeek(`${of}-10`);
  const column = (day: number) => calendar.panel.locator(`.column[data-date="${of}-${day}"]`);
  const box = async (day: number, name: string) => (await column(day).locator(".chip", { has: page.locator(".chip-name", { hasText: name }) }).boundingBox())!;
  const boxes = [await box(10, "Alpha"), await box(10, "Beta"), await box(10, "Gamma")];
  const apart = (a: typeof boxes[0], b: typeof boxes[0]) =>
    a.x + a.width <= b.x + 1 || b.x + b.width <= a.x + 1 || a.y + a.height <= b.y + 1 || b.y + b.height <= a.y + 1;
  for (const [a, b] of [[0, 1], [0, 2], [1, 2]]) expect(apart(boxes[a], boxes[b]), `${a} and ${b}`).toBe(true);
  await expect(column(10).locator(".chip", { hasText: "Night" })).toHaveClass(/is-beyond/);
  if (await column(11).count()) await expect(column(11).locator(".chip", { hasText: "Night" })).toHaveClass(/is-from-before/);
  const trip = { has: page.locator(".chip-name", { hasText: /^Trip$/ }) };
  await expect(calendar.panel.locator(".above .chip", trip)).toHaveCount(1);
  await calendar.layout("Agenda");
  await expect(calendar.day(`${of}-11`).locator(".chip", { hasText: "Night" })).toContainText("until 02:00");
  await expect(calendar.day(`${of}-11`).locator(".chip", trip)).toContainText("all day");
});
